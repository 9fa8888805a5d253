public import Runtime

/// One encoded message that many sockets share: its bytes are written once, whoever they go to.
public final class SocketFrame: Sendable {
    /// The latest-value slot this belongs to; a newer frame of the same slot may replace it in a slow reader's queue.
    public let slot: Int?
    /// The whole server frame, head and payload: final, not masked (RFC 6455 §5.2). Freed with this object.
    nonisolated(unsafe) public let bytes: UnsafeRawBufferPointer

    /// A text or binary message.
    public convenience init(payload: [UInt8], isText: Bool = true, slot: Int? = nil) {
        self.init(opcode: isText ? 1 : 2, payload, slot: slot)
    }

    /// A frame of any opcode.
    public init(opcode: UInt8, _ payload: [UInt8], slot: Int? = nil) {
        self.slot = slot
        let head = payload.count < 126 ? 2 : payload.count < 65_536 ? 4 : 10
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: head + payload.count, alignment: 8)
        memory[0] = 0x80 | opcode
        switch head {
        case 2: memory[1] = UInt8(payload.count)
        case 4:
            memory[1] = 126
            memory.storeBytes(of: UInt16(payload.count).bigEndian, toByteOffset: 2, as: UInt16.self)
        default:
            memory[1] = 127
            withUnsafeBytes(of: UInt64(payload.count).bigEndian) { source in
                UnsafeMutableRawBufferPointer(rebasing: memory[2..<10]).copyMemory(from: source)
            }
        }
        payload.withUnsafeBytes { UnsafeMutableRawBufferPointer(rebasing: memory[head...]).copyMemory(from: $0) }
        bytes = UnsafeRawBufferPointer(memory)
    }

    deinit { bytes.deallocate() }
}

/// An open WebSocket, as an engine sees it. All calls are made on the loop.
@LoopActor public protocol WebSocket: AnyObject {
    /// The request of the handshake.
    var request: Request { get }
    /// Queues a frame; it leaves at the end of the turn.
    func send(_ frame: SocketFrame)
    /// Bytes queued and not yet taken by the kernel.
    var queuedBytes: Int { get }
    /// Bytes that the kernel took, and bytes that came from the peer, control frames included: signs of life.
    var sentBytes: Int { get }
    var receivedBytes: Int { get }
    /// The code it was closed with from this side; nil while it is open or when the peer began.
    var closeCode: Int? { get }
    /// Frames that were replaced by newer ones since the last call.
    func takeConflated() -> Int
    /// Sends a close frame and closes once it is out.
    func close(code: Int, reason: String)
}

/// What a WebSocket tells its owner.
@LoopActor public protocol WebSocketDelegate: AnyObject {
    func received(_ payload: [UInt8], isText: Bool, from socket: any WebSocket)
    /// Called once, however it ended.
    func closed(_ socket: any WebSocket)
}

/// Decides about handshakes.
@LoopActor public protocol WebSocketAcceptor: AnyObject {
    /// Whether there is a socket at this path at all.
    func isSocket(_ path: String) -> Bool
    /// The socket is open; the returned delegate hears from it.
    func opened(_ socket: any WebSocket) -> any WebSocketDelegate
}
