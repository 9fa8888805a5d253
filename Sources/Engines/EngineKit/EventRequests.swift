import Bus
import HTTP
import Market
import Runtime
import Wire

extension EngineHost {
    /// Answers events of the types `health_check`, `request` and `search` with `response` or `error`: every route of
    /// an engine can be asked over the bus, by whoever can publish `engine.request.<engine>` with a reply address.
    func subscribeRequests() throws(BusError) {
        let name = context.name.rawValue
        try context.bus.subscribe(Subscription(
            group: name, families: [Topics.request], workers: 1...context.configuration.workers(of: context.name),
            batchLimit: 1, attempts: 1
        ) { [weak self] batch in
            for message in batch where message.topic.key == name {
                guard let self else { return }
                let data = await self.answer(message)
                self.context.bus.reply(to: message, data: data, from: name)
            }
        })
    }

    private func answer(_ message: Message) async -> [UInt8] {
        let request: EventRequest?
        do {
            request = try JSONParser().withDocument(message.data) { EventRequest($0) }
        } catch {
            return Self.failure(400, "the event is not JSON")
        }
        guard let request else { return Self.failure(422, "an event has a type of health_check, request or search") }
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
        var headers: Headers = ["Host": "localhost", "X-Request-ID": hexadecimal(message.id.value)]
        if !event.body.isEmpty { headers.add("Content-Type", "application/json") }
        if let trace = message.trace { headers.add("traceparent", trace) }
        let response = await application.respond(Request(
            method: event.method, path: event.path, query: event.query, headers: headers, body: event.body),
            isTrusted: true)
        if response.status >= 400 { return Self.failure(response.status, nil, response.body) }
        var json = JSONWriter(capacity: response.body.count + 64)
        json.beginObject()
        json.key("type")
        json.string("response")
        json.key("status")
        json.int(response.status)
        json.key("data")
        json.raw(response.body.isEmpty ? Array("null".utf8) : response.body)
        json.endObject()
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

    let type: Kind
    var method = Method.get
    var path = "/"
    var query = ""
    var body: [UInt8] = []

    init?(_ json: JSONValue) {
        guard let type = json.member("type")?.string.flatMap(Kind.init(rawValue:)) else { return nil }
        self.type = type
        if let text = json.member("method")?.string { method = type == .search ? .get : Method(rawValue: text) ?? .get }
        if let text = json.member("path")?.string { path = text }
        if let text = json.member("query")?.string { query = text }
        if let value = json.member("body"), !value.isNull {
            var writer = JSONWriter()
            value.write(to: &writer)
            body = writer.bytes
        }
    }
}
