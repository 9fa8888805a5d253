import EngineKit
import HTTP
import Market
import Runtime
import Wire

extension StreamingEngine {
    private static let connectionAnswer = """
        {"id":"00000000000000000000000000000007","connection_id":"00000000000000000000000000000007","state":"registered",\
        "client":"demo","since":"2024-01-02T00:00:00Z","topics":["market.bar.GOOG"],\
        "url":"ws://127.0.0.1:8600/ws?connection_id=00000000000000000000000000000007"}
        """

    var connectionRoutes: [Route] {
        let register = Route.json(
            .post, "/api/v1/websocket/connections",
            "Registers a connection; whoever opens its url within five minutes has its subscriptions.",
            example: #"{"client":"demo","topics":["market.bar.GOOG"]}"#, answer: Self.connectionAnswer, status: 201,
            errors: [503]) { [unowned self] (_: NoParameters, body: ConnectionBody, _) in
                let id = try self.register(client: body.client, body.topics)
                return JSONBody(status: 201) { writeConnection(id, &$0) }
            }
        return [
            register, register.alias("/api/v1/sprint3/websocket/connections"),
            .json(.get, "/api/v1/websocket/connections", "Open and registered connections, oldest first.",
                  answer: "{\"items\":[\(Self.connectionAnswer)],\"next_cursor\":null}") {
                [unowned self] (query: ConnectionQuery, _: NoBody, _) in try list(query)
            },
            .json(.delete, "/api/v1/websocket/connections", "Closes a connection.",
                  answer: #"{"connection_id":"00000000000000000000000000000007","closed":true}"#, errors: [404]) {
                [unowned self] (name: ConnectionName, _: NoBody, _) in try close(name.id)
            },
        ]
    }

    /// Notes a connection that somebody will open, with its subscriptions.
    func register(client: String, _ topics: [String]) throws -> UInt128 {
        var patterns: [TopicPattern] = [], errors: [FieldError] = []
        for (place, text) in topics.enumerated() {
            if let pattern = hub.pattern(text) { patterns.append(pattern) } else {
                errors.append(FieldError(pointer: "/topics/\(place)", message: "cannot be a topic or a pattern"))
            }
        }
        if !errors.isEmpty { throw Problem.invalid(errors) }
        guard let made = registrations.add(client: client) else {
            throw Problem.unavailable("websocket", "\(Registrations.limit) registered connections wait already")
        }
        for pattern in patterns { _ = hub.subscribe(made.id, pattern, filter: nil, maxRate: nil) }
        return made.id
    }

    private func list(_ query: ConnectionQuery) throws -> JSONBody {
        var ids = (Array(hub.clients.keys) + Array(registrations.waiting.keys)).sorted()
        if let named = query.connectionID { ids = ids.filter { hexadecimal($0) == named } }
        if let topic = query.topic {
            ids = ids.filter { hub.subscriptions(of: $0).contains { $0.pattern.text == topic } }
        }
        if let cursor = query.page.cursor {
            guard let after = UInt128(cursor,
                radix: 16) else { throw Problem.invalid("?cursor", "is not a cursor of this list") }
            ids = ids.filter { $0 > after }
        }
        let page = ids.prefix(query.page.limit)
        let next = page.count < ids.count ? page.last.map { hexadecimal($0) } : nil
        return JSONBody.page(page, next: next) { writeConnection($1, &$0) }
    }

    private func writeConnection(_ id: UInt128, _ json: inout JSONWriter) {
        let open = hub.clients[id], registered = registrations.waiting[id], text = hexadecimal(id)
        json.object { json in
            json.field("id", text)
            json.field("connection_id", text)
            json.field("state", open == nil ? "registered" : "open")
            json.field("client", open?.name ?? registered?.client ?? "")
            if let since = open?.since ?? registered?.since { json.field("since", since) }
            json.strings("topics", hub.subscriptions(of: id).map(\.pattern.text))
            if let open {
                json.field("path", open.socket.request.path)
                json.field("queued_bytes", open.socket.queuedBytes)
                json.field("missed", open.missed)
            } else {
                let configuration = context.configuration
                json.field("url", "ws://\(configuration.host(of: .websocket)):\(configuration.port(of: .websocket))/ws?connection_id=\(text)")
            }
        }
    }

    private func close(_ text: String) throws -> JSONBody {
        guard let id = UInt128(text, radix: 16) else { throw Problem.notFound("no connection \(text)") }
        if let client = hub.clients[id] {
            client.socket.close(code: 1000, reason: "closed over HTTP")
        } else if !registrations.remove(id) {
            throw Problem.notFound("no connection \(text)")
        }
        return JSONBody { json in
            json.object { json in
                json.field("connection_id", text)
                json.field("closed", true)
            }
        }
    }
}
