import EngineKit
import Market
import Store
import Telemetry

/// Rows of the newest prices of what is held: after a restart limits are judged on what the market said last, until it
/// speaks again.
enum MarkRecords {
    static let migration = Migration(version: 61, name: "marks", statements: [
        """
        CREATE TABLE marks (symbol TEXT PRIMARY KEY, last DOUBLE PRECISION NOT NULL, previous DOUBLE PRECISION,
            time BIGINT NOT NULL)
        """,
    ])

    static func upsert(_ symbol: Symbol, _ mark: PriceMark) -> Statement {
        Statement(
            """
            INSERT INTO marks (symbol, last, previous, time) VALUES ($1, $2, $3, $4)
            ON CONFLICT (symbol) DO UPDATE SET last = excluded.last, previous = excluded.previous, time = excluded.time
            """,
            [.text(symbol.text), .real(mark.last), mark.previous.map { .real($0) } ?? .null,
             .integer(mark.time.nanoseconds)])
    }

    static func marks(_ records: any RecordStore) async throws -> [Symbol: PriceMark] {
        var marks: [Symbol: PriceMark] = [:]
        for row in try await records.query(Statement("SELECT symbol, last, previous, time FROM marks")).records {
            marks[try row.symbol(0)] = PriceMark(
                last: try row.value(1), previous: try row.value(2), time: Timestamp(nanoseconds: try row.value(3)))
        }
        return marks
    }
}

extension RiskEngine {
    /// Commits with the prices of holdings that have moved since the last time, so that what was found and what it was
    /// found at are never one without the other. What orders do is `urgent`: the next must not wait for its writing.
    func commitWithMarks(_ statements: [Statement], _ messages: [Message] = [], urgent: Bool = false) async throws {
        let moved = state.takeMoved()
        do {
            let marks = moved.compactMap { symbol in state.prices[symbol].map { MarkRecords.upsert(symbol, $0) } }
            try await context.commit(statements + marks, messages, urgent: urgent)
        } catch {
            state.keepMoved(moved)
            throw error
        }
    }

    /// Writes what is left of them when the engine stops.
    func writeMarks() async {
        if state.moved.isEmpty { return }
        do {
            try await commitWithMarks([])
        } catch {
            context.logger.warning("the newest prices were not written", ["error": .string("\(error)")])
        }
    }
}
