import HTTP
import Runtime

/// What becomes of a request for a WebSocket (RFC 6455 §4.2).
@LoopActor enum Handshake {
    /// With the value of `Sec-WebSocket-Accept`.
    case accepted(String)
    case refused(Response)

    /// Nil where the request is something else. `isOld`: it came over HTTP/1.0, where `Upgrade` means nothing.
    init?(_ request: Request, isOld: Bool, _ sockets: any WebSocketAcceptor, _ application: Application) {
        guard request.method == .get, sockets.isSocket(request.path) else { return nil }
        func refused(_ problem: Problem) -> Handshake { .refused(application.answer(problem, to: request)) }
        if let refusal = application.refusal(of: request, isHandshake: true) {
            self = .refused(refusal)
            return
        }
        guard !isOld, request.headers.lists("upgrade", in: "Connection"),
              request.headers.lists("websocket", in: "Upgrade") else {
            let detail = "this path is a WebSocket: it takes HTTP/1.1 with Connection: Upgrade and Upgrade: websocket"
            self = refused(Problem(426, detail, headers: ["Upgrade": "websocket"]))
            return
        }
        guard let key = request.headers["Sec-WebSocket-Key"], SocketKey.isKey(key) else {
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
