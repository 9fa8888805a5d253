import HTTP
import Wire

/// What a client asks for.
enum ClientRequest {
    case subscribe(Wish)
    /// Nil for all topics.
    case unsubscribe([String]?)
    case ping
    case auth
    /// The epoch it knew, and the last number it saw of each topic.
    case resume(epoch: String, after: [(topic: String, seq: Int)])

    /// The topics of a subscription and what is wanted of them.
    struct Wish {
        var topics: [String]
        var filter: UpdateFilter?
        /// Updates a second of one topic.
        var maxRate: Double?
        /// Whether the latest update of each topic is sent at once.
        var snapshot = false
    }
}

/// One message of a client.
struct ClientMessage {
    /// Given back in the answer as it came: a JSON number or string.
    var id: [UInt8]?
    var op: String
    var request: ClientRequest

    /// What is wrong with a message.
    struct Refusal: Error, Equatable {
        var code: String
        var message: String
        var op: String?
        var id: [UInt8]?
    }

    /// The most bytes of one, and the most topics in one.
    static let sizeLimit = 64 << 10, topicLimit = 1000
    /// Updates a second that may be asked for.
    static let rates = 0.001...1000.0

    /// Reads one; throws what to tell the client.
    static func read(_ payload: [UInt8], _ parser: JSONParser) throws(Refusal) -> ClientMessage {
        if payload.count > sizeLimit { throw Refusal(code: "too_large", message: "a message has at most \(sizeLimit) bytes") }
        let result: Result<ClientMessage, Refusal>
        do {
            result = try parser.withDocument(payload) { json in read(json) }
        } catch {
            throw Refusal(code: "not_json", message: "the message is not JSON")
        }
        return try result.get()
    }

    private static func read(_ json: JSONValue) -> Result<ClientMessage, Refusal> {
        var id: [UInt8]?
        if let given = json.member("id"), given.kind == .string || given.kind == .number {
            var writer = JSONWriter()
            given.write(to: &writer)
            if writer.bytes.count <= 200 { id = writer.bytes }
        }
        guard let op = json.member("op")?.string else {
            return .failure(Refusal(code: "no_op",
                message: "say what to do in \"op\": subscribe, unsubscribe, ping, resume", id: id))
        }
        func refuse(_ code: String, _ message: String) -> Result<ClientMessage, Refusal> {
            .failure(Refusal(code: code, message: message, op: op, id: id))
        }
        func answer(_ request: ClientRequest) -> Result<ClientMessage, Refusal> {
            .success(ClientMessage(id: id, op: op, request: request))
        }
        if let other = others(json, op) { return refuse("invalid", other) }
        switch op {
        case "ping": return answer(.ping)
        case "auth": return answer(.auth)
        case "subscribe":
            guard let topics = topics(json), !topics.isEmpty else {
                return refuse("invalid", "topics must be an array of 1 to \(topicLimit) strings")
            }
            return subscribe(json, topics, refuse, answer)
        case "unsubscribe":
            if json.member("topics") == nil && json.member("topic") == nil { return answer(.unsubscribe(nil)) }
            guard let topics = topics(json) else { return refuse("invalid", "topics must be an array of strings") }
            return answer(.unsubscribe(topics))
        case "resume": return resume(json, refuse, answer)
        default: return refuse("unknown_op",
            "there is no op \(op.prefix(50)); there are subscribe, unsubscribe, ping, auth, resume")
        }
    }

    /// The members of messages that ask for something; others have none that could be misspelt.
    private static let members = [
        "subscribe": ["topics", "topic", "filter", "max_rate", "snapshot"], "unsubscribe": ["topics", "topic"],
        "resume": ["epoch", "after"],
    ]

    /// What is wrong with members that are none of an op's; nil where all are.
    private static func others(_ json: JSONValue, _ op: String) -> String? {
        guard let known = members[op] else { return nil }
        var others: [String] = []
        json.forEachMember { name, _ in
            if name != "op" && name != "id" && !known.contains(name) { others.append("/\(name.prefix(50))") }
        }
        if others.isEmpty { return nil }
        let named = others.prefix(10).joined(separator: ", ")
        return "\(named): no member of \(op); there are \((["op", "id"] + known).joined(separator: ", "))"
    }

    private static func subscribe(
        _ json: JSONValue, _ topics: [String], _ refuse: (String, String) -> Result<ClientMessage, Refusal>,
        _ answer: (ClientRequest) -> Result<ClientMessage, Refusal>
    ) -> Result<ClientMessage, Refusal> {
        var wish = ClientRequest.Wish(topics: topics)
        if let given = json.member("filter"), !given.isNull {
            switch UpdateFilter.read(given) {
            case .success(let filter): wish.filter = filter.isEmpty ? nil : filter
            case .failure(let faults):
                let told = faults.under("/filter").prefix(10).map { "\($0.pointer) \($0.message)" }
                return refuse("invalid", told.joined(separator: "; "))
            }
        }
        if let given = json.member("max_rate"), !given.isNull {
            guard let rate = given.double, rates.contains(rate) else {
                return refuse("invalid", "max_rate must be a number of updates a second from 0.001 to 1000")
            }
            wish.maxRate = rate
        }
        if let given = json.member("snapshot"), !given.isNull {
            guard let snapshot = given.bool else { return refuse("invalid", "snapshot must be true or false") }
            wish.snapshot = snapshot
        }
        return answer(.subscribe(wish))
    }

    private static func resume(
        _ json: JSONValue, _ refuse: (String, String) -> Result<ClientMessage, Refusal>,
        _ answer: (ClientRequest) -> Result<ClientMessage, Refusal>
    ) -> Result<ClientMessage, Refusal> {
        guard let epoch = json.member("epoch")?.string, let after = json.member("after"), after.kind == .object,
              after.count <= topicLimit else {
            return refuse("invalid", "resume takes \"epoch\" and \"after\": an object of topics and the last seq seen of each")
        }
        var seen: [(topic: String, seq: Int)] = [], isGood = true
        after.forEachMember { topic, value in
            if let seq = value.int, seq >= 0 { seen.append((topic, seq)) } else { isGood = false }
        }
        return isGood ? answer(.resume(epoch: epoch, after: seen)) : refuse("invalid",
            "every seq in after is a whole number")
    }

    private static func topics(_ json: JSONValue) -> [String]? {
        if let one = json.member("topic")?.string { return [one] }
        guard let list = json.member("topics"), list.kind == .array, list.count <= topicLimit else { return nil }
        var out: [String] = [], isGood = true
        list.forEachElement { element in
            if let text = element.string { out.append(text) } else { isGood = false }
        }
        return isGood ? out : nil
    }
}
