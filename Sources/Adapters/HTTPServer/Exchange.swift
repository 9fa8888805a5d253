import CMicroHTTPD
import CShims
import Glibc
import HTTP
import Runtime

/// One request on its way to one response. libmicrohttpd holds it from the request line to completion.
@LoopActor final class Exchange {
    let path: String, query: String
    let fd: Int32
    var headers = Headers()
    var method: HTTP.Method?
    /// The method as sent, where it is none that is known.
    var methodText = ""
    var body: [UInt8] = []
    var response: Response?
    var started = false, suspended = false, headRead = false
    /// In the server's ticks.
    var deadline: Int32 = 0
    /// Set once the request is whole.
    var server: HTTPServer?

    init(path: String, query: String, fd: Int32) {
        self.path = path
        self.query = query
        self.fd = fd
    }

    /// Takes path and query apart where the bytes still are.
    convenience init(target: UnsafePointer<CChar>, fd: Int32) {
        guard let mark = strchr(target, 63) else {
            self.init(path: String(cString: target), query: "", fd: fd)
            return
        }
        let path = UnsafeRawBufferPointer(start: target, count: UnsafePointer(mark) - target)
        self.init(path: String(decoding: path, as: UTF8.self), query: String(cString: mark + 1), fd: fd)
    }

    var request: Request { Request(method: method ?? .get, path: path, query: query, headers: headers, body: body) }

    func setMethod(_ text: UnsafePointer<CChar>) {
        if strcmp(text, "GET") == 0 { method = .get } else if strcmp(text, "POST") == 0 { method = .post } else {
            methodText = String(cString: text)
            method = HTTP.Method(rawValue: methodText)
        }
    }
}

extension HTTPServer {
    static var onURI: @convention(c) (
        UnsafeMutableRawPointer?, UnsafePointer<CChar>?, OpaquePointer?
    ) -> UnsafeMutableRawPointer? {
        { _, uri, connection in
            LoopActor.assumeIsolated {
                let fd = connection.map { shim_mhd_connection_fd($0) } ?? -1
                let exchange = uri.map { Exchange(target: $0, fd: fd) } ?? Exchange(path: "/", query: "", fd: fd)
                return Unmanaged.passRetained(exchange).toOpaque()
            }
        }
    }

    static var onConnection: MHD_NotifyConnectionCallback {
        { context, connection, _, event in
            LoopActor.assumeIsolated {
                guard let context else { return }
                let server = Unmanaged<HTTPServer>.fromOpaque(context).takeUnretainedValue()
                let fd = connection.map { shim_mhd_connection_fd($0) } ?? -1
                if event.rawValue == 0 { server.connectionOpened(fd) } else { server.connectionClosed(fd) }
            }
        }
    }

    static var onCompleted: MHD_RequestCompletedCallback {
        { _, _, slot, _ in
            LoopActor.assumeIsolated {
                guard let slot, let held = slot.pointee else { return }
                let exchange = Unmanaged<Exchange>.fromOpaque(held).takeRetainedValue()
                slot.pointee = nil
                exchange.server?.completed(exchange)
                exchange.server = nil
            }
        }
    }

    static var onAccess: MHD_AccessHandlerCallback {
        { context, connection, _, method, _, upload, size, slot in
            LoopActor.assumeIsolated {
                guard let context, let connection, let size, let held = slot?.pointee else { return .NO }
                let server = Unmanaged<HTTPServer>.fromOpaque(context).takeUnretainedValue()
                let exchange = Unmanaged<Exchange>.fromOpaque(held).takeUnretainedValue()
                if !exchange.headRead {
                    if let method { exchange.setMethod(method) }
                    return server.head(exchange, connection)
                }
                if size.pointee > 0 {
                    let bytes = UnsafeRawBufferPointer(start: upload, count: size.pointee)
                    size.pointee = 0
                    return server.receive(bytes, exchange)
                }
                return server.whole(exchange, connection)
            }
        }
    }

    /// The head is there. A body that declares itself too large is answered before it is read.
    private func head(_ exchange: Exchange, _ connection: OpaquePointer) -> MHD_Result {
        exchange.headRead = true
        exchange.deadline = deadline()
        withUnsafeMutablePointer(to: &exchange.headers) { headers in
            _ = MHD_get_connection_values(connection, .HEADER_KIND, { context, _, name, value in
                let headers = context!.assumingMemoryBound(to: Headers.self)
                headers.pointee.add(String(cString: name!), value.map { String(cString: $0) } ?? "")
                return .YES
            }, headers)
        }
        if let length = exchange.headers["Content-Length"].flatMap({ Int($0) }), length > configuration.bodyLimit {
            exchange.started = true
            began(exchange)
            linger(exchange)
            return reply(connection, tooLarge(exchange), exchange)
        }
        return .YES
    }

