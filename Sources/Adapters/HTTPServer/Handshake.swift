import HTTP
import Runtime

/// What becomes of a request for a WebSocket (RFC 6455 §4.2).
@LoopActor enum Handshake {
    /// With the value of `Sec-WebSocket-Accept`.
    case accepted(String)
    case refused(Response)

    /// Nil where the request is something else.
    init?(_ request: Request, _ sockets: any WebSocketAcceptor, _ application: Application) {
        guard request.method == .get, sockets.isSocket(request.path) else { return nil }
        func refused(_ problem: Problem) -> Handshake { .refused(application.answer(problem, to: request)) }
        if let refusal = application.refusal(of: request, isHandshake: true) {
            self = .refused(refusal)
            return
        }
        guard let upgrade = request.headers["Upgrade"], Headers.equal(upgrade, "websocket") else {
            self = refused(Problem(426, "this path is a WebSocket", headers: ["Upgrade": "websocket"]))
            return
        }
        guard let key = request.headers["Sec-WebSocket-Key"], key.utf8.count == 24 else {
            self = refused(Problem(400, "a handshake has a Sec-WebSocket-Key of 16 bytes in base64"))
            return
        }
        guard request.headers["Sec-WebSocket-Version"] == "13" else {
            self = refused(Problem(400, "Sec-WebSocket-Version must be 13", headers: ["Sec-WebSocket-Version": "13"]))
            return
        }
        self = .accepted(SocketKey.accept(key))
    }
}
