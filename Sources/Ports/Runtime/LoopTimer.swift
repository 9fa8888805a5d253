import CUV

/// A timer on the loop, in whole milliseconds. Runs until `cancel`, or once.
@LoopActor public final class LoopTimer {
    private let handle: UnsafeMutablePointer<uv_timer_t>
    private var body: (@LoopActor () -> Void)?
    private let repeats: Bool

    /// Calls `body` every `milliseconds` (at least 1), first after that long.
    public static func every(milliseconds: Int, _ body: @escaping @LoopActor () -> Void) -> LoopTimer {
        LoopTimer(milliseconds: milliseconds, repeats: true, body)
    }

    /// Calls `body` once after `milliseconds`.
    @discardableResult
    public static func once(milliseconds: Int, _ body: @escaping @LoopActor () -> Void) -> LoopTimer {
        LoopTimer(milliseconds: milliseconds, repeats: false, body)
    }

    private init(milliseconds: Int, repeats: Bool, _ body: @escaping @LoopActor () -> Void) {
        handle = .allocate(capacity: 1)
        self.body = body
        self.repeats = repeats
        uv_timer_init(EventLoop.main.uv, handle)
        handle.pointee.data = Unmanaged.passRetained(self).toOpaque()
        let wait = UInt64(max(repeats ? 1 : 0, milliseconds))
        uv_update_time(EventLoop.main.uv)
        uv_timer_start(handle, { handle in
            LoopActor.assumeIsolated {
                Unmanaged<LoopTimer>.fromOpaque(handle!.pointee.data).takeUnretainedValue().fire()
            }
        }, wait, repeats ? wait : 0)
    }

    private func fire() {
        let action = body
        if !repeats { cancel() }
        action?()
    }

    /// Stops it; harmless when it has fired or was cancelled.
    public func cancel() {
        if body == nil { return }
        body = nil
        handle.withMemoryRebound(to: uv_handle_t.self, capacity: 1) {
            uv_close($0) { handle in
                Unmanaged<LoopTimer>.fromOpaque(handle!.pointee.data).release()
                UnsafeMutableRawPointer(handle!).assumingMemoryBound(to: uv_timer_t.self).deallocate()
            }
        }
    }
}
