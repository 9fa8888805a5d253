import CUV

/// Calls a closure on the loop when a signal arrives, until cancelled.
@LoopActor public final class SignalWatcher {
    private let handle: UnsafeMutablePointer<uv_signal_t>
    private var body: (@LoopActor () -> Void)?

    public init(_ number: Int32, _ body: @escaping @LoopActor () -> Void) {
        handle = .allocate(capacity: 1)
        self.body = body
        uv_signal_init(EventLoop.main.uv, handle)
        handle.pointee.data = Unmanaged.passRetained(self).toOpaque()
        uv_signal_start(handle, { handle, _ in
            LoopActor.assumeIsolated {
                Unmanaged<SignalWatcher>.fromOpaque(handle!.pointee.data).takeUnretainedValue().body?()
            }
        }, number)
    }

    /// Stops watching; the signal has its default effect again.
    public func cancel() {
        if body == nil { return }
        body = nil
        handle.withMemoryRebound(to: uv_handle_t.self, capacity: 1) {
            uv_close($0) { handle in
                Unmanaged<SignalWatcher>.fromOpaque(handle!.pointee.data).release()
                UnsafeMutableRawPointer(handle!).assumingMemoryBound(to: uv_signal_t.self).deallocate()
            }
        }
    }
}
