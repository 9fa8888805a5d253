import Documents
import EngineKit
import HTTP
import Market
import Store
import Wire

/// A report that was kept: in all five formats, as it was printed then, with a digest of each. No route changes one.
struct StoredReport: Sendable {
    let id: String, type: String, portfolio: String, asOf: Timestamp, created: Timestamp
    /// Bytes of every format.
    let files: [ReportFormat: [UInt8]]
    /// SHA-256 of each, in hexadecimal.
    let digests: [ReportFormat: String]

    func write(to json: inout JSONWriter) {
        json.beginObject()
        for (name, text) in [("id", id), ("report_type", type), ("portfolio_id", portfolio), ("as_of", asOf.iso8601),
                             ("created", created.iso8601)] {
            json.key(name)
            json.string(text)
        }
        json.key("sha256")
        json.beginObject()
        for format in ReportFormat.allCases {
            json.key(format.rawValue)
            json.string(digests[format] ?? "")
        }
        json.endObject()
        json.endObject()
    }
}

/// Statements of kept reports and of schedules.
enum ReportRecords {
    static let migration = Migration(version: 10, name: "reports", statements: [
        """
        CREATE TABLE reports (
            id TEXT PRIMARY KEY, type TEXT NOT NULL, portfolio_id TEXT NOT NULL, as_of BIGINT NOT NULL, created BIGINT NOT NULL)
        """,
        "CREATE INDEX reports_by_time ON reports (created, id)",
        """
        CREATE TABLE report_files (
            report_id TEXT NOT NULL REFERENCES reports (id), format TEXT NOT NULL, digest TEXT NOT NULL, content BYTEA NOT NULL,
            PRIMARY KEY (report_id, format))
        """,
        """
        CREATE TABLE report_schedules (
            id TEXT PRIMARY KEY, type TEXT NOT NULL, portfolio_id TEXT NOT NULL, period TEXT NOT NULL, hours BIGINT NOT NULL,
            next BIGINT NOT NULL)
        """,
    ])

    static func insert(_ report: StoredReport) -> [Statement] {
        [Statement("INSERT INTO reports (id, type, portfolio_id, as_of, created) VALUES ($1, $2, $3, $4, $5)",
                   [.text(report.id), .text(report.type), .text(report.portfolio), .integer(report.asOf.nanoseconds),
                    .integer(report.created.nanoseconds)])]
            + ReportFormat.allCases.map { format in
                Statement("INSERT INTO report_files (report_id, format, digest, content) VALUES ($1, $2, $3, $4)",
                          [.text(report.id), .text(format.rawValue), .text(report.digests[format] ?? ""),
                           .blob(report.files[format] ?? [])])
            }
    }

    private static let columns = "id, type, portfolio_id, as_of, created"

    /// A page of heads and digests, without the files, the newest first.
    static func page(
        _ query: ReportListQuery, _ records: any RecordStore
    ) async throws -> (reports: [StoredReport], next: String?) {
        var rows = try NewestRows(columns, of: "reports", by: "created", query.page)
        rows.only("portfolio_id", query.portfolio.map { .text($0) })
        rows.only("type", query.type.map { .text($0.rawValue) })
        let page = try await rows.read(records)
        var reports: [StoredReport] = []
        for row in page.rows { reports.append(try await head(row, records)) }
        return (reports, page.next)
    }

    /// One head; nil where there is none.
    static func head(_ id: String, _ records: any RecordStore) async throws(StoreError) -> StoredReport? {
        let rows = try await records.query(Statement("SELECT \(columns) FROM reports WHERE id = $1", [.text(id)]))
        guard let row = rows.first else { return nil }
        return try await head(row, records)
    }

    private static func head(_ row: ResultSet.Row, _ records: any RecordStore) async throws(StoreError) -> StoredReport {
        let id: String = try row.value(0)
        return StoredReport(
            id: id, type: try row.value(1), portfolio: try row.value(2), asOf: Timestamp(nanoseconds: try row.value(3)),
            created: Timestamp(nanoseconds: try row.value(4)), files: [:], digests: try await digests(id, records))
    }

