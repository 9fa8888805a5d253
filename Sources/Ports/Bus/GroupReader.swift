public import Market
public import Runtime
public import Telemetry

/// Who must know what became of the messages a reader was given.
@LoopActor public protocol GroupReaderOwner: AnyObject {
    /// These were handled, or will never be because a newer one took their place.
    func acknowledged(_ tickets: [UInt64], by reader: GroupReader)
    /// This one was given up. The owner parks it, and acknowledges it itself.
    func park(_ message: Message, ticket: UInt64, reason: String, attempts: Int, by reader: GroupReader)
    /// Another number of messages waits behind failed ones: there may be room to read more.
    func setAsideChanged(by reader: GroupReader)
}

extension GroupReaderOwner {
    public func setAsideChanged(by reader: GroupReader) {}
}

/// Runs one subscription's handler over its backlog, with as many workers as the backlog asks for.
///
/// A worker is a task on the loop that takes batch after batch and ends when nothing is ready. Without a handler a
/// reader only keeps what waits for a group that has not subscribed yet.
@LoopActor public final class GroupReader {
    /// One more worker may run for every so many messages that wait.
    public static let messagesPerWorker = 8
    /// A worker lets the loop look after its sockets at least every so many batches, and every half millisecond.
    private static let batchesPerTurn = 16, nanosecondsPerTurn: Int64 = 500_000

    public let group: String
    /// What waits. An owner enqueues, then calls `pump`.
    public var backlog: GroupBacklog
    private let subscription: Subscription?
    private let clock: any Clock
    private let metrics: GroupMetrics
    private let logger: Logger
    private weak var owner: (any GroupReaderOwner)?
    private var started = false, stopping = false
    private var running = 0
    private var whenIdle: [CheckedContinuation<Void, Never>] = []
    private var armed: Int64?
    private var toldSetAside = 0

    /// - Parameters:
    ///   - families: every family of the bus, by number.
    ///   - reads: the numbers this reader serves.
    public init(
        group: String, subscription: Subscription?, families: [TopicFamily], reads: Set<Int>, policy: RetryPolicy,
        clock: any Clock, metrics: GroupMetrics, logger: Logger, owner: any GroupReaderOwner
    ) {
        self.group = group
        self.subscription = subscription
        self.clock = clock
        self.metrics = metrics
        self.logger = logger
        self.owner = owner
        backlog = GroupBacklog(
            families: families, reads: { reads.contains($0) }, workers: subscription?.workers.upperBound ?? 1,
            batchLimit: max(1, subscription?.batchLimit ?? 512), policy: policy)
    }

    /// How many handlers run.
    public var workers: Int { running }

    /// Lets handlers run from now on.
    public func start() {
        started = true
        pump()
    }

    /// Starts workers for what waits.
    public func pump() {
        reportDisplaced()
        guard started, !stopping, subscription != nil else { return }
        while backlog.hasReady && running < wantedWorkers {
            running += 1
            spawn { await self.work() }
        }
    }

    /// Returns when no handler runs; none starts any more.
    public func stop() async {
        stopping = true
        if running == 0 { return }
        await withCheckedContinuation { continuation in
            // Looked at again: the loop may have turned before this runs.
            if running == 0 { continuation.resume() } else { whenIdle.append(continuation) }
        }
    }

    private var wantedWorkers: Int {
        guard let subscription else { return 0 }
        let wanted = 1 + backlog.waiting / Self.messagesPerWorker
        return min(max(1, min(50, subscription.workers.upperBound)), max(subscription.workers.lowerBound, wanted))
    }

    private func work() async {
        guard let subscription else { return }
        var batches = 0, turn = clock.monotonic
        while !stopping, running <= max(1, wantedWorkers), let batch = backlog.take() {
            let began = clock.monotonic
            await handle(batch, subscription)
            tellSetAside()
            let now = clock.monotonic
            metrics.seconds.observe(Double(now - began) / 1e9)
            batches += 1
            if batches % Self.batchesPerTurn == 0 || now - turn > Self.nanosecondsPerTurn {
                await Task.yield()
                turn = clock.monotonic
            }
        }
        running -= 1
        tellSetAside()
        if running == 0 {
            for waiter in whenIdle { waiter.resume() }
            whenIdle = []
        }
        pump()
    }

    private func tellSetAside() {
        let count = backlog.setAsideCount
        if count == toldSetAside { return }
        toldSetAside = count
        metrics.setAside.set(Double(count))
        owner?.setAsideChanged(by: self)
    }

    private func handle(_ batch: GroupBacklog.Batch, _ subscription: Subscription) async {
        if batch.failures > 0 || batch.messages.count == 1 {
            await handleOne(batch, at: 0, subscription)
            backlog.release(batch)
            return
        }
        do {
            try await subscription.handler(batch.messages)
            backlog.finish(batch)
            metrics.handled.add(batch.messages.count)
            owner?.acknowledged(batch.tickets, by: self)
        } catch {
            logger.debug("A batch failed; its messages are handed over one by one.",
                         ["group": .string(group), "messages": .int(batch.messages.count)])
            for index in batch.messages.indices where !backlog.joinsLot(batch, at: index) {
                await handleOne(batch, at: index, subscription)
            }
            backlog.release(batch)
        }
    }

    private func handleOne(_ batch: GroupBacklog.Batch, at index: Int, _ subscription: Subscription) async {
        let message = batch.messages[index], ticket = batch.tickets[index]
        do {
            try await subscription.handler([message])
            backlog.finish(one: batch)
            metrics.handled.increment()
            owner?.acknowledged([ticket], by: self)
        } catch {
            let attempts = batch.failures + 1
            if isLast(attempts, error, subscription) {
                backlog.finish(one: batch)
                metrics.dead.increment()
                owner?.park(message, ticket: ticket, reason: "\(error)", attempts: attempts, by: self)
            } else {
                metrics.retried.increment()
                tellPostponed(message, attempts, error)
                arm(backlog.fail(one: batch, at: index, now: clock.monotonic))
            }
        }
    }

    /// What is tried without end holds up its key: told the eighth time, and whenever it was tried twice as often since.
    private func tellPostponed(_ message: Message, _ attempts: Int, _ error: any Error) {
        guard attempts >= 8, attempts.nonzeroBitCount == 1 else { return }
        logger.warning("A message waits for its handler, and what is behind it for the message.", [
            "group": .string(group), "topic": .string("\(message.topic)"), "attempts": .int(attempts),
            "reason": .string("\(error)"),
        ])
    }

    private func isLast(_ attempts: Int, _ error: any Error, _ subscription: Subscription) -> Bool {
        error is Unreadable || attempts >= subscription.attempts && !(error is Postponed)
    }

    private func arm(_ due: Int64) {
        if let armed, armed <= due { return }
        armed = due
        let wait = max(0, due - clock.monotonic)
        spawn {
            await self.clock.sleep(nanoseconds: wait)
            self.wakeRetries(due)
        }
    }

    private func wakeRetries(_ due: Int64) {
        if armed == due { armed = nil }
        if stopping { return }
        if let next = backlog.wakeRetries(now: clock.monotonic) { arm(next) }
        pump()
    }

    private func reportDisplaced() {
        metrics.conflated.add(backlog.conflated - metrics.conflatedSoFar)
        metrics.dropped.add(backlog.dropped - metrics.droppedSoFar)
        metrics.conflatedSoFar = backlog.conflated
        metrics.droppedSoFar = backlog.dropped
        let gone = backlog.takeDisplaced()
        if !gone.isEmpty { owner?.acknowledged(gone, by: self) }
    }
}
