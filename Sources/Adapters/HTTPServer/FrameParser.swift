import CWslay
import Glibc
import Runtime

/// wslay's frame parser. One shared parser serves every connection that sits at a frame boundary; only a connection
/// stopped in mid-frame keeps one of its own.
@LoopActor final class FrameParser {
    /// A frame as received, unmasked.
    struct Frame {
        let opcode: UInt8, isFinal: Bool, payload: [UInt8]
    }

    /// Why parsing ended early.
    enum Failure: Error { case protocolError, tooLarge }

    private var input = UnsafeRawBufferPointer(start: nil, count: 0)
    private var context: wslay_frame_context_ptr?
    private var payload: [UInt8] = []
    private(set) var isMidFrame = false

    init() {
        var callbacks = wslay_frame_callbacks()
        callbacks.recv_callback = { buffer, length, _, user in
            LoopActor.assumeIsolated {
                let parser = Unmanaged<FrameParser>.fromOpaque(user!).takeUnretainedValue()
                let count = min(length, parser.input.count)
                if count == 0 { return -1 }
                memcpy(buffer!, parser.input.baseAddress!, count)
                parser.input = UnsafeRawBufferPointer(rebasing: parser.input.dropFirst(count))
                return count
            }
        }
        let made = wslay_frame_context_init(&context, &callbacks, Unmanaged.passUnretained(self).toOpaque())
        precondition(made == 0, "out of memory")
    }

    isolated deinit { wslay_frame_context_free(context) }

    /// Parses what came and hands over each whole frame.
    func feed(_ bytes: UnsafeRawBufferPointer, limit: Int, _ onFrame: (Frame) -> Bool) throws(Failure) {
        input = bytes
        isMidFrame = isMidFrame || !bytes.isEmpty
        while true {
            var io = wslay_frame_iocb()
            let count = wslay_frame_recv(context, &io)
            if count == Int(WSLAY_ERR_WANT_READ.rawValue) { return }
            if count < 0 || io.mask == 0 || io.rsv != 0 || ![0, 1, 2, 8, 9, 10].contains(io.opcode) {
                throw .protocolError
            }
            if io.payload_length > UInt64(limit) { throw .tooLarge }
            payload.append(contentsOf: UnsafeBufferPointer(start: io.data, count: io.data_length))
            if UInt64(payload.count) < io.payload_length {
                isMidFrame = true
                continue
            }
            let frame = Frame(opcode: io.opcode, isFinal: io.fin != 0, payload: payload)
            payload = []
            isMidFrame = !input.isEmpty
            if !onFrame(frame) { return }
        }
    }
}