    private static func digests(_ id: String, _ records: any RecordStore) async throws(StoreError) -> [ReportFormat: String] {
        let rows = try await records.query(Statement("SELECT format, digest FROM report_files WHERE report_id = $1", [.text(id)]))
        var digests: [ReportFormat: String] = [:]
        for row in rows.records {
            if let format = ReportFormat(rawValue: try row.value(0)) { digests[format] = try row.value(1) }
        }
        return digests
    }

    /// A kept file and the digest it was kept with; nil where there is none.
    static func file(
        _ id: String, _ format: ReportFormat, _ records: any RecordStore
    ) async throws(StoreError) -> (content: [UInt8], digest: String)? {
        let rows = try await records.query(Statement(
            "SELECT content, digest FROM report_files WHERE report_id = $1 AND format = $2", [.text(id), .text(format.rawValue)]))
        guard let row = rows.first else { return nil }
        return (try row.value(0), try row.value(1))
    }

    /// When a schedule is due next. One that has been ended meanwhile stays ended.
    static func update(_ schedule: ReportSchedule) -> Statement {
        Statement("UPDATE report_schedules SET next = $2 WHERE id = $1",
                  [.text(schedule.id), .integer(schedule.next.nanoseconds)])
    }

    static func insert(_ schedule: ReportSchedule) -> Statement {
        Statement(
            "INSERT INTO report_schedules (id, type, portfolio_id, period, hours, next) VALUES ($1, $2, $3, $4, $5, $6)",
            [.text(schedule.id), .text(schedule.type.rawValue), .text(schedule.portfolio), .text(schedule.period.text),
             .integer(Int64(schedule.hours)), .integer(schedule.next.nanoseconds)])
    }

    static func schedules(_ records: any RecordStore) async throws(StoreError) -> [ReportSchedule] {
        let rows = try await records.query(Statement(
            "SELECT id, type, portfolio_id, period, hours, next FROM report_schedules ORDER BY id"))
        var schedules: [ReportSchedule] = []
        for row in rows.records {
            // One that a later version wrote, of a kind that this one does not know.
            guard let type = ReportType(rawValue: try row.value(1)), let period = ReportPeriod(try row.value(3)) else { continue }
            let hours: Int64 = try row.value(4)
            schedules.append(ReportSchedule(
                id: try row.value(0), type: type, portfolio: try row.value(2), period: period, hours: Int(hours),
                next: Timestamp(nanoseconds: try row.value(5))))
        }
        return schedules
    }
}

/// What changed between two kept reports of one type: every figure that both have, by section and name.
struct ReportComparison {
    /// A figure's key, its label and its number; nil where it was missing or is a text.
    typealias Figure = (key: String, label: String, value: Double?)

    /// All figures of a report's JSON, in order.
    static func figures(_ json: [UInt8]) throws -> [Figure] {
        try JSONParser().withDocument(json) { root in
            var found: [Figure] = []
            root.member("sections")?.forEachElement { section in
                let name = section.member("name")?.string ?? ""
                section.member("blocks")?.forEachElement { block in
                    block.member("figures")?.forEachElement { figure in
                        found.append(("\(name).\(figure.member("name")?.string ?? "")", figure.member("label")?.string ?? "",
                                      figure.member("value")?.double))
                    }
                }
            }
            return found
        }
    }

    static func write(_ before: [Figure], _ after: [Figure], to json: inout JSONWriter) {
        let earlier = Dictionary(before.map { ($0.key, $0.value) }) { first, _ in first }
        json.beginArray()
        for figure in after {
            guard let old = earlier[figure.key], old != nil || figure.value != nil else { continue }
            json.beginObject()
            json.key("name")
            json.string(figure.key)
            json.key("label")
            json.string(figure.label)
            for (name, value) in [("before", old), ("after", figure.value), ("change", old.flatMap { old in figure.value.map { $0 - old } })] {
                json.key(name)
                json.double(value ?? .nan)
            }
            json.endObject()
        }
        json.endArray()
    }
}
