import HTTP
import Market
import Runtime

/// One open connection.
@LoopActor final class Client: WebSocketDelegate {
    let id: UInt128
    let socket: any WebSocket
    let since: Timestamp
    /// Its subscriptions by the text that it gave.
    var subscriptions: [String: Int] = [:]
    /// Topics whose rate is limited for it.
    var gates: [String: RateGate<Update>] = [:]
    /// Updates that it did not get, since it was opened.
    var missed = 0
    // Signs of life, as last looked at.
    var heardBytes = 0, heardAt: Int64
    var sentBytes = 0, stalledAt: Int64?
    /// Weak: a socket may tell of its end after the engine has gone.
    private weak var hub: StreamHub?

    init(id: UInt128, socket: any WebSocket, hub: StreamHub, since: Timestamp, at now: Int64) {
        self.id = id
        self.socket = socket
        self.hub = hub
        self.since = since
        heardAt = now
    }

    /// What the client says it is.
    var name: String { socket.request.headers["User-Agent"] ?? "" }

    func received(_ payload: [UInt8], isText: Bool, from socket: any WebSocket) {
        hub?.received(payload, isText: isText, from: self)
    }

    func closed(_ socket: any WebSocket) { hub?.closed(self) }
}

/// A connection that gets back what it sends.
@LoopActor final class EchoClient: WebSocketDelegate {
    private let onClose: @LoopActor (EchoClient) -> Void

    init(onClose: @escaping @LoopActor (EchoClient) -> Void) { self.onClose = onClose }

    func received(_ payload: [UInt8], isText: Bool, from socket: any WebSocket) {
        socket.send(SocketFrame(payload: payload, isText: isText))
    }

    func closed(_ socket: any WebSocket) { onClose(self) }
}
