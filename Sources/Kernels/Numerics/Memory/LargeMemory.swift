import Glibc
import Synchronization

/// Memory of large columns, kept when it is given back: a page that comes from the system is cleared first, which takes
/// longer than most columns take to compute.
///
/// What is kept is marked as free to take: the system has it back as soon as anybody needs it, and clears it only then.
public enum LargeMemory {
    /// Most bytes that are kept.
    public static let limit = 2 << 30
    /// Smaller pieces are left to the allocator.
    private static let least = 1 << 20
    private static let alignment = 2 << 20

    private struct Piece: Sendable {
        let address: UInt
        let bytes: Int
    }

    private static let kept = Mutex<[Piece]>([])

    /// Memory of that many bytes, whatever lies in it.
    public static func take(bytes: Int) -> UnsafeMutableRawPointer {
        guard bytes >= least else { return .allocate(byteCount: max(16, bytes), alignment: 16) }
        let found = kept.withLock { pieces -> UInt? in
            pieces.lastIndex { $0.bytes == bytes }.map { pieces.remove(at: $0).address }
        }
        if let found, let base = UnsafeMutableRawPointer(bitPattern: found) { return base }
        let base = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: alignment)
        LargePages.advise(UnsafeMutableRawBufferPointer(start: base, count: bytes))
        return base
    }

    /// Takes back memory that `take` gave.
    public static func give(_ base: UnsafeMutableRawPointer, bytes: Int) {
        guard bytes >= least else { return base.deallocate() }
        _ = madvise(base, bytes & ~4095, MADV_FREE)
        let dropped = kept.withLock { pieces -> [Piece] in
            pieces.append(Piece(address: UInt(bitPattern: base), bytes: bytes))
            var total = pieces.reduce(0) { $0 + $1.bytes }
            let first = pieces.firstIndex { piece in
                if total <= limit { return true }
                total -= piece.bytes
                return false
            } ?? pieces.count
            let dropped = pieces[..<first]
            pieces.removeSubrange(..<first)
            return Array(dropped)
        }
        for piece in dropped { UnsafeMutableRawPointer(bitPattern: piece.address)?.deallocate() }
    }
}
