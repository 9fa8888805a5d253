import Documents
import EngineKit
import HTTP
import Market
import Runtime
import Store
import Telemetry
import Wire

/// Which report is to be kept.
struct ReportBody: RequestBody {
    let portfolio: String, period: ReportPeriod

    static func read(_ fields: FieldReader) -> ReportBody {
        ReportBody(portfolio: fields.string("portfolio_id", "Of which portfolio.", length: 1...200), period: .read(fields))
    }
}

/// The kind in the path.
struct ReportTypePath: RequestParameters {
    let type: ReportType

    static func read(_ parameters: ParameterReader) -> ReportTypePath {
        ReportTypePath(type: parameters.pathChoice("report_type", ReportType.self) ?? .dailyRisk)
    }
}

/// A kept report and the format to read, or the other one to compare with.
struct StoredReportQuery: RequestParameters {
    let id: String, format: ReportFormat

    static func read(_ parameters: ParameterReader) -> StoredReportQuery {
        StoredReportQuery(id: parameters.path("id", "The kept report."),
                          format: parameters.choice("format", "json unless said.", ReportFormat.self) ?? .json)
    }
}

/// Two kept reports.
struct ReportComparisonQuery: RequestParameters {
    let id: String, other: String

    static func read(_ parameters: ParameterReader) -> ReportComparisonQuery {
        ReportComparisonQuery(id: parameters.path("id", "The later report."), other: parameters.text("with", "The earlier one."))
    }
}

/// Which kept reports are listed.
struct ReportListQuery: RequestParameters {
    let portfolio: String?, type: ReportType?, page: PageParameters

    static func read(_ parameters: ParameterReader) -> ReportListQuery {
        ReportListQuery(
            portfolio: parameters.optionalText("portfolio_id", "Only of this portfolio."),
            type: parameters.choice("report_type", "Only these.", ReportType.self), page: .read(parameters))
    }
}

/// A schedule in the path.
struct SchedulePath: RequestParameters {
    let id: String
    static func read(_ parameters: ParameterReader) -> SchedulePath {
        SchedulePath(id: parameters.path("schedule_id", "The schedule."))
    }
}

extension RiskEngine {
    private static let head = """
        {"id":"r1","report_type":"daily_risk","portfolio_id":"sample","as_of":"2013-03-01T00:00:00Z",\
        "created":"2013-03-02T00:00:00Z","sha256":{"json":"9f8…","csv":"1a2…","excel":"b3c…","pdf":"c4d…","html":"e5f…"}}
        """
    private static let schedule = """
        {"id":"s1","report_type":"daily_risk","portfolio_id":"sample","period":"1y","next":"2013-03-02T00:00:00Z",\
        "every_hours":24}
        """

    /// Kept reports and schedules.
    var archiveRoutes: [Route] { keepRoutes + readRoutes + scheduleRoutes }

    private var keepRoutes: [Route] {
        [
            .json(.post, "/api/v1/risk/reports/{report_type}", "Makes a report and keeps it in all formats, for good.",
                  example: #"{"portfolio_id":"sample","period":"1y"}"#, answer: Self.head, status: 201, errors: [404]) {
                [unowned self] (path: ReportTypePath, body: ReportBody, request) in
                try await idempotency.once(request) { record in
                    let document = try await self.report(path.type, of: body.portfolio, body.period)
                    var answer = JSONBody(status: 201) { _ in }
                    let kept = try await self.keep(document) { report in
                        answer = JSONBody(status: 201) { report.write(to: &$0) }
                        return record.statements(answer, self.context)
                    }
                    self.context.logger.info("report kept", ["report": .string(kept.id), "type": .string(kept.type)])
                    return answer
                }
            },
            .json(.get, "/api/v1/risk/reports", "Kept reports, newest first.",
                  answer: "{\"items\":[\(Self.head)],\"next_cursor\":null}") {
                [unowned self] (query: ReportListQuery, _: NoBody, _) in
                let found = try await ReportRecords.page(query, context.records)
                return JSONBody.page(found.reports, next: found.next) { $1.write(to: &$0) }
            },
        ]
    }

    /// Prints a report in all formats and writes it, with what else belongs into its transaction.
    func keep(
        _ document: ReportDocument, _ others: [Statement] = [], and more: (StoredReport) -> [Statement] = { _ in [] }
    ) async throws -> StoredReport {
        let press = context.press, digest = context.digest
        do {
            let files = try await context.compute { () throws(DocumentError) -> [ReportFormat: [UInt8]] in
                var files: [ReportFormat: [UInt8]] = [:]
                for format in ReportFormat.allCases { files[format] = try format.render(document, press) }
                return files
            }
            let report = StoredReport(
                id: context.identifiers.nextText(), type: document.kind, portfolio: document.subject, asOf: document.asOf,
                created: context.clock.now, files: files, digests: files.mapValues { Self.hexadecimal(digest($0)) })
            try await context.commit(ReportRecords.insert(report) + others + more(report))
            return report
        } catch let error as DocumentError {
            throw Problem.unavailable("reports", error.description)
        }
    }

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    // MARK: Reading

