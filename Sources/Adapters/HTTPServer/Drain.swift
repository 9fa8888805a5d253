import CShims
import Glibc
import Runtime

/// Reads away what a caller still sends after it was answered, for a short while, so that the answer reaches it.
@LoopActor final class Drain {
    static let milliseconds = 2000
    /// The most bytes read away.
    static let limit = 64 << 20
    private static let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)

    private let fd: Int32
    private var poller: Poller?
    private var timer: LoopTimer?
    private var taken = 0

    /// Goes on with a connection in place of its owner, and closes it.
    static func start(_ fd: Int32) {
        _ = shim_shutdown_write(fd)
        let drain = Drain(fd)
        drain.poller = Poller(fd: fd) { _ in drain.read() }
        drain.poller?.watch(.readable)
        drain.timer = LoopTimer.once(milliseconds: milliseconds) { drain.finish() }
    }

    private init(_ fd: Int32) { self.fd = fd }

    private func read() {
        let count = recv(fd, Self.buffer.baseAddress, Self.buffer.count, Int32(MSG_DONTWAIT))
        if count < 0 && (errno == EAGAIN || errno == EINTR) { return }
        taken += max(0, count)
        if count <= 0 || taken > Self.limit { finish() }
    }

    private func finish() {
        guard let poller else { return }
        self.poller = nil
        poller.close()
        timer?.cancel()
        Glibc.close(fd)
    }
}
