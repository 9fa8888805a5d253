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

    static let closes = Migration(version: 84, name: "marks of quotes and times of closes", statements: [
        "ALTER TABLE marks ADD COLUMN previous_time BIGINT",
        "ALTER TABLE marks ADD COLUMN quoted BIGINT NOT NULL DEFAULT 0",
    ])

    static func upsert(_ symbol: Symbol, _ mark: PriceMark) -> Statement {
        Statement(
            """
            INSERT INTO marks (symbol, last, previous, time, previous_time, quoted) VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (symbol) DO UPDATE SET last = excluded.last, previous = excluded.previous, time = excluded.time,
                previous_time = excluded.previous_time, quoted = excluded.quoted
            """,
            [.text(symbol.text), .real(mark.last), mark.previous.map { .real($0) } ?? .null,
             .integer(mark.time.nanoseconds), mark.previousTime.map { .integer($0.nanoseconds) } ?? .null,
             .integer(mark.isQuote ? 1 : 0)])
    }

    static func marks(_ records: any RecordStore) async throws -> [Symbol: PriceMark] {
        var marks: [Symbol: PriceMark] = [:]
        let rows = try await records.query(
            Statement("SELECT symbol, last, previous, time, previous_time, quoted FROM marks"))
        for row in rows.records {
            let closed: Int64? = try row.value(4), quoted: Int64 = try row.value(5)
            marks[try row.symbol(0)] = PriceMark(
                last: try row.value(1), previous: try row.value(2), time: Timestamp(nanoseconds: try row.value(3)),
                previousTime: closed.map { Timestamp(nanoseconds: $0) }, isQuote: quoted != 0)
        }
        return marks
    }
}

/// Instruments whose price has moved since it was written: what waits longest is written first.
struct MovedPrices: Sendable {
    private var known: Set<Symbol> = []
    private var order: [Symbol] = []

    var isEmpty: Bool { order.isEmpty }

    /// Notes an instrument once; `first` before all others.
    mutating func insert(_ symbol: Symbol, first: Bool = false) {
        guard known.insert(symbol).inserted else { return }
        if first { order.insert(symbol, at: 0) } else { order.append(symbol) }
    }

    /// Takes out at most so many.
    mutating func take(_ limit: Int) -> [Symbol] {
        let taken = Array(order.prefix(limit))
        order.removeFirst(taken.count)
        for symbol in taken { known.remove(symbol) }
        return taken
    }
}

extension RiskEngine {
    /// Commits with the prices of holdings that have moved since the last time, so that what was found and what it was
    /// found at are never one without the other. What orders do is `urgent`: the next must not wait for its writing, so
    /// it takes a few prices along and leaves the others to commits after it.
    func commitWithMarks(_ statements: [Statement], _ messages: [Message] = [], urgent: Bool = false) async throws {
        let moved = state.takeMoved(urgent ? Self.urgentMarks : .max)
        do {
            let marks = moved.compactMap { symbol in state.price(of: symbol).map { MarkRecords.upsert(symbol, $0) } }
            try await context.commit(statements + marks, messages, urgent: urgent)
        } catch {
            state.keepMoved(moved)
            throw error
        }
    }

    /// Prices that an urgent commit takes along at most.
    private static var urgentMarks: Int { 16 }

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
