import CUV

/// What a descriptor is ready for, or is watched for.
public struct Readiness: OptionSet, Sendable {
    public let rawValue: Int32
    public init(rawValue: Int32) { self.rawValue = rawValue }
    public static let readable = Readiness(rawValue: 1)
    public static let writable = Readiness(rawValue: 2)
}

/// Watches one descriptor. `close` must be called: libuv keeps the handle, and the handle keeps the watcher, until
/// then.
@LoopActor public final class Poller {
    private let handle: UnsafeMutablePointer<uv_poll_t>
    private var onReady: (@LoopActor (Readiness) -> Void)?
    private var wanted: Readiness = []
    /// libuv stopped the handle by itself.
    private var isStopped = false

    /// Starts watching nothing; call `watch`. An error on the descriptor is reported as ready for everything.
    public init(fd: Int32, onReady: @escaping @LoopActor (Readiness) -> Void) {
        handle = .allocate(capacity: 1)
        self.onReady = onReady
        precondition(uv_poll_init(EventLoop.main.uv, handle, fd) == 0, "descriptor \(fd) cannot be polled")
        handle.pointee.data = Unmanaged.passRetained(self).toOpaque()
    }

    /// Sets what is watched for.
    public func watch(_ wanted: Readiness) {
        if wanted == self.wanted && !isStopped { return }
        self.wanted = wanted
        start()
    }

    private func start() {
        if onReady == nil { return }
        isStopped = false
        if wanted.isEmpty {
            uv_poll_stop(handle)
            return
        }
        uv_poll_start(handle, wanted.rawValue) { handle, status, ready in
            LoopActor.assumeIsolated {
                let poller = Unmanaged<Poller>.fromOpaque(handle!.pointee.data).takeUnretainedValue()
                if status < 0 { poller.failed() } else { poller.onReady?(Readiness(rawValue: ready)) }
            }
        }
    }

    /// libuv stops a handle whose descriptor has an error. What arrived before the error may be read in several steps,
    /// so watching goes on until the owner has met the error itself and closes.
    private func failed() {
        isStopped = true
        onReady?([.readable, .writable])
        if isStopped { start() }
    }

    /// Stops watching. The descriptor itself stays open: it is its owner's.
    public func close() {
        if onReady == nil { return }
        onReady = nil
        handle.withMemoryRebound(to: uv_handle_t.self, capacity: 1) {
            uv_close($0) { handle in
                Unmanaged<Poller>.fromOpaque(handle!.pointee.data).release()
                UnsafeMutableRawPointer(handle!).assumingMemoryBound(to: uv_poll_t.self).deallocate()
            }
        }
    }
}
