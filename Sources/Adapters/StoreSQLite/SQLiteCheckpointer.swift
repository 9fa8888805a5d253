import Glibc
import Store
import Synchronization

/// What writer and checkpointer tell each other.
final class SQLiteCheckpoints: Sendable {
    /// So many more pages in the log, and it is folded back into the file beside the writer.
    /// Not sooner: a page that was written many times is then copied once.
    static let pagesPerCheckpoint = 4000
    /// With so many pages the writer folds what is left itself, right after a checkpoint beside it, when that is least:
    /// a log begins anew only when all of it is in the file. At the most it waits for the one that runs, then does it
    /// itself.
    static let pagesToRestart = 12_288, pagesAtMost = 16_384

    nonisolated(unsafe) private let lock: UnsafeMutablePointer<pthread_mutex_t>
    nonisolated(unsafe) private let idle: UnsafeMutablePointer<pthread_cond_t>
    /// Guarded by `lock`.
    nonisolated(unsafe) private var isRunning = false
    private let finished = Atomic<Bool>(false)

    init() {
        lock = .allocate(capacity: 1)
        idle = .allocate(capacity: 1)
        pthread_mutex_init(lock, nil)
        pthread_cond_init(idle, nil)
    }

    deinit {
        pthread_mutex_destroy(lock)
        pthread_cond_destroy(idle)
        lock.deallocate()
        idle.deallocate()
    }

    /// Whether none runs; one does from now on. With `waiting` it returns when the one that runs has ended.
    func begin(waiting: Bool = false) -> Bool {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        while isRunning && waiting { pthread_cond_wait(idle, lock) }
        if isRunning { return false }
        isRunning = true
        finished.store(false, ordering: .relaxed)
        return true
    }

    /// A checkpoint is over, or was not taken.
    func end(isDone: Bool = true) {
        if isDone { finished.store(true, ordering: .relaxed) }
        pthread_mutex_lock(lock)
        isRunning = false
        pthread_cond_signal(idle)
        pthread_mutex_unlock(lock)
    }

    /// Whether one ended since the last call.
    func takeFinished() -> Bool { finished.exchange(false, ordering: .relaxed) }
}

/// Folds the log back into the file on a thread of its own, so that no commit waits for the disk's flush.
struct SQLiteCheckpointer: BatchWorker {
    private let connection: SQLiteConnection
    private let checkpoints: SQLiteCheckpoints

    init(_ configuration: SQLiteConfiguration, _ checkpoints: SQLiteCheckpoints) throws(StoreError) {
        connection = try SQLiteConnection(path: configuration.path, configuration: configuration, readOnly: false)
        self.checkpoints = checkpoints
    }

    func run(_ batch: [Void]) {
        connection.checkpoint()
        checkpoints.end()
    }

    func finish() { connection.close() }
}
