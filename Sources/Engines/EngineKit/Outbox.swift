import Bus
import HTTP
public import Market
public import Runtime
public import Store
import Telemetry

/// Keeps lossless messages in the records store, in the transaction of the state change they tell of, until every
/// group has acknowledged them. After a restart, or when the bus lost its memory, they are published again with the
/// same ids. Order is kept: nothing overtakes a message that the bus has not taken yet.
@LoopActor public final class Outbox {
    /// More unsettled messages than this, and new work is refused with 503.
    public static let capacity = 200_000
    /// The most of this one.
    var limit = Outbox.capacity

    /// How long settled rows wait to be deleted together, and over how many positions one transaction does so. An
    /// order that meets one waits for it, so each is short.
    private static let forgetMilliseconds = 1000, forgetSpan: Int64 = 64
    /// A mark that is older is of a process that has ended, or has long asked for it.
    private static let markNanoseconds: Int64 = 300_000_000_000

    private let source: String
    private let bus: any MessageBus
    private let records: any RecordStore
    private let clock: any Clock
    private let logger: Logger
    /// Taken by the store, not yet by the bus, in order.
    private var unsent: [Message] = []
    /// Not yet acknowledged by all, with the positions of their rows.
    private var unsettled: [MessageID: Kept] = [:]
    private var order: [MessageID] = []
    /// The last position given out: the number of this process' life, then a count.
    private var position: Int64 = 0
    private var retry: LoopTimer?
    /// Commits under way, in the order they were asked for.
    private var tickets: [Ticket] = []
    /// Positions of rows to delete, and of those that are deleted next but one time: each stays for a second at least,
    /// so that a backup, which looks at one store a moment after the other, has a message in one of them.
    private var forgetting: [Int64] = [], settledLately: [Int64] = []
    private var isForgetting = false, isListening = false, isStopping = false, couldNotForget = false
    /// Runs while settled rows wait to be deleted together.
    private var forgetTimer: LoopTimer?
    /// Unsettled ones that some group has given up: they stay for the next life, and nobody waits for them.
    private var parked: Set<MessageID> = []
    private var waiters: [MessageID: [Waiter]] = [:]
    private var lastWaiter = 0
    private var sweeper: LoopTimer?
    /// How often deadlines of waiters are looked at.
    private static let sweepMilliseconds = 50
    private let pending: Gauge

    /// A message and where its row is.
    private typealias Kept = (message: Message, position: Int64)

    /// One commit: its messages once it is decided.
    private final class Ticket {
        var outcome: [Kept]?
    }

    /// Who waits for a message to be settled.
    private struct Waiter {
        let number: Int, deadline: Int64
        let continuation: CheckedContinuation<SettlementError?, Never>
    }

    init(
        source: String, bus: any MessageBus, records: any RecordStore, clock: any Clock, logger: Logger,
        registry: MetricsRegistry
    ) {
        self.source = source
        self.bus = bus
        self.records = records
        self.clock = clock
        self.logger = logger
        pending = registry.gauge("nautilus_outbox_pending_messages",
                                 "Lossless messages that some group has not acknowledged.")
    }

    /// The outbox's table, in every engine's database.
    public static let migration = Migration(version: 1, name: "outbox", statements: [
        """
        CREATE TABLE outbox (
            id TEXT PRIMARY KEY, position BIGINT NOT NULL, family TEXT NOT NULL, key TEXT NOT NULL, time BIGINT NOT NULL,
            received BIGINT NOT NULL, sequence BIGINT NOT NULL, cause TEXT, trace TEXT, data BYTEA NOT NULL)
        """,
        "CREATE INDEX outbox_position ON outbox (position)",
    ])

    /// Has the table found by position only: a message then touches one page of SQLite's file instead of three. Every
    /// engine lists it under a version of its own, above those it had.
    public nonisolated static func byPosition(version: Int) -> Migration {
        Migration(version: version, name: "outbox by position", statements: [
            "ALTER TABLE outbox DROP CONSTRAINT outbox_pkey", "DROP INDEX outbox_position",
            "ALTER TABLE outbox ADD PRIMARY KEY (position)",
        ], overrides: [.sqlite: [
            """
            CREATE TABLE outbox_by_position (
                position INTEGER PRIMARY KEY, id TEXT NOT NULL, family TEXT NOT NULL, key TEXT NOT NULL,
                time BIGINT NOT NULL, received BIGINT NOT NULL, sequence BIGINT NOT NULL, cause TEXT, trace TEXT,
                data BYTEA NOT NULL)
            """,
            """
            INSERT INTO outbox_by_position (position, id, family, key, time, received, sequence, cause, trace, data)
            SELECT position, id, family, key, time, received, sequence, cause, trace, data FROM outbox ORDER BY position
            """,
            "DROP TABLE outbox", "ALTER TABLE outbox_by_position RENAME TO outbox",
        ]])
    }

    /// The table that tells the processes of an engine apart. Every engine lists it under a version of its own.
    public nonisolated static func lives(version: Int) -> Migration { OutboxLife.migration(version: version) }

