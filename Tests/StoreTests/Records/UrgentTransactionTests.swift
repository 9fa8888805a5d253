import Foundation
import Glibc
import Store
import StoreSQLite
import TestKit
import Testing

/// Short transactions on their callers' thread: the same promises, and nothing overtaken.
@Suite struct UrgentTransactionTests {
    /// A worker that tells on which thread it was used, and in which order.
    private struct Worker: BatchWorker {
        enum Request: Sendable {
            case note(Int, CheckedContinuation<Result<[UInt], StoreError>, Never>)
            case hold(@Sendable () -> Void)
        }
        var threads: [UInt] = []

        mutating func attempt(_ request: Request) -> Bool {
            guard case .note = request else { return false }
            run([request])
            return true
        }

        mutating func run(_ batch: [Request]) {
            for request in batch {
                switch request {
                case .note(_, let answer):
                    threads.append(UInt(pthread_self()))
                    answer.resume(returning: .success(threads))
                case .hold(let wait): wait()
                }
            }
        }

        func finish() {}
    }

    @Test func anIdleWorkerIsUsedOnTheCallersThread() async throws {
        let thread = try await BatchThread<Worker.Request>.start(name: "test", capacity: 8, batchLimit: 8) { Worker() }
        let threads = Threads()
        let here: [UInt] = try await thread.answer(here: true) { answer in
            threads.caller = UInt(pthread_self())
            return .note(1, answer)
        }
        #expect(here == [threads.caller])
        let there: [UInt] = try await thread.answer { .note(2, $0) }
        #expect(there.count == 2 && there[1] != threads.caller && there[0] == threads.caller)
        await thread.close()
        let code = await code { let _: [UInt] = try await thread.answer(here: true) { .note(3, $0) } }
        #expect(code == .closed)
    }

    @Test func nothingOvertakesWhatWaits() async throws {
        let thread = try await BatchThread<Worker.Request>.start(name: "test", capacity: 8, batchLimit: 8) { Worker() }
        let gate = Gate()
        try thread.submit(.hold { gate.wait() })
        let notes = await withTaskGroup(of: Int.self) { group in
            group.addTask {
                let threads: [UInt]? = try? await thread.answer(here: true) { .note(1, $0) }
                return threads?.count ?? 0
            }
            while !gate.isAwaited { await Task.yield() }
            // The thread is at work: not even a request that could be handled here is.
            #expect(!thread.attempt(.hold {}))
            gate.open()
            return await group.reduce(0, +)
        }
        #expect(notes == 1)
        await thread.close()
    }

    /// What the thread is at for a moment is waited for: it takes nothing more until the caller was served.
    @Test func aShortBatchIsWaitedFor() async throws {
        let thread = try await BatchThread<Worker.Request>.start(
            name: "test", capacity: 8, batchLimit: 8, patienceNanoseconds: 60_000_000_000) { Worker() }
        let batch = Gate(), caller = Gate()
        try thread.submit(.hold { batch.wait() })
        while !batch.isAwaited { await Task.yield() }
        Thread.detachNewThread {
            caller.wait()
            batch.open()
        }
        while !caller.isAwaited { await Task.yield() }
        caller.open()
        async let waiting: [UInt] = thread.answer { .note(1, $0) }
        let threads: [UInt] = try await thread.answer(here: true) { .note(2, $0) }
        _ = try await waiting
        let next: [UInt] = try await thread.answer { .note(3, $0) }
        // Whenever the other came, the caller's was not handled by the thread, as the last one is.
        #expect(next.count == 3 && threads.last != next.last)
        await thread.close()
    }

    /// Requests of one caller are handled in its order, some on the thread, some here, some here for the thread.
    @Test(arguments: [1, 2, 3]) func aCallersOrderIsKept(_ seed: UInt64) async throws {
        let seen = Seen()
        let thread = try await BatchThread<Int>.start(name: "test", capacity: 10_000, batchLimit: 8) { Counter(seen: seen) }
        var random = SeededGenerator(seed: seed)
        for number in 0..<5000 where Bool.random(using: &random) || !thread.attempt(number) { try thread.submit(number) }
        await thread.close()
        #expect(seen.numbers == Array(0..<5000))
    }

    @Test func twoStoresOnOneFileWaitForEachOther() async throws {
        let folder = TemporaryFolder(), path = folder.path + "/a.sqlite"
        let first = try await SQLiteRecordStore.open(SQLiteConfiguration(path: path))
        let second = try await SQLiteRecordStore.open(SQLiteConfiguration(path: path))
        try await first.migrate([
            Migration(version: 1, name: "entries", statements: ["CREATE TABLE entries (id BIGINT PRIMARY KEY)"]),
        ])
        let failures = await withTaskGroup(of: StoreError.Code?.self) { group in
            for id in 0..<400 {
                let store = id % 2 == 0 ? first : second
                group.addTask {
                    await code {
                        let entry = Statement("INSERT INTO entries VALUES ($1)", values: id)
                        if id % 3 == 0 {
                            try await store.transaction([entry])
                        } else {
                            try await store.urgentTransaction([entry])
                        }
                    }
                }
            }
            return await group.reduce(into: 0) { $0 += $1 == nil ? 0 : 1 }
        }
        #expect(failures == 0)
        #expect(try await second.query(Statement("SELECT count(*) FROM entries")).rows == [[.integer(400)]])
        await first.close()
        await second.close()
    }

    /// A failure is its own: the transaction leaves nothing behind, and the next one works.
    @Test func aFailedOneLeavesNothingBehind() async throws {
        let folder = TemporaryFolder()
        let store = try await SQLiteRecordStore.open(SQLiteConfiguration(path: folder.path + "/a.sqlite"))
        try await store.migrate([accounts])
        let twice = await code {
            try await store.urgentTransaction([insertAccount(1, "a"), insertAccount(1, "b")])
        }
        #expect(twice == .constraint(.unique))
        try await store.urgentTransaction([insertAccount(1, "c")])
        #expect(try await store.query(Statement("SELECT name FROM accounts")).rows == [[.text("c")]])
        await store.close()
    }
}

/// Writes numbers down; every third it leaves to its own thread.
private struct Counter: BatchWorker {
    let seen: Seen

    mutating func attempt(_ request: Int) -> Bool {
        if request % 3 == 0 { return false }
        seen.numbers.append(request)
        return true
    }

    mutating func run(_ batch: [Int]) { seen.numbers += batch }

    func finish() {}
}

/// The numbers in the order they were handled; one thread at a time uses the worker.
private final class Seen: Sendable {
    nonisolated(unsafe) var numbers: [Int] = []
}

/// What the caller's thread was; written before the worker is used, on that thread.
private final class Threads: Sendable {
    nonisolated(unsafe) var caller: UInt = 0
}

/// Holds a thread until it is opened.
private final class Gate: Sendable {
    nonisolated(unsafe) private let semaphores: UnsafeMutablePointer<sem_t>

    init() {
        semaphores = .allocate(capacity: 2)
        sem_init(semaphores, 0, 0)
        sem_init(semaphores + 1, 0, 0)
    }

    deinit { semaphores.deallocate() }

    func wait() {
        sem_post(semaphores + 1)
        sem_wait(semaphores)
    }

    /// Whether somebody waits, or did.
    var isAwaited: Bool {
        var value: Int32 = 0
        sem_getvalue(semaphores + 1, &value)
        return value > 0
    }

    func open() { sem_post(semaphores) }
}
