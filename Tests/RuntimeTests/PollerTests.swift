import CShims
import Glibc
import Runtime
import TestKit
import Testing

@Suite struct PollerTests {
    /// A peer that closes with unread bytes resets the link: the descriptor has an error and still holds what the peer
    /// sent before. libuv stops watching at the error; the reader, who takes little at a time, must get all of it.
    @Test(.timeLimit(.minutes(1))) @LoopActor func whatCameBeforeAnErrorIsReadToTheEnd() async throws {
        var pair: [Int32] = [0, 0]
        try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair) == 0)
        let (own, peer) = (pair[0], pair[1])
        _ = fcntl(own, F_SETFL, O_NONBLOCK)
        #expect(write(own, "x", 1) == 1)
        #expect(write(peer, "abc", 3) == 3)
        Glibc.close(peer)
        let seen = await read(own)
        #expect(seen.bytes == Array("abc".utf8))
        #expect(seen.end == ECONNRESET)
        Glibc.close(own)
    }

    @LoopActor private final class Later: SocketWork {
        private let then: @LoopActor () -> Void
        init(_ then: @escaping @LoopActor () -> Void) { self.then = then }
        func afterSockets() { then() }
    }

    /// Two descriptors are ready together: both watchers are told, then what the first asked for runs, then jobs.
    @Test(.timeLimit(.minutes(1))) @LoopActor func whatWaitsForAllSocketsComesAfterThemAndBeforeJobs() async throws {
        var log: [String] = []
        var pollers: [Poller] = [], pairs: [[Int32]] = []
        for _ in 1...2 {
            var pair: [Int32] = [0, 0]
            try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair) == 0)
            #expect(write(pair[1], "x", 1) == 1)
            pairs.append(pair)
        }
        await withCheckedContinuation { continuation in
            for (number, pair) in pairs.enumerated() {
                let poller = Poller(fd: pair[0]) { _ in
                    log.append("told")
                    pollers[number].close()
                    if log.count > 1 { return }
                    EventLoop.main.afterSockets(Later { log.append("after") })
                    spawn {
                        log.append("job")
                        continuation.resume()
                    }
                }
                pollers.append(poller)
            }
            for poller in pollers { poller.watch(.readable) }
        }
        #expect(log == ["told", "told", "after", "job"])
        for descriptor in pairs.joined() { Glibc.close(descriptor) }
    }

    /// Reads a byte at every call until the link fails or ends.
    @LoopActor private func read(_ fd: Int32) async -> (bytes: [UInt8], end: Int32) {
        await withCheckedContinuation { continuation in
            var poller: Poller?
            var bytes: [UInt8] = []
            poller = Poller(fd: fd) { _ in
                var byte: UInt8 = 0
                if Glibc.read(fd, &byte, 1) == 1 {
                    bytes.append(byte)
                    poller?.watch(.readable)
                } else if case let cause = errno, cause != EAGAIN {
                    poller?.close()
                    poller = nil
                    continuation.resume(returning: (bytes, cause))
                }
            }
            poller?.watch(.readable)
        }
    }
}
