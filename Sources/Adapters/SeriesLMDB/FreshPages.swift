import Glibc

/// Memory about to be filled for the first time: a fresh page that is asked for by touching it costs more than the
/// copy into it. A refusal is harmless everywhere here.
enum FreshPages {
    private static let large = 2 << 20
    private static let small = 4096
    /// `MADV_POPULATE_WRITE` of Linux 5.14, which Debian 12's headers do not name.
    private static let populateForWriting: Int32 = 23

    /// Asks for large pages; only whole ones inside the buffer are named.
    static func useLarge(_ buffer: UnsafeMutableRawBufferPointer) {
        if buffer.count >= 2 * large { advise(buffer, multiple: large, MADV_HUGEPAGE) }
    }

    /// Asks for all pages that lie wholly in the buffer, in one call.
    static func populate(_ buffer: UnsafeMutableRawBufferPointer) {
        if buffer.count >= 16 * small { advise(buffer, multiple: small, populateForWriting) }
    }

    private static func advise(_ buffer: UnsafeMutableRawBufferPointer, multiple: Int, _ advice: Int32) {
        guard let start = buffer.baseAddress else { return }
        let first = (Int(bitPattern: start) + multiple - 1) & ~(multiple - 1)
        let end = (Int(bitPattern: start) + buffer.count) & ~(multiple - 1)
        if first < end { _ = madvise(UnsafeMutableRawPointer(bitPattern: first), end - first, advice) }
    }
}
