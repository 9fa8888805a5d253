import Glibc
import Store
import Synchronization

/// Copies columns out of the map on several threads. The thread that holds the snapshot gathers where the pieces lie,
/// copies columns itself, and returns when every column is done; other reader threads take columns while they are
/// idle. A helper that comes too late finds nothing to take and touches no memory.
///
/// `nonisolated(unsafe)`: `columns` is read only, and its memory stays mapped until `run` returns.
final class ColumnCopy: Sendable {
    /// Consecutive values of one column; `bytes` is nil where they are absent.
    struct Piece {
        var bytes: UnsafeRawBufferPointer?
        var count: Int
    }

    private struct Results {
        var ts: [Int64] = []
        var values: [[Double]]
        var left: Int
    }

    nonisolated(unsafe) private let columns: [[Piece]]
    private let total: Int
    private let next = Atomic<Int>(0)
    private let results: Mutex<Results>
    nonisolated(unsafe) private let finished: UnsafeMutablePointer<sem_t>

    /// `columns[0]` holds the times; all have `total` values.
    init(_ columns: [[Piece]], total: Int) {
        self.columns = columns
        self.total = total
        results = Mutex(Results(values: Array(repeating: [], count: columns.count - 1), left: columns.count))
        finished = .allocate(capacity: 1)
        sem_init(finished, 0, 0)
    }

    deinit {
        sem_destroy(finished)
        finished.deallocate()
    }

    /// Whether the work is large enough to be worth another thread.
    var isLarge: Bool { total * columns.count >= 1 << 18 }

    /// Copies columns until none is left, then waits for those that others took.
    func run() -> (ts: [Int64], values: [[Double]]) {
        help()
        while sem_wait(finished) != 0 {}
        return results.withLock { ($0.ts, $0.values) }
    }

    /// Copies columns until none is left.
    func help() {
        while true {
            let column = next.wrappingAdd(1, ordering: .relaxed).oldValue
            if column >= columns.count { return }
            if column == 0 {
                let ts = copy(columns[0], absent: Int64(0))
                finish { $0.ts = ts }
            } else {
                let values = copy(columns[column], absent: Double.nan)
                finish { $0.values[column - 1] = values }
            }
        }
    }

    private func finish(_ store: (inout sending Results) -> Void) {
        let isLast = results.withLock { results in
            store(&results)
            results.left -= 1
            return results.left == 0
        }
        if isLast { sem_post(finished) }
    }

    private func copy<T: BitwiseCopyable>(_ pieces: [Piece], absent: T) -> [T] {
        [T](unsafeUninitializedCapacity: total) { buffer, count in
            FreshPages.useLarge(UnsafeMutableRawBufferPointer(buffer))
            for piece in pieces {
                if let bytes = piece.bytes {
                    UnsafeMutableRawPointer(buffer.baseAddress! + count)
                        .copyMemory(from: bytes.baseAddress!, byteCount: piece.count * 8)
                } else {
                    buffer[count..<count + piece.count].initialize(repeating: absent)
                }
                count += piece.count
            }
        }
    }
}
