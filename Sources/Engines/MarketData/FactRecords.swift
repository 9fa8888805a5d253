import EngineKit
import Market
import Quant
import Runtime
import Store

/// Facts of filings in the engine's records. A filing is never overwritten by a later one: both stay, each with
/// its day.
@LoopActor struct FactRecords {
    let context: EngineContext

    nonisolated static func migration(version: Int) -> Migration {
        Migration(version: version, name: "facts", statements: [
            """
            CREATE TABLE facts (
                symbol TEXT NOT NULL, concept TEXT NOT NULL, period TEXT NOT NULL, period_end BIGINT NOT NULL,
                filed_at BIGINT NOT NULL, value DOUBLE PRECISION NOT NULL, unit TEXT NOT NULL, source TEXT NOT NULL,
                PRIMARY KEY (symbol, concept, period, period_end, filed_at))
            """,
        ])
    }

    private nonisolated static let columns = "symbol, concept, period, period_end, filed_at, value, unit, source"
    /// Rows of one statement.
    private nonisolated static let rowsPerStatement = 500

    /// What stores these facts, each filing of a figure once, as one statement must not touch a row twice; one that is
    /// stored gives its place to the new one.
    nonisolated static func statements(_ facts: [FilingFact]) -> [Statement] {
        return stride(from: 0, to: facts.count, by: rowsPerStatement).map { start in
            let part = facts[start..<min(facts.count, start + rowsPerStatement)]
            var parameters: [SQLValue] = [], rows: [String] = []
            for fact in part {
                rows.append("(" + (1...8).map { "$\(parameters.count + $0)" }.joined(separator: ", ") + ")")
                parameters += [
                    .text(fact.symbol.text), .text(fact.concept.rawValue), .text(fact.period.rawValue),
                    .integer(fact.periodEnd.nanoseconds), .integer(fact.filedAt.nanoseconds), .real(fact.value),
                    .text(fact.unit), .text(fact.source),
                ]
            }
            return Statement("""
                INSERT INTO facts (\(columns)) VALUES \(rows.joined(separator: ", "))
                ON CONFLICT (symbol, concept, period, period_end, filed_at)
                DO UPDATE SET value = excluded.value, unit = excluded.unit, source = excluded.source
                """, parameters)
        }
    }

    /// Symbols that facts are stored of, behind `after`, in alphabetical order: how many, and the newest filing.
    func symbols(
        after: String?, limit: Int
    ) async throws -> [(symbol: String, facts: Int, lastFiled: Timestamp)] {
        let found = try await context.records.query(Statement("""
            SELECT symbol, COUNT(*), MAX(filed_at) FROM facts WHERE symbol > $1 GROUP BY symbol ORDER BY symbol LIMIT $2
            """, [.text(after ?? ""), .integer(Int64(limit))]))
        return try found.records.map { row in
            (try row.value(0), try row.value(1), Timestamp(nanoseconds: try row.value(2)))
        }
    }

    /// Every fact of a symbol, in the order of filing.
    func facts(_ symbol: Symbol) async throws -> [FilingFact] {
        let found = try await context.records.query(Statement(
            "SELECT \(Self.columns) FROM facts WHERE symbol = $1 ORDER BY filed_at, period_end, concept, period",
            [.text(symbol.text)]))
        return try found.records.compactMap { row in
            guard let concept = FactConcept(rawValue: try row.value(1)),
                  let period = FactPeriod(rawValue: try row.value(2)) else { return nil }
            return FilingFact(
                symbol: symbol, concept: concept, period: period,
                periodEnd: Timestamp(nanoseconds: try row.value(3)), filedAt: Timestamp(nanoseconds: try row.value(4)),
                value: try row.value(5), unit: try row.value(6), source: try row.value(7))
        }
    }
}
