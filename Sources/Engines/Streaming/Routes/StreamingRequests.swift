import HTTP
import Runtime
import Wire

/// A connection to register.
struct ConnectionBody: RequestBody {
    let client: String, topics: [String]

    static func read(_ fields: FieldReader) -> ConnectionBody {
        ConnectionBody(client: fields.optionalString("client", "What the client is called.", length: 0...200) ?? "",
                       topics: fields.strings("topics", "Topics and patterns it is subscribed to at once.",
                           required: false,
                                              limit: 1000, length: TopicPattern.lengthLimit))
    }
}

/// A subscription to make for a connection.
struct SubscriptionBody: RequestBody {
    let connectionID: String?, topic: String, filter: [UInt8]?, maxRate: Double?
    /// The member that the filter came in.
    let filterName: String

    static func read(_ fields: FieldReader) -> SubscriptionBody {
        let connection = fields.optionalString("connection_id", "The connection; one is registered when left out.",
            length: 1...32)
        let topic = fields.string("topic", "A topic or a pattern.", length: 1...TopicPattern.lengthLimit)
        let filter = fields.json("filter", "Members of the data and the values wanted.", required: false)
        let filters = fields.json("filters", "The same.", required: false)
        fields.require(filter == nil || filters == nil, "filters", "is the same as filter: leave one of them out")
        let low = ClientMessage.rates.lowerBound, high = ClientMessage.rates.upperBound
        let rate = fields.optionalNumber(
            "max_rate", "The most updates a second of one topic where only the newest matters.", from: low, upTo: high)
        let same = fields.optionalNumber("rate_limit", "The same.", from: low, upTo: high)
        fields.require(rate == nil || same == nil, "rate_limit", "is the same as max_rate: leave one of them out")
        return SubscriptionBody(connectionID: connection, topic: topic, filter: filter ?? filters, maxRate: rate ?? same,
                                filterName: filter == nil ? "filters" : "filter")
    }
}

/// A message for subscribers.
struct BroadcastBody: RequestBody {
    let topic: String, type: String, data: [UInt8]

    static func read(_ fields: FieldReader) -> BroadcastBody {
        BroadcastBody(topic: fields.string("topic", "Where it goes: to none of the platform's own.", length: 1...TopicPattern.lengthLimit),
                      type: fields.optionalString("type", "Its type; broadcast unless said.",
                          length: 1...100) ?? "broadcast",
                      data: fields.json("data", "Any JSON; subscribers get it unchanged.") ?? [])
    }
}

/// Which connections or subscriptions are meant.
struct ConnectionQuery: RequestParameters {
    let connectionID: String?, topic: String?, page: PageParameters

    static func read(_ parameters: ParameterReader) -> ConnectionQuery {
        ConnectionQuery(connectionID: parameters.optionalText("connection_id", "Only this one."),
                        topic: parameters.optionalText("topic", "Only of this topic or pattern."),
                            page: .read(parameters))
    }
}

/// The connection to close.
struct ConnectionName: RequestParameters {
    let id: String

    static func read(_ parameters: ParameterReader) -> ConnectionName {
        ConnectionName(id: parameters.text("connection_id", "The connection."))
    }
}

/// The subscription to end.
struct SubscriptionName: RequestParameters {
    let id: String

    static func read(_ parameters: ParameterReader) -> SubscriptionName {
        SubscriptionName(id: parameters.text("subscription_id", "The subscription."))
    }
}
