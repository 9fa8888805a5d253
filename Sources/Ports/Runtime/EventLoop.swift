// Runtime: event loop, clock, timers, configuration, service lifecycle. The only place that knows libuv.
// No HTTP, no bus, no store here: those are ports beside this one.
import CShims
public import CUV
import Glibc
public import Synchronization

/// Work that wants to run once at the end of a loop turn: socket flushes, batches.
@LoopActor public protocol TurnWork: AnyObject {
    /// Runs once for every `EventLoop.atEndOfTurn` that named it.
    func endOfTurn()
}

/// Work that wants to look at all the sockets that are ready in a turn before it reads one of them.
@LoopActor public protocol SocketWork: AnyObject {
    /// Runs once for every `EventLoop.afterSockets` that named it.
    func afterSockets()
}

/// The one event loop of a process, over libuv. It is the executor of `LoopActor` and of tasks started with `spawn`.
///
/// The thread that calls `run` is the loop. Jobs queued from the loop stay in a plain array; jobs from other threads
/// go through a locked inbox and wake it, where it sleeps. `nonisolated(unsafe)` marks what only the loop's thread
/// touches. It is woken by a descriptor of its own: with `uv_async_send` a thread that the loop interrupts within the
/// call has the loop spin until it gives up its time, tens of µs where both share a core.
public final class EventLoop: SerialExecutor, TaskExecutor, Sendable {
    /// The process's loop.
    public static let main = EventLoop()

    // A pthread mutex, not Synchronization.Mutex: ThreadSanitizer sees only the former.
    nonisolated(unsafe) private var inbox: [UnownedJob] = []
    /// Whether the loop waits, or is about to, and nobody has woken it yet. Guarded by the lock as the inbox is.
    nonisolated(unsafe) private var isAsleep = false
    nonisolated(unsafe) private let lock: UnsafeMutablePointer<pthread_mutex_t>
    @usableFromInline let owner = Atomic<UInt>(0)
    private let stopped = Atomic<Bool>(false)
    // The loop's thread only.
    nonisolated(unsafe) private var local: [UnownedJob] = []
    nonisolated(unsafe) private var dirty: [any TurnWork] = []
    nonisolated(unsafe) private var work: [any TurnWork] = []
    nonisolated(unsafe) private var arrived: [any SocketWork] = [], called: [any SocketWork] = []
    /// libuv's loop. The loop's thread only.
    nonisolated(unsafe) public let uv: UnsafeMutablePointer<uv_loop_t>
    nonisolated(unsafe) private let watch: UnsafeMutablePointer<uv_poll_t>
    private let wake: Int32

