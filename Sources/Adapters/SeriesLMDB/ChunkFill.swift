import Glibc
import Store
import Synchronization

/// Copies columns into room that a transaction has reserved, on several threads. The writer's thread reserves all the
/// room first, fills what it can, and returns when all is filled; reader threads help while they are idle. A helper
/// that comes too late finds nothing to take and touches no memory.
///
/// `nonisolated(unsafe)`: each piece of room is filled by the one thread that took it, and stays where it is until
/// `run` returns, because LMDB gives a value of several pages memory of its own until the commit.
final class ChunkFill: Sendable {
    /// Values of one column for one chunk, oldest first; nil is absent throughout.
    struct Piece {
        var room: UnsafeMutableRawBufferPointer
        var parts: [(values: Values, range: Range<Int>)]
    }

    /// Where values come from.
    enum Values {
        case times([Int64])
        case numbers([Double])
        case absent
    }

    nonisolated(unsafe) private let pieces: [Piece]
    private let next = Atomic<Int>(0)
    private let left: Atomic<Int>
    nonisolated(unsafe) private let finished: UnsafeMutablePointer<sem_t>

    init(_ pieces: [Piece]) {
        self.pieces = pieces
        left = Atomic(pieces.count)
        finished = .allocate(capacity: 1)
        sem_init(finished, 0, 0)
    }

    deinit {
        sem_destroy(finished)
        finished.deallocate()
    }

    /// Whether the work is worth another thread, and few enough pieces that LMDB writes none of them out before its
    /// commit (it does when 131,071 dirty values are waiting).
    static func isLarge(pieces: Int, rows: Int) -> Bool { rows * 8 >= 1 << 17 && pieces >= 4 && pieces < 1 << 14 }

    /// Fills pieces until none is left, then waits for those that others took.
    func run() {
        help()
        while sem_wait(finished) != 0 {}
    }

    /// Fills pieces until none is left.
    func help() {
        while true {
            let piece = next.wrappingAdd(1, ordering: .relaxed).oldValue
            if piece >= pieces.count { return }
            pieces[piece].fill()
            if left.wrappingSubtract(1, ordering: .acquiringAndReleasing).newValue == 0 { sem_post(finished) }
        }
    }
}

extension ChunkFill.Piece {
    /// Copies the parts in, one after the other. The room needs no alignment.
    func fill() {
        FreshPages.populate(room)
        var offset = 0
        for (values, range) in parts {
            let target = UnsafeMutableRawBufferPointer(rebasing: room[offset..<offset + range.count * 8])
            switch values {
            case .times(let times): copy(times, range, target)
            case .numbers(let numbers): copy(numbers, range, target)
            case .absent:
                for index in range.indices {
                    target.storeBytes(of: .nan, toByteOffset: (index - range.lowerBound) * 8, as: Double.self)
                }
            }
            offset += target.count
        }
    }

    private func copy<T: BitwiseCopyable>(_ values: [T], _ range: Range<Int>, _ target: UnsafeMutableRawBufferPointer) {
        values.withUnsafeBytes { bytes in
            target.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[range.lowerBound * 8..<range.upperBound * 8]))
        }
    }
}

/// The reader threads as helpers of the writer; none until they have been started.
final class SeriesHelpers: Sendable {
    private let readers = Mutex<BatchThread<SeriesReading>?>(nil)

    func set(_ threads: BatchThread<SeriesReading>) { readers.withLock { $0 = threads } }

    /// Asks an idle reader to help; a full queue only means that nobody does.
    func offer(_ fill: ChunkFill) {
        try? readers.withLock { $0 }?.submit { _ in fill.help() }
    }
}
