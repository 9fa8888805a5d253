import EngineKit
import Market
import Runtime
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
///
/// A quote moves what is held many times a second, and each price that a commit takes along is a page more. So one that
/// the next order would meet takes along what has to be there with it, and each second a few of the others.
struct MovedPrices: Sendable {
    /// Others that an urgent commit takes along at most, and how long it is until the next of them.
    private static let few = 16, pause: Int64 = 1_000_000_000

    private var known: Set<Symbol> = []
    private var order: [Symbol] = []
    /// How many of the first must not wait.
    private var pressing = 0
    /// When some that may wait went with an urgent commit.
    private var written: Int64?

    var isEmpty: Bool { order.isEmpty }

    /// Notes an instrument once; one that is `pressing` goes with the next commit, also where it has been waiting.
    mutating func insert(_ symbol: Symbol, pressing isPressing: Bool = false) {
        if !known.insert(symbol).inserted {
            guard isPressing, let place = order.firstIndex(of: symbol), place >= pressing else { return }
            order.remove(at: place)
        }
        if isPressing {
            order.insert(symbol, at: 0)
            pressing += 1
        } else {
            order.append(symbol)
        }
    }

    /// Takes out what goes with a commit.
    mutating func take(urgent: Bool, at monotonic: Int64) -> [Symbol] {
        var count = order.count
        if urgent {
            let mayMore = written.map { monotonic - $0 >= Self.pause } ?? true
            count = min(count, mayMore ? max(pressing, Self.few) : pressing)
        }
        if count > pressing { written = monotonic }
        let taken = Array(order.prefix(count))
        order.removeFirst(count)
        for symbol in taken { known.remove(symbol) }
        pressing = max(0, pressing - count)
        return taken
    }
}

extension RiskEngine {
    /// Commits with the prices of holdings that have moved since the last time, so that what was found and what it was
    /// found at are never one without the other. What orders do is `urgent`: the next must not wait for its writing.
    func commitWithMarks(_ statements: [Statement], _ messages: [Message] = [], urgent: Bool = false) async throws {
        let moved = state.takeMoved(urgent: urgent, at: context.clock.monotonic)
        do {
            let marks = moved.compactMap { symbol in state.price(of: symbol).map { MarkRecords.upsert(symbol, $0) } }
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
