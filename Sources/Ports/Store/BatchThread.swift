import Glibc

/// What runs on the threads of a `BatchThread`: made on its thread and used by one thread at a time, there or in
/// `attempt`, so it need not be Sendable.
public protocol BatchWorker: SendableMetatype {
    /// A unit of work.
    associatedtype Request: Sendable
    /// Handles every request that was waiting when the thread woke, at most the batch limit. Must answer each one.
    mutating func run(_ batch: [Request])
    /// Handles a request on the thread of its caller, where that asks for no waiting; otherwise returns false and
    /// leaves everything as it was. A worker that does not say so never does.
    mutating func attempt(_ request: Request) -> Bool
    /// Called once, on the thread, after the last batch.
    mutating func finish()
}

extension BatchWorker {
    /// Leaves it to the worker's own thread.
    public mutating func attempt(_ request: Request) -> Bool { false }
}

/// One or more threads behind one bounded queue. Blocking libraries (SQLite, LMDB) live on such a thread; whatever is
/// waiting when it wakes is handed over as one batch, which is what makes group commit. It does not interrupt the
/// thread that woke it where both share a core (`SCHED_BATCH`): the event loop ends what it is at first.
public final class BatchThread<Request: Sendable>: Sendable {
    private let queue: BatchQueue<Request>

    private init(queue: BatchQueue<Request>) { self.queue = queue }

    deinit { queue.close(then: nil) }

    /// Starts `threads` threads, makes one worker on each, and returns when all are made; throws the first worker's
    /// failure. `capacity` bounds the queue, `batchLimit` one batch; `name` is for error texts. So long after a batch
    /// began `attempt` waits for its end: handing over takes longer than most batches do.
    public static func start<Worker: BatchWorker>(
        name: String, threads: Int = 1, capacity: Int, batchLimit: Int, patienceNanoseconds: Int64 = 300_000,
        make: @escaping @Sendable () throws(StoreError) -> Worker
    ) async throws(StoreError) -> BatchThread where Worker.Request == Request {
        precondition(threads > 0 && capacity > 0 && batchLimit > 0)
        let queue = BatchQueue<Request>(
            threads: threads, capacity: capacity, batchLimit: batchLimit, patience: patienceNanoseconds)
        let result = BatchThread(queue: queue)
        for _ in 0..<threads {
            let failure: StoreError? = await withCheckedContinuation { started in
                let code = startThread {
                    letOthersFinish()
                    do throws(StoreError) {
                        let desk = Desk(try make())
                        if threads == 1 { queue.lend { desk.worker.attempt($0) } }
                        started.resume(returning: nil)
                        while let batch = queue.take() { desk.worker.run(batch) }
                        desk.worker.finish()
                    } catch {
                        started.resume(returning: error)
                    }
                    queue.threadEnded()
                }
                if code != 0 {
                    queue.threadEnded()
                    let text = String(cString: strerror(code))
                    started.resume(returning: StoreError(.io, "starting thread \(name)", underlying: text))
                }
            }
            if let failure {
                queue.close(then: nil)
                throw failure
            }
        }
        return result
    }

    /// Puts a request in the queue from any thread; throws `.busy` where it is full and `.closed` after `close`.
    public func submit(_ request: Request) throws(StoreError) { try queue.put(request) }

    /// Has the one worker of a thread that is idle, or soon will be, handle a request here and now; false where it is
    /// at work for longer, many wait for it, or it would have to wait itself. Nothing overtakes what was submitted
    /// before: a few that wait until the thread wakes are handled here first.
    public func attempt(_ request: Request) -> Bool { queue.attempt(request) }

    /// Accepts nothing more, and returns when everything accepted has been handled and the threads have ended.
    public func close() async {
        await withCheckedContinuation { done in queue.close { done.resume() } }
    }
}

extension BatchThread {
    /// Submits a request that carries its continuation, and waits for the answer.
    /// With `here` it is handled on the caller's thread where `attempt` can: then there is no change of threads.
    public func answer<T: Sendable>(
        here: Bool = false, _ request: (CheckedContinuation<Result<T, StoreError>, Never>) -> Request
    ) async throws(StoreError) -> T {
        let result: Result<T, StoreError> = await withCheckedContinuation { continuation in
            let request = request(continuation)
            if here && attempt(request) { return }
            do throws(StoreError) {
                try submit(request)
            } catch {
                continuation.resume(returning: .failure(error))
            }
        }
        return try result.get()
    }
}

/// Where a worker sits while its thread and, between two batches, callers use it.
private final class Desk<Worker: BatchWorker> {
    var worker: Worker
    init(_ worker: consuming Worker) { self.worker = worker }
}

/// The queue the threads share. A pthread mutex and condition guard every mutable property: the thread must sleep on
/// them, and ThreadSanitizer sees them.
private final class BatchQueue<Request: Sendable>: Sendable {
    nonisolated(unsafe) private let lock: UnsafeMutablePointer<pthread_mutex_t>
    nonisolated(unsafe) private let wake: UnsafeMutablePointer<pthread_cond_t>
    nonisolated(unsafe) private var waiting: [Request] = []
    nonisolated(unsafe) private var isClosed = false
    nonisolated(unsafe) private var running: Int
    /// The worker of the only thread, for callers; and whether the thread or a caller uses it now.
    nonisolated(unsafe) private var lent: ((Request) -> Bool)?
    nonisolated(unsafe) private var isBusy = false, isBusyOnThread = false
    /// When that began, and how many callers wait for its end: the thread takes nothing more meanwhile.
    nonisolated(unsafe) private var busySince: Int64 = 0
    nonisolated(unsafe) private var wanting = 0
    nonisolated(unsafe) private var closers: [@Sendable () -> Void] = []
    private let capacity: Int
    private let batchLimit: Int
    private let patience: Int64

