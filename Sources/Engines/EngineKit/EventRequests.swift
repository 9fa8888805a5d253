import Bus
import HTTP
import Market
import Runtime
import Wire

extension EngineHost {
    /// Answers events of the types `health_check`, `request` and `search` with `response` or `error`: every route of
    /// an engine can be asked over the bus, by whoever can publish `engine.request.<engine>` with a reply address.
    ///
    /// A message comes at least once, and more than once where a process dies between its work and its acknowledgement.
    /// One that this process has carried out is not looked at again; one that a process before it has is recognised by
    /// the routes that know an `Idempotency-Key`, which is made of the message's id.
    func subscribeRequests() throws(BusError) {
        let name = context.name.rawValue
        var carriedOut = RecentMessages()
        try context.bus.subscribe(Subscription(
            group: name, families: [Topics.request], workers: 1...context.configuration.workers(of: context.name),
            batchLimit: 1, attempts: 1
        ) { [weak self] batch in
            for message in batch where message.topic.key == name && carriedOut.insert(message.id) {
                guard let self else { return }
                let data = await self.answer(message)
                self.context.bus.reply(to: message, data: data, from: name)
            }
        })
    }

    private func answer(_ message: Message) async -> [UInt8] {
        let request: EventRequest
        do {
            request = try JSONParser().withDocument(message.data) { try EventRequest($0) }
        } catch let refusal as EventRequest.Refusal {
            return Self.failure(refusal.status, refusal.detail)
        } catch {
            return Self.failure(400, "the event is not JSON")
        }
        switch request.type {
        case .healthCheck:
            var json = JSONWriter()
            json.beginObject()
            json.key("type")
            json.string("response")
            json.key("data")
            writeHealth(&json)
            json.endObject()
            return json.bytes
        case .request, .search: return await ask(request, message)
        }
    }

    private func ask(_ event: EventRequest, _ message: Message) async -> [UInt8] {
        let id = hexadecimal(message.id.value)
        var headers: Headers = ["Host": "localhost", "X-Request-ID": id]
        if !event.body.isEmpty { headers.add("Content-Type", "application/json") }
        if event.method != .get { headers.add("Idempotency-Key", event.idempotencyKey ?? "message-\(id)") }
        if let trace = message.trace { headers.add("traceparent", trace) }
        let response = await application.respond(Request(
            method: event.method, path: event.path, query: event.query, headers: headers, body: event.body),
            isTrusted: true)
        guard let data = Self.json(response) else {
            return Self.failure(406, "\(event.path) answers with \(response.contentType), which an event cannot hold; "
                + "ask for it over HTTP")
        }
        if response.status >= 400 { return Self.failure(response.status, nil, data) }
        var json = JSONWriter(capacity: data.count + 64)
        json.beginObject()
        json.key("type")
        json.string("response")
        json.key("status")
        json.int(response.status)
        json.key("data")
        json.raw(data)
        json.endObject()
        return json.bytes
    }

    /// An answer as one JSON value: other text is a string, no body is null; nil for what is no text at all.
    private static func json(_ response: Response) -> [UInt8]? {
        if response.body.isEmpty { return Array("null".utf8) }
        let type = response.contentType.prefix { $0 != ";" }
        if type == "application/json" || type.hasSuffix("+json") { return response.body }
        guard let text = String(validating: response.body, as: UTF8.self) else { return nil }
        var json = JSONWriter(capacity: text.utf8.count + 64)
        json.string(text)
        return json.bytes
    }

    private static func failure(_ status: Int, _ detail: String?, _ problem: [UInt8] = []) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.key("type")
        json.string("error")
        json.key("status")
        json.int(status)
        if let detail {
            json.key("detail")
            json.string(detail)
        }
        if !problem.isEmpty {
            json.key("problem")
            json.raw(problem)
        }
        json.endObject()
        return json.bytes
    }
}

/// An event that asks something of an engine.
private struct EventRequest {
    enum Kind: String { case healthCheck = "health_check", request, search }

    /// Why an event cannot be answered.
    struct Refusal: Error {
        let status: Int, detail: String
    }

    let type: Kind
    var method = Method.get
    var path = "/"
    var query = ""
    var body: [UInt8] = []
    var idempotencyKey: String?

    init(_ json: JSONValue) throws(Refusal) {
        guard let type = json.member("type")?.string.flatMap(Kind.init(rawValue:)) else {
            throw Refusal(status: 422, detail: "an event has a type of health_check, request or search")
        }
        self.type = type
        if type != .search, let given = json.member("method"), !given.isNull { method = try Self.method(given) }
        if let text = json.member("path")?.string { path = text }
        if let text = json.member("query")?.string { query = text }
        if let given = json.member("idempotency_key"), !given.isNull {
            guard let key = given.string else {
                throw Refusal(status: 422, detail: "an event's idempotency_key is a text")
            }
            idempotencyKey = key
        }
        if let value = json.member("body"), !value.isNull {
            var writer = JSONWriter()
            value.write(to: &writer)
            body = writer.bytes
        }
    }

    private static func method(_ json: JSONValue) throws(Refusal) -> Method {
        guard let text = json.string else { throw Refusal(status: 422, detail: "an event's method is a text") }
        guard let method = Method(rawValue: text) else {
            let known = Method.allCases.map(\.rawValue).joined(separator: ", ")
            throw Refusal(status: 405, detail: "there is no method \(text.prefix(40)); there are \(known)")
        }
        return method
    }
}
