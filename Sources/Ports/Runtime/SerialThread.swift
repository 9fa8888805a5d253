import CShims
import Glibc

/// A thread with a queue, as an actor's executor: for libraries that block (SQLite, LMDB writes).
///
/// `nonisolated(unsafe)` state is guarded by the mutex.
public final class SerialThread: SerialExecutor, TaskExecutor, Sendable {
    nonisolated(unsafe) private var jobs: [UnownedJob] = []
    nonisolated(unsafe) private var stopping = false
    nonisolated(unsafe) private let lock: UnsafeMutablePointer<pthread_mutex_t>
    nonisolated(unsafe) private let ready: UnsafeMutablePointer<pthread_cond_t>
    nonisolated(unsafe) private var thread = pthread_t()
    private let name: String

    /// Starts the thread. `stop` ends it; until then it keeps itself alive.
    public init(name: String) {
        self.name = name
        lock = .allocate(capacity: 1)
        ready = .allocate(capacity: 1)
        pthread_mutex_init(lock, nil)
        pthread_cond_init(ready, nil)
        let context = Unmanaged.passRetained(self).toOpaque()
        let started = pthread_create(&thread, nil, { context in
            Unmanaged<SerialThread>.fromOpaque(context!).takeRetainedValue().work()
            return nil
        }, context)
        precondition(started == 0, "no thread for \(name)")
    }

    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        pthread_mutex_lock(lock)
        jobs.append(job)
        pthread_cond_signal(ready)
        pthread_mutex_unlock(lock)
    }

    public func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }

    /// Ends the thread once its queue is empty.
    public func stop() {
        pthread_mutex_lock(lock)
        stopping = true
        pthread_cond_signal(ready)
        pthread_mutex_unlock(lock)
    }

    private func work() {
        shim_name_thread(String(name.prefix(15)))
        let serial = asUnownedSerialExecutor(), tasks = asUnownedTaskExecutor()
        var batch: [UnownedJob] = []
        while true {
            pthread_mutex_lock(lock)
            while jobs.isEmpty && !stopping { pthread_cond_wait(ready, lock) }
            swap(&batch, &jobs)
            let ends = batch.isEmpty && stopping
            pthread_mutex_unlock(lock)
            if ends { return }
            for job in batch { job.runSynchronously(isolatedTo: serial, taskExecutor: tasks) }
            batch.removeAll(keepingCapacity: true)
        }
    }
}