    private var readRoutes: [Route] {
        [
            .raw(.get, "/api/v1/risk/reports/stored/{id}", "A kept report, byte for byte as it was printed.",
                 answer: #"{"report_type":"daily_risk","sections":[]}"#, errors: [404, 500],
                 produces: ReportFormat.allCases.map(\.contentType)) { [unowned self] (query: StoredReportQuery, _) in
                let content = try await stored(query.id, query.format)
                return Response(
                    contentType: query.format.contentType,
                    headers: ["Content-Disposition": "attachment; filename=\"\(query.id).\(query.format.suffix)\""], body: content)
            },
            .json(.get, "/api/v1/risk/reports/stored/{id}/comparison", "Figures of a kept report beside those of an earlier one.",
                  answer: """
                    {"id":"r2","with":"r1","report_type":"daily_risk","figures":[{"name":"overview.equity","label":"Equity",\
                    "before":100000,"after":101000,"change":1000}]}
                    """, errors: [404, 409]) { [unowned self] (query: ReportComparisonQuery, _: NoBody, _) in
                let later = try await head(query.id), earlier = try await head(query.other)
                guard later.type == earlier.type else {
                    throw Problem.conflict("\(later.id) is a \(later.type) report and \(earlier.id) a \(earlier.type) report")
                }
                let after = try ReportComparison.figures(try await stored(later.id, .json))
                let before = try ReportComparison.figures(try await stored(earlier.id, .json))
                return JSONBody { json in
                    json.beginObject()
                    for (name, text) in [("id", later.id), ("with", earlier.id), ("report_type", later.type)] {
                        json.key(name)
                        json.string(text)
                    }
                    json.key("figures")
                    ReportComparison.write(before, after, to: &json)
                    json.endObject()
                }
            },
        ]
    }

    private func head(_ id: String) async throws -> StoredReport {
        guard let found = try await ReportRecords.head(id, context.records) else {
            throw Problem.notFound("no kept report \(id)")
        }
        return found
    }

    /// A kept file. One whose digest is no longer its own is not given out.
    private func stored(_ id: String, _ format: ReportFormat) async throws -> [UInt8] {
        guard let file = try await ReportRecords.file(id, format, context.records) else {
            throw Problem.notFound("no kept report \(id)")
        }
        guard Self.hexadecimal(context.digest(file.content)) == file.digest else {
            context.logger.error("a kept report was altered", ["report": .string(id), "format": .string(format.rawValue)])
            throw Problem(500, "the kept report \(id) was altered: its digest is not that of its \(format.rawValue)")
        }
        return file.content
    }

    // MARK: Schedules

    private var scheduleRoutes: [Route] {
        [
            .json(.post, "/api/v1/risk/report-schedules", "Makes and keeps a report every so many hours.",
                  example: #"{"report_type":"daily_risk","portfolio_id":"sample","every_hours":24}"#, answer: Self.schedule,
                  status: 201) { [unowned self] (_: NoParameters, body: ReportScheduleBody, request) in
                try await idempotency.once(request) { record in
                    let now = self.context.clock.now
                    let schedule = ReportSchedule(
                        id: self.context.identifiers.nextText(), type: body.type, portfolio: body.portfolio,
                        period: body.period, hours: body.hours,
                        next: body.first ?? now.adding(nanoseconds: Int64(body.hours) * 3_600_000_000_000))
                    let answer = JSONBody(status: 201) { schedule.write(to: &$0) }
                    try await self.context.commit(
                        [ReportRecords.insert(schedule)] + record.statements(answer, self.context))
                    self.scheduler.add(schedule)
                    return answer
                }
            },
            .json(.get, "/api/v1/risk/report-schedules", "Reports that are made by themselves.",
                  answer: "{\"items\":[\(Self.schedule)]}") { [unowned self] (_: NoParameters, _: NoBody, _) in
                JSONBody { json in
                    json.beginObject()
                    json.key("items")
                    json.beginArray()
                    for schedule in scheduler.schedules { schedule.write(to: &json) }
                    json.endArray()
                    json.endObject()
                }
            },
            .json(.delete, "/api/v1/risk/report-schedules/{schedule_id}", "Ends a schedule; what it kept stays.",
                  answer: Self.schedule, errors: [404]) { [unowned self] (path: SchedulePath, _: NoBody, _) in
                guard let schedule = scheduler.schedules.first(where: { $0.id == path.id }) else {
                    throw Problem.notFound("no schedule \(path.id)")
                }
                try await context.commit([Statement("DELETE FROM report_schedules WHERE id = $1", [.text(path.id)])])
                scheduler.remove(path.id)
                return JSONBody { schedule.write(to: &$0) }
            },
        ]
    }
}
