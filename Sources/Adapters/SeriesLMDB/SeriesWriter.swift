import CLMDB
import Market
import Store
import Synchronization

typealias Answer<T: Sendable> = CheckedContinuation<Result<T, StoreError>, Never>

/// What the writer's thread is asked for.
enum SeriesRequest: Sendable {
    case write(SeriesKey, SeriesColumns, recordedAt: Timestamp, Answer<SeriesWrite>)
    case writeAll(SeriesBatch, recordedAt: Timestamp, Answer<[SeriesWrite]>)
    case remove(SeriesKey, Answer<Bool>)
}

/// The one writer. Requests that wait together share a transaction and its flush.
struct SeriesWriter: BatchWorker {
    /// What one request gives, and how it is answered.
    private enum Outcome {
        case written(Result<SeriesWrite, StoreError>)
        case allWritten(Result<[SeriesWrite], StoreError>)
        case removed(Result<Bool, StoreError>)
    }

    private let environment: LMDBEnvironment
    private let health: SeriesHealth

    init(_ environment: LMDBEnvironment, health: SeriesHealth) {
        self.environment = environment
        self.health = health
    }

    func run(_ batch: [SeriesRequest]) {
        if batch.count > 1, let outcomes = try? attempt(batch) {
            for (request, outcome) in zip(batch, outcomes) { answer(request, outcome) }
            return
        }
        // Alone, or together they failed: then one that is too large for the disk must not fail the others.
        for request in batch {
            do throws(StoreError) {
                answer(request, try attempt([request])[0])
            } catch {
                switch request {
                case .write: answer(request, .written(.failure(error)))
                case .writeAll: answer(request, .allWritten(.failure(error)))
                case .remove: answer(request, .removed(.failure(error)))
                }
            }
        }
    }

    func finish() {}

    private func answer(_ request: SeriesRequest, _ outcome: Outcome) {
        switch (request, outcome) {
        case (.write(_, _, _, let answer), .written(let result)):
            health.note(result)
            answer.resume(returning: result)
        case (.writeAll(_, _, let answer), .allWritten(let result)):
            health.note(result)
            answer.resume(returning: result)
        case (.remove(_, let answer), .removed(let result)):
            health.note(result)
            answer.resume(returning: result)
        default: preconditionFailure("an outcome of another kind than its request")
        }
    }

    /// Runs requests in one transaction; reserves more address space and starts again where it was too small.
    private func attempt(_ batch: [SeriesRequest]) throws(StoreError) -> [Outcome] {
        try environment.file?.check()
        let wanted = batch.reduce(1 << 20) { $0 + Self.bytes($1) }
        let extent = environment.extent
        if extent.used + wanted > extent.reserved {
            try environment.grow(toAtLeast: max(extent.reserved * 2, extent.used + 2 * wanted))
        }
        // 2^46 bytes are reached from a single page in 34 doublings.
        for _ in 0..<34 {
            let transaction = try begin()
            do throws(StoreError) {
                return try transaction.commit { () throws(StoreError) in
                    try run(batch, SeriesEditor(environment: environment, transaction: transaction))
                }
            } catch {
                guard transaction.isMapFull else { throw environment.explain(error, wanted: wanted) }
                try environment.grow(toAtLeast: environment.extent.reserved * 2)
            }
        }
        throw StoreError(.diskFull, "address space for series")
    }

    private func begin() throws(StoreError) -> LMDBTransaction {
        do throws(StoreError) {
            return try LMDBTransaction(environment.handle, flags: 0)
        } catch {
            // Another process made the file larger.
            try environment.followMap()
            return try LMDBTransaction(environment.handle, flags: 0)
        }
    }

    private func run(_ batch: [SeriesRequest], _ editor: SeriesEditor) throws(StoreError) -> [Outcome] {
        var outcomes: [Outcome] = []
        for request in batch {
            switch request {
            case .write(let key, let rows, let recordedAt, _):
                do throws(StoreError) {
                    outcomes.append(.written(.success(try editor.write(key, rows, recordedAt: recordedAt))))
                } catch {
                    // Refused before it changed anything: the others go on.
                    guard error.code == .invalidInput else { throw error }
                    outcomes.append(.written(.failure(error)))
                }
            case .writeAll(let batch, let recordedAt, _):
                do throws(StoreError) {
                    outcomes.append(.allWritten(.success(try editor.write(batch, recordedAt: recordedAt))))
                } catch {
                    guard error.code == .invalidInput else { throw error }
                    outcomes.append(.allWritten(.failure(error)))
                }
            case .remove(let key, _):
                outcomes.append(.removed(.success(try editor.remove(key))))
            }
        }
        return outcomes
    }

    private static func bytes(_ request: SeriesRequest) -> Int {
        func bytes(_ rows: SeriesColumns) -> Int { rows.count * 8 * (rows.names.count + 1) }
        switch request {
        case .write(_, let rows, _, _): return bytes(rows)
        // A new series has a header and a chunk of its own, both with their keys.
        case .writeAll(let batch, _, _): return batch.rows.reduce(0) { $0 + bytes($1) + 512 }
        case .remove: return 0
        }
    }
}

/// Whether the last write reached the device; shared by the writer's thread and the store.
final class SeriesHealth: Sendable {
    private let available = Atomic<Bool>(true)

    var isAvailable: Bool { available.load(ordering: .relaxed) }

    func note<T>(_ result: Result<T, StoreError>) {
        switch result {
        case .success: available.store(true, ordering: .relaxed)
        case .failure(let error) where error.code == .invalidInput: break
        case .failure: available.store(false, ordering: .relaxed)
        }
    }
}
