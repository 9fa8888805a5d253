import EngineKit
import HTTP
import Runtime
import Wire

extension StreamingEngine {
    private static let subscriptionAnswer = """
        {"id":"3","subscription_id":"3","connection_id":"00000000000000000000000000000007","topic":"market.bar.GOOG",\
        "max_rate":10,"filtered":false}
        """

    var subscriptionRoutes: [Route] {
        let add = Route.json(
            .post, "/api/v1/websocket/subscriptions", "Subscribes a connection to a topic or pattern.",
            example: #"{"topic":"market.bar.GOOG","max_rate":10}"#, answer: Self.subscriptionAnswer, status: 201,
            errors: [404]) { [unowned self] (_: NoParameters, body: SubscriptionBody, _) in try self.add(body) }
        return [
            add, add.alias("/api/v1/sprint3/websocket/subscriptions"),
            .json(.get, "/api/v1/websocket/subscriptions", "Subscriptions, oldest first.",
                  answer: "{\"items\":[\(Self.subscriptionAnswer)],\"next_cursor\":null}") {
                [unowned self] (query: ConnectionQuery, _: NoBody, _) in try list(query)
            },
            .json(.delete, "/api/v1/websocket/subscriptions", "Ends a subscription.",
                  answer: #"{"subscription_id":"3","removed":true}"#, errors: [404]) {
                [unowned self] (name: SubscriptionName, _: NoBody, _) in
                guard let id = Int(name.id),
                    hub.drop(id) != nil else { throw Problem.notFound("no subscription \(name.id)") }
                return JSONBody { json in
                    json.object { json in
                        json.field("subscription_id", name.id)
                        json.field("removed", true)
                    }
                }
            },
        ]
    }

    private func add(_ body: SubscriptionBody) throws -> JSONBody {
        guard let pattern = hub.pattern(body.topic) else { throw Problem.invalid("/topic", "cannot be a topic or a pattern") }
        var filter: UpdateFilter?
        if let bytes = body.filter {
            switch try hub.parser.withDocument(bytes, { UpdateFilter.read($0) }) {
            case .success(let read): filter = read.isEmpty ? nil : read
            case .failure(let faults): throw Problem.invalid(faults.under("/" + body.filterName))
            }
        }
        let connection = try connection(body.connectionID)
        guard hub.subscriptions(of: connection).count < StreamHub.subscriptionLimit else {
            throw Problem.invalid("/connection_id", "has \(StreamHub.subscriptionLimit) subscriptions already")
        }
        let made = hub.subscribe(connection, pattern, filter: filter, maxRate: body.maxRate)
        return JSONBody(status: 201) { write(made, &$0) }
    }

    private func connection(_ text: String?) throws -> UInt128 {
        guard let text else { return try register(client: "", []) }
        guard let id = UInt128(text, radix: 16), hub.clients[id] != nil || registrations.waiting[id] != nil else {
            throw Problem.notFound("no connection \(text)")
        }
        return id
    }

    private func list(_ query: ConnectionQuery) throws -> JSONBody {
        var found = hub.index.all
        if let named = query.connectionID { found = found.filter { hexadecimal($0.client) == named } }
        if let topic = query.topic { found = found.filter { $0.pattern.text == topic } }
        if let cursor = query.page.cursor {
            guard let after = Int(cursor) else { throw Problem.invalid("?cursor", "is not a cursor of this list") }
            found = found.filter { $0.id > after }
        }
        let page = found.prefix(query.page.limit)
        return JSONBody.page(page, next: page.count < found.count ? page.last.map { "\($0.id)" } : nil) { write($1, &$0) }
    }

    private func write(_ subscription: ClientSubscription, _ json: inout JSONWriter) {
        json.object { json in
            json.field("id", "\(subscription.id)")
            json.field("subscription_id", "\(subscription.id)")
            json.field("connection_id", hexadecimal(subscription.client))
            json.field("topic", subscription.pattern.text)
            json.key("max_rate")
            if subscription.interval > 0 { json.double(1e9 / Double(subscription.interval)) } else { json.null() }
            json.field("filtered", subscription.filter != nil)
        }
    }
}
