import Glibc

/// Asks the kernel for large pages under memory about to be filled: a fresh page costs more than copying into it.
enum HugePages {
    private static let size = 2 << 20

    /// Only whole large pages inside the buffer are named; a refusal is harmless.
    static func advise(_ buffer: UnsafeMutableRawBufferPointer) {
        guard let start = buffer.baseAddress, buffer.count >= 2 * size else { return }
        let first = (Int(bitPattern: start) + size - 1) & ~(size - 1)
        let end = (Int(bitPattern: start) + buffer.count) & ~(size - 1)
        if first < end { _ = madvise(UnsafeMutableRawPointer(bitPattern: first), end - first, MADV_HUGEPAGE) }
    }
}
