import Store
import Synchronization
import Testing

/// A worker that many callers use while its thread does, and that is closed meanwhile.
@Suite struct BatchThreadTests {
    private static let callers = 4, requests = 2000

    /// What callers and worker saw.
    private final class Record: Sendable {
        let handled = Mutex<[Int]>([])
        let accepted = Mutex<[Int]>([])
        let refused = Atomic<Int>(0), inside = Atomic<Int>(0), met = Atomic<Int>(0)
        let here = Atomic<Int>(0), finished = Atomic<Int>(0)
    }

    private struct Worker: BatchWorker {
        let record: Record

        mutating func run(_ batch: [Int]) {
            if record.inside.add(1, ordering: .sequentiallyConsistent).newValue > 1 {
                record.met.add(1, ordering: .relaxed)
            }
            record.handled.withLock { $0 += batch }
            record.inside.subtract(1, ordering: .sequentiallyConsistent)
        }

        mutating func attempt(_ request: Int) -> Bool {
            // Every seventh asks for the worker's own thread.
            if request % 7 == 0 { return false }
            run([request])
            return true
        }

        func finish() { record.finished.add(1, ordering: .relaxed) }
    }

    /// Each caller's requests, in its order, one way or the other; where the queue is full or closed it notes so.
    private static func call(_ number: Int, _ thread: BatchThread<Int>, _ record: Record) {
        for index in 0..<requests {
            let request = number * requests + index
            if thread.attempt(request) {
                record.here.add(1, ordering: .relaxed)
                record.accepted.withLock { $0.append(request) }
                continue
            }
            do throws(StoreError) {
                try thread.submit(request)
                record.accepted.withLock { $0.append(request) }
            } catch {
                record.refused.add(1, ordering: .relaxed)
            }
        }
    }

    @Test(arguments: [false, true]) func nothingIsLostOrDoneTwiceOrOvertaken(closing: Bool) async throws {
        let record = Record()
        let thread = try await BatchThread<Int>.start(name: "test", capacity: 64, batchLimit: 8) {
            Worker(record: record)
        }
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<Self.callers { group.addTask { Self.call(number, thread, record) } }
            if closing { await thread.close() }
        }
        await thread.close()
        let handled = record.handled.withLock { $0 }, accepted = record.accepted.withLock { $0 }
        #expect(handled.sorted() == accepted.sorted())
        #expect(accepted.count + record.refused.load(ordering: .relaxed) == Self.callers * Self.requests)
        #expect(record.met.load(ordering: .relaxed) == 0, "one at a time")
        #expect(record.finished.load(ordering: .relaxed) == 1)
        for number in 0..<Self.callers {
            let own = handled.filter { $0 / Self.requests == number }
            #expect(own == own.sorted(), "a caller's requests keep their order")
        }
        if !closing { #expect(record.here.load(ordering: .relaxed) > 0) }
    }
}