    private init() {
        uv = .allocate(capacity: 1)
        lock = .allocate(capacity: 1)
        watch = .allocate(capacity: 1)
        pthread_mutex_init(lock, nil)
        wake = shim_wake_descriptor()
        precondition(wake >= 0 && uv_loop_init(uv) == 0 && uv_poll_init(uv, watch, wake) == 0, "libuv did not start")
        watch.pointee.data = UnsafeMutableRawPointer(bitPattern: Int(wake))
        uv_poll_start(watch, Int32(UV_READABLE.rawValue)) { handle, _, _ in
            var count: UInt64 = 0
            _ = read(Int32(Int(bitPattern: handle!.pointee.data)), &count, 8)
        }
        local.reserveCapacity(1024)
    }

    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        if isOnLoop {
            local.append(job)
            return
        }
        pthread_mutex_lock(lock)
        inbox.append(job)
        let wakes = isAsleep
        isAsleep = false
        pthread_mutex_unlock(lock)
        if wakes { wakeUp() }
    }

    private func wakeUp() {
        var one: UInt64 = 1
        _ = write(wake, &one, 8)
    }

    public func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(complexEquality: self) }
    public func isSameExclusiveExecutionContext(other: EventLoop) -> Bool { self === other }
    /// Whether the caller runs on the loop's thread.
    @inlinable public var isOnLoop: Bool { isIsolatingCurrentContext() == true }
    @inlinable public func isIsolatingCurrentContext() -> Bool? { owner.load(ordering: .relaxed) == pthread_self() }
    @inlinable public func checkIsolated() { precondition(isOnLoop, "not on the event loop") }

    /// Rises with every turn: within one, nothing comes in from outside. The loop's thread only.
    nonisolated(unsafe) public private(set) var turn: UInt64 = 0

    /// Asks for `work.endOfTurn()` when this turn's jobs are done.
    @LoopActor public func atEndOfTurn(_ work: any TurnWork) { dirty.append(work) }

    /// Asks for `work.afterSockets()` when all watchers of ready sockets were told, before any job runs.
    @LoopActor public func afterSockets(_ work: any SocketWork) { arrived.append(work) }

    /// Ends `run` after the present turn. Safe from any thread.
    public func stop() {
        stopped.store(true, ordering: .relaxed)
        wakeUp()
    }

    /// Makes the calling thread the loop until `stop`.
    public func run() {
        owner.store(pthread_self(), ordering: .relaxed)
        stopped.store(false, ordering: .relaxed)
        let serial = asUnownedSerialExecutor(), tasks = asUnownedTaskExecutor()
        var batch: [UnownedJob] = []
        while !stopped.load(ordering: .relaxed) {
            turn &+= 1
            swap(&batch, &local)
            takeInbox(into: &batch)
            for job in batch { job.runSynchronously(isolatedTo: serial, taskExecutor: tasks) }
            batch.removeAll(keepingCapacity: true)
            LoopActor.assumeIsolated { runTurnWork() }
            let waits = local.isEmpty && dirty.isEmpty && !stopped.load(ordering: .relaxed) && fallAsleep()
            _ = uv_run(uv, waits ? UV_RUN_ONCE : UV_RUN_NOWAIT)
            if !arrived.isEmpty { LoopActor.assumeIsolated { runSocketWork() } }
        }
    }

    /// Starts a task and, where no other is running (in a callback of libuv), runs it at once up to where it first
    /// waits. `Task.immediate` would do so too, but what it starts outside a job resumes by way of the global pool.
    @LoopActor func startInline(_ body: @escaping @Sendable @LoopActor () async -> Void) {
        let before = local.count
        spawn(body)
        guard local.count == before + 1, withUnsafeCurrentTask(body: { $0 == nil }) else { return }
        let job = local.removeLast()
        job.runSynchronously(isolatedTo: asUnownedSerialExecutor(), taskExecutor: asUnownedTaskExecutor())
    }

    /// Whether the loop may wait: nothing has come in. From now on who brings something wakes it.
    private func fallAsleep() -> Bool {
        pthread_mutex_lock(lock)
        let isEmpty = inbox.isEmpty
        isAsleep = isEmpty
        pthread_mutex_unlock(lock)
        return isEmpty
    }

    private func takeInbox(into batch: inout [UnownedJob]) {
        pthread_mutex_lock(lock)
        isAsleep = false
        if !inbox.isEmpty {
            batch.append(contentsOf: inbox)
            inbox.removeAll(keepingCapacity: true)
        }
        pthread_mutex_unlock(lock)
    }

    @LoopActor private func runSocketWork() {
        swap(&called, &arrived)
        for item in called { item.afterSockets() }
        called.removeAll(keepingCapacity: true)
    }

    /// At most four passes a turn: work that keeps asking for more must not starve the sockets.
    @LoopActor private func runTurnWork() {
        var passes = 0
        while !dirty.isEmpty && passes < 4 {
            swap(&work, &dirty)
            for item in work { item.endOfTurn() }
            work.removeAll(keepingCapacity: true)
            passes += 1
        }
    }

    /// Runs the loop on a thread of its own, once; for tests and for programs whose main thread is busy.
    public static func runInBackground() { _ = background }

    private static let background: Void = {
        var thread = pthread_t()
        let started = pthread_create(&thread, nil, { _ in
            EventLoop.main.run()
            return nil
        }, nil)
        precondition(started == 0, "no thread for the event loop")
    }()
}

/// Isolation to the event loop's thread.
@globalActor public actor LoopActor {
    public static let shared = LoopActor()
    public nonisolated var unownedExecutor: UnownedSerialExecutor { EventLoop.main.asUnownedSerialExecutor() }

    /// Runs `body` as isolated when the caller is known to be on the loop (a C callback). Traps elsewhere.
    /// Custom global actors get no `assumeIsolated` of their own; this mirrors `MainActor`'s.
    /// Inlined, so that a callback needs no closure on the heap.
    @inlinable @inline(__always)
    public nonisolated static func assumeIsolated<T>(_ body: @LoopActor () throws -> T) rethrows -> T {
        EventLoop.main.checkIsolated()
        return try withoutActuallyEscaping(body) { try unsafeBitCast($0, to: (() throws -> T).self)() }
    }
}

/// Starts a task that runs on the loop. (The typed parameter is needed: written inline, Swift 6.3 rejects the closure.)
@discardableResult
public func spawn(_ body: @escaping @Sendable @LoopActor () async -> Void) -> Task<Void, Never> {
    Task(executorPreference: EventLoop.main, operation: body)
}

/// Starts a task on the loop from a callback and runs it at once, up to where it first waits.
@LoopActor public func spawnInline(_ body: @escaping @Sendable @LoopActor () async -> Void) {
    EventLoop.main.startInline(body)
}
