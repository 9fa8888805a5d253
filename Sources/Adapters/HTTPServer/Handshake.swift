import CMicroHTTPD
import CShims
import HTTP
import Runtime

extension HTTPServer {
    /// Answers a WebSocket handshake, or nil when the request is something else.
    func handshake(_ request: Request, _ sockets: any WebSocketAcceptor, _ connection: OpaquePointer) -> MHD_Result? {
        guard request.method == .get, sockets.isSocket(request.path) else { return nil }
        let exchange = Exchange(path: request.path, query: "", fd: -1)
        exchange.headers = request.headers
        if let refusal = application.refusal(of: request, isHandshake: true) {
            return reply(connection, refusal, exchange)
        }
        guard let upgrade = request.headers["Upgrade"], Headers.equal(upgrade, "websocket") else {
            let problem = Problem(426, "this path is a WebSocket", headers: ["Upgrade": "websocket"])
            return reply(connection, problem.response(instance: request.path), exchange)
        }
        guard let key = request.headers["Sec-WebSocket-Key"], key.utf8.count == 24 else {
            let problem = Problem(400, "a handshake has a Sec-WebSocket-Key of 16 bytes in base64")
            return reply(connection, problem.response(instance: request.path), exchange)
        }
        guard request.headers["Sec-WebSocket-Version"] == "13" else {
            let problem = Problem(400, "Sec-WebSocket-Version must be 13", headers: ["Sec-WebSocket-Version": "13"])
            return reply(connection, problem.response(instance: request.path), exchange)
        }
        return accept(request, key, sockets, connection)
    }

    private func accept(
        _ request: Request, _ key: String, _ sockets: any WebSocketAcceptor, _ connection: OpaquePointer
    ) -> MHD_Result {
        let pending = Unmanaged.passRetained(PendingUpgrade(server: self, request: request, sockets: sockets))
        let made = MHD_create_response_for_upgrade({ context, _, _, extra, count, socket, handle in
            LoopActor.assumeIsolated {
                let pending = Unmanaged<PendingUpgrade>.fromOpaque(context!).takeRetainedValue()
                let first = Array(UnsafeRawBufferPointer(start: extra, count: count))
                // Duplicated, so that libmicrohttpd forgets the connection: it walks every upgraded one on each resume.
                let fd = shim_dup_cloexec(socket)
                shim_mhd_upgrade_close(handle)
                pending.server.kick()
                if fd >= 0 { pending.server.adopt(fd, first, pending) }
            }
        }, pending.toOpaque())
        MHD_add_response_header(made, "Upgrade", "websocket")
        MHD_add_response_header(made, "Sec-WebSocket-Accept", SocketKey.accept(key))
        let result = MHD_queue_response(connection, 101, made)
        MHD_destroy_response(made)
        return result
    }

    private func adopt(_ fd: Int32, _ first: [UInt8], _ pending: PendingUpgrade) {
        let connection = SocketConnection(fd: fd, request: pending.request, hub: socketHub)
        connection.start(delegate: pending.sockets.opened(connection), first: first)
    }
}

/// What the upgrade callback needs, held until it is called.
@LoopActor private final class PendingUpgrade {
    let server: HTTPServer
    let request: Request
    let sockets: any WebSocketAcceptor

    init(server: HTTPServer, request: Request, sockets: any WebSocketAcceptor) {
        self.server = server
        self.request = request
        self.sockets = sockets
    }
}
