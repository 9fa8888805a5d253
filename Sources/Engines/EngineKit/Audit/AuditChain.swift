import Market
import Runtime
public import Store

/// Gives rows of the trail their places, one commit after the other, so that each row's hash covers the row before.
@LoopActor final class AuditChain {
    private let records: any RecordStore
    private let digest: @Sendable ([UInt8]) -> [UInt8]
    private let lock = KeyedLock()
    /// The newest row's place; nil where it has to be read.
    private var head: AuditRow.Link?

    init(_ records: any RecordStore, _ digest: @escaping @Sendable ([UInt8]) -> [UInt8]) {
        self.records = records
        self.digest = digest
    }

    /// The columns of the chain, beside the trail's own.
    nonisolated static func migration(version: Int) -> Migration {
        Migration(version: version, name: "audit chain", statements: [
            "ALTER TABLE audit_events ADD COLUMN sequence BIGINT",
            "ALTER TABLE audit_events ADD COLUMN previous TEXT",
            "ALTER TABLE audit_events ADD COLUMN hash TEXT",
            "CREATE UNIQUE INDEX audit_events_by_sequence ON audit_events (sequence)",
        ])
    }

    /// Runs a commit with rows in it, after all that came before. Where it fails nothing has its place, and the head is
    /// read again.
    func append<T>(_ rows: [AuditRow], _ commit: ([Statement]) async throws -> T) async throws -> T {
        try await lock.with("") {
            var link = try await current(), statements: [Statement] = []
            for var row in rows {
                row.follow(link, digest)
                link = row.link
                statements.append(row.insert)
            }
            head = nil
            let result = try await commit(statements)
            head = link
            return result
        }
    }

    private func current() async throws(StoreError) -> AuditRow.Link {
        if let head { return head }
        return try await AuditLog.head(records) ?? .none
    }
}

/// The chained trail of one engine, for those who look whether it is whole.
public enum AuditLog {
    /// What a look at all of it found.
    public struct Finding: Sendable {
        /// Rows of the chain that are as they were written, from the first on.
        public var rows: Int64 = 0
        /// Rows from before the chain began; nothing is known of them.
        public var unchained: Int64 = 0
        /// The newest row's place.
        public var head = AuditRow.Link.none
        /// The first row that is wrong, and how; nil where none is.
        public var fault: (sequence: Int64, reason: String)?
        /// The row that has the hash that was asked for.
        public var known: Int64?
    }

    private static let page: Int64 = 1000

    /// The place of the newest row; nil where there is none.
    public static func head(_ records: any RecordStore) async throws(StoreError) -> AuditRow.Link? {
        let found = try await records.query(Statement("""
            SELECT sequence, previous, hash FROM audit_events WHERE sequence IS NOT NULL ORDER BY sequence DESC LIMIT 1
            """))
        guard let row = found.first else { return nil }
        return AuditRow.Link(sequence: try row.value(0), previous: try row.value(1), hash: try row.value(2))
    }

    /// Walks the chain from its first row to the first that is wrong. `known` is a hash noted before: that the chain
    /// has it shows that nothing was cut off its end since, which nothing else can show.
    public static func verify(
        _ records: any RecordStore, known: String? = nil, digest: ([UInt8]) -> [UInt8]
    ) async throws(StoreError) -> Finding {
        var finding = Finding()
        let before = try await records.query(
            Statement("SELECT COUNT(*) FROM audit_events WHERE sequence IS NULL OR sequence < 1"))
        finding.unchained = try before.first?.value(0) ?? 0
        while finding.fault == nil {
            let rows = try await records.query(Statement(
                """
                SELECT \(AuditRow.columns), sequence, previous, hash FROM audit_events WHERE sequence > $1
                ORDER BY sequence LIMIT $2
                """, [.integer(finding.head.sequence), .integer(page)]))
            for row in try rows.map({ (row) throws(StoreError) in try AuditRow(row) }) {
                finding.take(row, known: known, digest)
                if finding.fault != nil { break }
            }
            if rows.rows.count < Int(page) { break }
        }
        if finding.fault == nil, let known, finding.known == nil {
            finding.fault = (finding.head.sequence + 1, """
                no row has the hash \(known): rows were cut off the end, or it is the head of another log
                """)
        }
        return finding
    }
}

extension AuditLog.Finding {
    /// The next row by its number.
    mutating func take(_ row: AuditRow, known: String?, _ digest: ([UInt8]) -> [UInt8]) {
        var fresh = row
        fresh.follow(AuditRow.Link(sequence: row.link.sequence - 1, previous: "", hash: row.link.previous), digest)
        let number = head.sequence + 1
        if row.link.sequence != number {
            fault = (number, "row \(number) is missing; the next there is \(row.link.sequence)")
        } else if fresh.link.hash != row.link.hash {
            fault = (number, "row \(number) was changed: it hashes to \(fresh.link.hash), and bears \(row.link.hash)")
        } else if row.link.previous != head.hash {
            fault = (number, "row \(number) follows a row with the hash \(row.link.previous), not \(head.hash)")
        } else {
            rows += 1
            head = row.link
            if row.link.hash == known { self.known = number }
        }
    }
}