    /// Loads what an earlier life left and publishes it again. Positions are of this life alone, so another process of
    /// the engine on the same database writes none of its rows. What that has not settled both publish then, under the
    /// same ids, and either deletes; its marks it may still ask for, so they are left to it while they are young.
    public func start() async throws {
        if !isListening {
            isListening = true
            bus.onSettled(source: source) { [self] ids in settled(ids) }
            bus.onParked(source: source) { [self] ids in park(ids) }
            bus.onTransportReset { [self] in republish() }
        }
        let rows = try await records.query(Statement(
            "SELECT id, position, family, key, time, received, sequence, cause, trace, data FROM outbox ORDER BY position"))
        let left = try rows.map { (row) throws(StoreError) -> Kept in
            (try OutboxRows.message(row, source: source), try row.value(1))
        }
        position = try await OutboxLife.next(records)
        let now = clock.now.nanoseconds
        let told = left.filter { !OutboxRows.isMark($0.message) }
        forgetting += left.filter {
            OutboxRows.isMark($0.message) && now - $0.message.time.nanoseconds > Self.markNanoseconds
        }.map(\.position)
        forgetLater()
        for kept in told { hold(kept) }
        unsent = told.map { $0.message }
        if !told.isEmpty { logger.info("outbox publishes again", ["messages": .int(told.count)]) }
        flush()
    }

    // MARK: Committing

    func commit(
        _ statements: [Statement], _ messages: [Message], urgent: Bool, unrefusable: Bool = false
    ) async throws -> [ResultSet] {
        if !unrefusable, unsettled.count + messages.count > limit {
            throw Problem.unavailable("bus", "\(unsettled.count) messages wait to be acknowledged; try again later")
        }
        // Positions are given out before the store is asked, so that two commits in flight keep their order.
        var kept: [Kept] = []
        for message in messages {
            position += 1
            kept.append((message, position))
        }
        if messages.isEmpty && !records.mayLoseOutcomes { return try await write(statements, urgent) }
        let mark = records.mayLoseOutcomes ? makeMark() : nil
        let all = statements + OutboxRows.inserts(kept + (mark.map { [$0] } ?? []))
        let ticket = Ticket()
        if !messages.isEmpty { tickets.append(ticket) }
        defer { release() }
        do {
            let results = try await write(all, urgent)
            forget(mark)
            ticket.outcome = kept
            return Array(results.prefix(statements.count))
        } catch where error.code == .outcomeUnknown {
            // Memory must not differ from the store: nothing goes on before it is known.
            let happened: Bool = if let mark { await isStored(mark) } else { false }
            if happened { forget(mark) }
            ticket.outcome = happened ? kept : []
            if happened { return [] }
            throw StoreError(.unavailable, error.context, underlying: error.underlying)
        } catch {
            ticket.outcome = []
            throw error
        }
    }

    /// Where the answer to a commit can be lost it takes a row of its own along, which tells whether it took place: a
    /// change that is stored and not in memory would be in force from the next start on only. Only this life deletes it.
    private func makeMark() -> Kept {
        position += 1
        return (OutboxRows.mark(position, at: clock.now, source: source), position)
    }

    private func forget(_ mark: Kept?) {
        guard let mark else { return }
        forgetting.append(mark.position)
        forgetLater()
    }

    private func write(_ statements: [Statement], _ urgent: Bool) async throws(StoreError) -> [ResultSet] {
        if urgent { return try await records.urgentTransaction(statements) }
        return try await records.transaction(statements)
    }

    /// Whether a commit whose answer was lost took place. To store its mark once more, and take that back, waits for a
    /// transaction that is still under way, and fails where the mark is there.
    private func isStored(_ kept: Kept) async -> Bool {
        var wait: Int64 = 50_000_000
        while true {
            do throws(StoreError) {
                let row = SQLValue.integer(kept.position)
                try await records.transaction(
                    OutboxRows.inserts([kept]) + [Statement("DELETE FROM outbox WHERE position = $1", [row])])
                return false
            } catch where error.code == .constraint(.unique) {
                return true
            } catch where error.code == .closed {
                return false
            } catch {
                logger.warning("outcome of a commit not known yet", ["error": .string("\(error)")])
            }
            await clock.sleep(nanoseconds: wait)
            wait = min(1_000_000_000, wait * 2)
        }
    }

    /// Hands on what is committed, in the order the commits were asked for, whichever the store finished first.
    private func release() {
        while let outcome = tickets.first?.outcome {
            tickets.removeFirst()
            for kept in outcome {
                hold(kept)
                unsent.append(kept.message)
            }
        }
        flush()
    }

    private func hold(_ kept: Kept) {
        if unsettled.updateValue(kept, forKey: kept.message.id) == nil { order.append(kept.message.id) }
        pending.set(Double(unsettled.count))
    }

    // MARK: Publishing

    private func flush() {
        while !unsent.isEmpty {
            let batch = Array(unsent.prefix(512))
            do throws(BusError) {
                try bus.publish(batch)
                unsent.removeFirst(batch.count)
            } catch {
                retryLater()
                return
            }
        }
    }

    private func retryLater() {
        if retry != nil { return }
        retry = LoopTimer.once(milliseconds: 100) { [self] in
            retry = nil
            flush()
        }
    }

