import Store
import Synchronization

/// What writer and checkpointer tell each other.
final class SQLiteCheckpoints: Sendable {
    /// So many more pages in the log, and it is folded back into the file beside the writer.
    /// Not sooner: a page that was written many times is then copied once.
    static let pagesPerCheckpoint = 4000
    /// With so many pages the writer folds what is left itself, right after a checkpoint beside it, when that is least:
    /// a log begins anew only when all of it is in the file. With so many times more it waits no longer.
    static let pagesToRestart = 12_288, pagesAtMost = 16_384

    private let running = Atomic<Bool>(false)
    private let finished = Atomic<Bool>(false)

    /// Whether none runs; one does from now on.
    func begin() -> Bool {
        if running.exchange(true, ordering: .acquiring) { return false }
        finished.store(false, ordering: .relaxed)
        return true
    }

    /// A checkpoint is over, or was not taken.
    func end(isDone: Bool = true) {
        if isDone { finished.store(true, ordering: .relaxed) }
        running.store(false, ordering: .releasing)
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