    init(threads: Int, capacity: Int, batchLimit: Int, patience: Int64) {
        lock = .allocate(capacity: 1)
        wake = .allocate(capacity: 1)
        pthread_mutex_init(lock, nil)
        pthread_cond_init(wake, nil)
        running = threads
        self.capacity = capacity
        self.batchLimit = batchLimit
        self.patience = patience
    }

    deinit {
        pthread_cond_destroy(wake)
        pthread_mutex_destroy(lock)
        wake.deallocate()
        lock.deallocate()
    }

    func put(_ request: Request) throws(StoreError) {
        pthread_mutex_lock(lock)
        let wasClosed = isClosed, isFull = waiting.count >= capacity
        if !wasClosed && !isFull { waiting.append(request) }
        pthread_mutex_unlock(lock)
        if wasClosed { throw StoreError(.closed, "the store is closed") }
        if isFull { throw StoreError(.busy, "\(capacity) requests are waiting") }
        // With the lock free: a thread that wakes at once on this core would only wait for it.
        pthread_cond_signal(wake)
    }

    /// Lets callers use the worker while its thread, the only one, waits.
    func lend(_ worker: @escaping (Request) -> Bool) {
        pthread_mutex_lock(lock)
        lent = worker
        pthread_mutex_unlock(lock)
    }

    /// How many that wait a caller handles before its own: a thread takes longer to wake than they take.
    private static var takenOver: Int { 4 }

    func attempt(_ request: Request) -> Bool {
        pthread_mutex_lock(lock)
        guard lent != nil, awaitWorker(), let lent else {
            let wakes = !isBusy && (isClosed || !waiting.isEmpty)
            pthread_mutex_unlock(lock)
            // It may have waited for this caller.
            if wakes { pthread_cond_signal(wake) }
            return false
        }
        isBusy = true
        busySince = monotonicNanoseconds()
        let earlier = waiting
        waiting = []
        pthread_mutex_unlock(lock)
        let handled = earlier.firstIndex { !lent($0) } ?? earlier.count
        let isDone = handled == earlier.count && lent(request)
        pthread_mutex_lock(lock)
        isBusy = false
        waiting.insert(contentsOf: earlier[handled...], at: 0)
        let wakes = isClosed || !waiting.isEmpty
        pthread_mutex_unlock(lock)
        if wakes { pthread_cond_signal(wake) }
        return isDone
    }

    /// Whether the worker is there for a caller, for which it waits a moment. The lock is held before and after.
    private func awaitWorker() -> Bool {
        var isWelcome: Bool { !isClosed && waiting.count <= Self.takenOver }
        wanting += 1
        while isBusy, isWelcome, monotonicNanoseconds() - busySince < patience {
            pthread_mutex_unlock(lock)
            sched_yield()
            pthread_mutex_lock(lock)
        }
        wanting -= 1
        return !isBusy && isWelcome
    }

    /// Sleeps until there is work; nil when closed and empty.
    func take() -> [Request]? {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        // What the thread took before is done; with several threads nothing is lent, and nobody looks at this.
        if isBusyOnThread { isBusy = false }
        isBusyOnThread = false
        while waiting.isEmpty || isBusy || wanting > 0 {
            if isClosed && !isBusy && waiting.isEmpty {
                lent = nil
                return nil
            }
            pthread_cond_wait(wake, lock)
        }
        if lent != nil {
            isBusy = true
            isBusyOnThread = true
            busySince = monotonicNanoseconds()
        }
        if waiting.count <= batchLimit {
            let batch = waiting
            waiting = []
            return batch
        }
        let batch = Array(waiting.prefix(batchLimit))
        waiting.removeFirst(batchLimit)
        return batch
    }

    func close(then done: (@Sendable () -> Void)?) {
        pthread_mutex_lock(lock)
        isClosed = true
        let ended = running == 0
        if let done, !ended { closers.append(done) }
        pthread_cond_broadcast(wake)
        pthread_mutex_unlock(lock)
        if ended { done?() }
    }

    func threadEnded() {
        pthread_mutex_lock(lock)
        running -= 1
        let done = running == 0 ? closers : []
        if running == 0 { closers = [] }
        pthread_mutex_unlock(lock)
        for closer in done { closer() }
    }
}

/// Monotonic nanoseconds, for what runs on threads and has no clock handed to it.
public func monotonicNanoseconds() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}

private final class ThreadBody {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}

/// Starts a detached thread; answers the error number, 0 where it started.
private func startThread(_ body: @escaping @Sendable () -> Void) -> Int32 {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    defer { pthread_attr_destroy(&attributes) }
    var thread = pthread_t()
    let context = Unmanaged.passRetained(ThreadBody(body))
    let code = pthread_create(&thread, &attributes, { raw in
        let body = Unmanaged<ThreadBody>.fromOpaque(raw!).takeRetainedValue()
        body.run()
        return nil
    }, context.toOpaque())
    if code != 0 { context.release() }
    return code
}

/// Has the calling thread wait, when it is woken on a busy core, for its turn instead of interrupting what runs there.
/// Nobody is refused it; where it is not known, threads interrupt as before.
private func letOthersFinish() {
    // SCHED_BATCH, which Glibc's module does not show.
    let batch: Int32 = 3
    var priority = sched_param()
    sched_setscheduler(0, batch, &priority)
}