    /// The bus lost its memory (Redis came back empty): everything unsettled goes out again, in order.
    private func republish() {
        unsent = order.compactMap { unsettled[$0]?.message }
        flush()
    }

    // MARK: Settling

    private func settled(_ ids: [MessageID]) {
        for id in ids {
            guard let kept = unsettled.removeValue(forKey: id) else { continue }
            settledLately.append(kept.position)
            parked.remove(id)
            endWaiting(for: id)
        }
        pending.set(Double(unsettled.count))
        if order.count > 2 * unsettled.count + 1024 { order.removeAll { unsettled[$0] == nil } }
        forgetLater()
    }

    private func park(_ ids: [MessageID]) {
        for id in ids where unsettled[id] != nil {
            parked.insert(id)
            endWaiting(for: id)
        }
    }

    private func endWaiting(for id: MessageID) {
        for waiter in waiters.removeValue(forKey: id) ?? [] { waiter.continuation.resume(returning: nil) }
    }

    /// Whether nobody has to wait for a message any more.
    private func isOver(_ id: MessageID) -> Bool { unsettled[id] == nil || parked.contains(id) }

    /// Has settled rows deleted, many at a time and a little later, so that no commit waits behind them; a row that
    /// stays by a crash is published again and recognised by its id.
    private func forgetLater() {
        if isForgetting || forgetTimer != nil || forgetting.isEmpty && settledLately.isEmpty { return }
        let isSoon = isStopping && !couldNotForget
        forgetTimer = LoopTimer.once(milliseconds: isSoon ? 0 : Self.forgetMilliseconds) { [self] in
            forgetTimer = nil
            isForgetting = true
            spawn { [self] in
                await forget()
                isForgetting = false
                forgetLater()
            }
        }
    }

    private func forget() async {
        var left = (isStopping ? forgetting + settledLately : forgetting).sorted()[...]
        forgetting = isStopping ? [] : settledLately
        settledLately = []
        couldNotForget = false
        while let first = left.first {
            let part = left.prefix { $0 - first < Self.forgetSpan }
            left = left.dropFirst(part.count)
            do {
                try await records.transaction(Self.runs(of: part).map { run in
                    Statement("DELETE FROM outbox WHERE position BETWEEN $1 AND $2",
                              [.integer(run.lowerBound), .integer(run.upperBound)])
                })
            } catch {
                // Tried again with what settles next: rows that stayed would be published by the next life, however old.
                forgetting += part
                couldNotForget = true
                logger.warning("outbox rows not deleted", ["error": .string("\(error)")])
            }
        }
    }

    /// Positions in rising order as runs without a gap: what settles in order is one.
    nonisolated static func runs(of positions: ArraySlice<Int64>) -> [ClosedRange<Int64>] {
        var runs: [ClosedRange<Int64>] = []
        for position in positions {
            if let last = runs.last, position <= last.upperBound + 1 {
                runs[runs.count - 1] = last.lowerBound...max(position, last.upperBound)
            } else {
                runs.append(position...position)
            }
        }
        return runs
    }

    /// Deletes what is settled; from now on rows are deleted as soon as their messages are.
    func stop() async {
        isStopping = true
        forgetTimer?.cancel()
        forgetTimer = nil
        await forget()
    }

    /// Returns once every group has acknowledged the message or given it up; at once when it is not known. Throws when
    /// that takes longer than the deadline, or when the task is cancelled: the message is published and kept all the same.
    public func settlement(of id: MessageID, deadlineNanoseconds: Int64) async throws(SettlementError) {
        if isOver(id) { return }
        lastWaiter += 1
        let number = lastWaiter, deadline = clock.monotonic + deadlineNanoseconds
        let failure = await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<SettlementError?, Never>) in
                // Looked at again: the loop may have turned before this runs.
                if isOver(id) || Task.isCancelled {
                    continuation.resume(returning: isOver(id) ? nil : .cancelled)
                } else {
                    waiters[id, default: []].append(.init(number: number, deadline: deadline, continuation: continuation))
                    watchDeadlines()
                }
            }
        } onCancel: {
            spawn { self.giveUp(.cancelled) { $0.number == number } }
        }
        if let failure { throw failure }
    }

    private func watchDeadlines() {
        if sweeper != nil { return }
        sweeper = LoopTimer.every(milliseconds: Self.sweepMilliseconds) { [weak self] in
            guard let self else { return }
            let now = clock.monotonic
            giveUp(.late) { $0.deadline <= now }
            if waiters.isEmpty {
                sweeper?.cancel()
                sweeper = nil
            }
        }
    }

    private func giveUp(_ error: SettlementError, _ isMeant: (Waiter) -> Bool) {
        for (id, list) in waiters where list.contains(where: isMeant) {
            let left = list.filter { !isMeant($0) }
            waiters[id] = left.isEmpty ? nil : left
            for waiter in list where isMeant(waiter) { waiter.continuation.resume(returning: error) }
        }
    }

    /// Messages that some group has not acknowledged.
    public var pendingCount: Int { unsettled.count }
}