    private func tooLarge(_ exchange: Exchange) -> Response {
        var response = Problem(413, "the body may have at most \(configuration.bodyLimit) bytes")
            .response(instance: exchange.path)
        response.headers.set("Connection", "close")
        return response
    }

    private func receive(_ bytes: UnsafeRawBufferPointer, _ exchange: Exchange) -> MHD_Result {
        if isPast(exchange.deadline) { return .NO }
        if exchange.response != nil { return .YES }
        if exchange.body.count + bytes.count > configuration.bodyLimit {
            exchange.body = []
            exchange.response = tooLarge(exchange)
            return .YES
        }
        exchange.body.append(contentsOf: bytes)
        return .YES
    }

    /// The whole request is there, or a suspended one has its answer.
    private func whole(_ exchange: Exchange, _ connection: OpaquePointer) -> MHD_Result {
        if let response = exchange.response {
            exchange.response = nil
            if !exchange.started { began(exchange) }
            exchange.started = true
            return reply(connection, response, exchange)
        }
        if exchange.started { return .YES }
        exchange.started = true
        began(exchange)
        if draining {
            return reply(connection, Problem.unavailable(application.name, "the service is stopping")
                .response(instance: exchange.path), exchange)
        }
        guard exchange.method != nil else {
            let problem = Problem(405, "\(exchange.methodText) is not a method of this server",
                                  headers: ["Allow": "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"])
            return reply(connection, problem.response(instance: exchange.path), exchange)
        }
        let request = exchange.request
        if let sockets, let upgraded = handshake(request, sockets, connection) { return upgraded }
        switch application.answer(request) {
        case .now(let response): return reply(connection, response, exchange)
        case .later(let work): return start(work, exchange, connection)
        case .promised(let promise): return start(promise, exchange, connection)
        }
    }

    /// Runs the handler inline; only when it suspends does the connection.
    private func start(
        _ work: @escaping @Sendable @LoopActor () async -> Response, _ exchange: Exchange, _ connection: OpaquePointer
    ) -> MHD_Result {
        let held = UnsafeConnection(pointer: connection)
        spawnInline {
            exchange.response = await work()
            if exchange.suspended { self.resume(held.pointer) }
        }
        return answerOrSuspend(exchange, connection)
    }

    /// The same for a response that comes by a call.
    private func start(
        _ promise: @LoopActor (@escaping Application.Completion) -> Void, _ exchange: Exchange, _ connection: OpaquePointer
    ) -> MHD_Result {
        let held = UnsafeConnection(pointer: connection)
        promise { response in
            exchange.response = response
            if exchange.suspended { self.resume(held.pointer) }
        }
        return answerOrSuspend(exchange, connection)
    }

    private func answerOrSuspend(_ exchange: Exchange, _ connection: OpaquePointer) -> MHD_Result {
        if let response = exchange.response {
            exchange.response = nil
            return reply(connection, response, exchange)
        }
        exchange.suspended = true
        suspended()
        MHD_suspend_connection(connection)
        return .YES
    }

    func reply(_ connection: OpaquePointer, _ response: Response, _ exchange: Exchange) -> MHD_Result {
        var body = response.body, isCompressed = false
        if body.count >= configuration.gzipFrom, response.headers["Content-Encoding"] == nil,
           let accepted = exchange.headers["Accept-Encoding"], Gzip.isAccepted(accepted),
           let small = Gzip.compress(body) {
            body = small
            isCompressed = true
        }
        let made = body.withUnsafeBytes {
            MHD_create_response_from_buffer(
                $0.count, UnsafeMutableRawPointer(mutating: $0.baseAddress), .RESPMEM_MUST_COPY)
        }
        if !response.contentType.isEmpty { MHD_add_response_header(made, "Content-Type", response.contentType) }
        if isCompressed {
            MHD_add_response_header(made, "Content-Encoding", "gzip")
            MHD_add_response_header(made, "Vary", "Accept-Encoding")
        }
        for field in response.headers.fields { MHD_add_response_header(made, field.name, field.value) }
        if draining { MHD_add_response_header(made, "Connection", "close") }
        let result = MHD_queue_response(connection, UInt32(response.status), made)
        MHD_destroy_response(made)
        return result
    }
}

/// A connection that a suspended request keeps alive until it is resumed, on the loop.
private struct UnsafeConnection: @unchecked Sendable {
    let pointer: OpaquePointer
}
