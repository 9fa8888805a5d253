import Glibc

/// Large pages under memory that is about to be filled for the first time: asking for 4 KiB at a time by touching it
/// costs more than most kernels.
public enum LargePages {
    private static let size = 2 << 20

    /// Asks for them; only whole ones inside the buffer are named, and a refusal is harmless.
    public static func advise(_ buffer: UnsafeMutableRawBufferPointer) {
        guard buffer.count >= 2 * size, let start = buffer.baseAddress else { return }
        let first = (Int(bitPattern: start) + size - 1) & ~(size - 1)
        let end = (Int(bitPattern: start) + buffer.count) & ~(size - 1)
        if first < end { _ = madvise(UnsafeMutableRawPointer(bitPattern: first), end - first, MADV_HUGEPAGE) }
    }
}
