public import HTTP
public import Market
import Runtime
import Store
public import Wire

/// Which rows of the trail are asked for.
public struct AuditQuery: RequestParameters {
    public let actor: String?, action: String?, object: String?
    public let from: Timestamp?, to: Timestamp?
    public let page: PageParameters

    public static func read(_ parameters: ParameterReader) -> AuditQuery {
        let page = PageParameters.read(parameters)
        parameters.require(
            page.cursor.map { NewestRows.parse($0) != nil } ?? true, "cursor", "is not a cursor of this list")
        let from = parameters.optionalTime("from", "Not before."), to = parameters.optionalTime("to", "Not after.")
        if let from, let to { parameters.require(from <= to, "to", "must not be before from") }
        return AuditQuery(
            actor: parameters.optionalText("actor", "Only of this actor."),
            action: parameters.optionalText("action", "Only this action."),
            object: parameters.optionalText("object", "Only this object."),
            from: from, to: to, page: page)
    }
}

/// A row of the trail.
public struct AuditEvent: Sendable, Equatable {
    public let id: String
    public let time: Timestamp
    /// The engine that carried it out.
    public let engine: String
    public let actor: String, action: String, object: String
    /// The body that was sent, or its length and digest where it is long.
    public let request: String
    public let requestID: String
    public let traceID: String?, origin: String?

    public nonisolated static let exampleList = """
        {"items":[{"id":"0192f0c1","time":"2024-01-02T14:30:00Z","engine":"risk","actor":"key:1b4f0e985197",\
        "action":"limit.create","object":"limit/gross","request":"{\\"type\\":\\"gross_exposure\\"}",\
        "request_id":"c0ffee","trace_id?":"0af7651916cd43dd8448eb211c80319c","origin?":"10.0.0.7"}],\
        "next_cursor":null,"unavailable":[]}
        """

    /// A page of one engine's rows, newest first; `next` is the cursor of the rest, nil where there is none.
    @LoopActor public static func page(
        _ query: AuditQuery, _ context: EngineContext
    ) async throws -> (items: [AuditEvent], next: String?) {
        var rows = try NewestRows(
            "id, recorded, actor, action, object, request, request_id, trace_id, origin", of: "audit_events", by: "recorded",
            query.page)
        rows.only("actor", query.actor.map { .text($0) })
        rows.only("action", query.action.map { .text($0) })
        rows.only("object", query.object.map { .text($0) })
        rows.only("recorded", query.from.map { .integer($0.nanoseconds) }, comparison: ">=")
        rows.only("recorded", query.to.map { .integer($0.nanoseconds) }, comparison: "<=")
        let page = try await rows.read(context.records)
        return (try page.rows.map { try AuditEvent($0, context.name.rawValue) }, page.next)
    }

    /// The first of a list that is longer than a page, and the cursor of the rest. `hasMore`: there is a rest that
    /// the list does not show.
    public static func cut(
        _ items: [AuditEvent], to limit: Int, hasMore: Bool = false
    ) -> (items: [AuditEvent], next: String?) {
        guard hasMore || items.count > limit, let last = items.prefix(limit).last else { return (items, nil) }
        return (Array(items.prefix(limit)), "\(last.time.nanoseconds)/\(last.id)")
    }

    private init(_ row: ResultSet.Row, _ engine: String) throws(StoreError) {
        id = try row.value(0)
        time = Timestamp(nanoseconds: try row.value(1))
        self.engine = engine
        actor = try row.value(2)
        action = try row.value(3)
        object = try row.value(4)
        request = try row.value(5)
        requestID = try row.value(6)
        traceID = try row.value(7)
        origin = try row.value(8)
    }
}

// MARK: JSON

extension AuditEvent: WireValue {
    public init?(json: JSONValue) {
        func text(_ name: String) -> String? { json.member(name)?.string }
        guard let id = text("id"), let time = text("time").flatMap({ Timestamp(iso8601: $0) }),
            let engine = text("engine"), let actor = text("actor"), let action = text("action"),
            let object = text("object"), let request = text("request"), let requestID = text("request_id")
        else { return nil }
        self.id = id
        self.time = time
        self.engine = engine
        self.actor = actor
        self.action = action
        self.object = object
        self.request = request
        self.requestID = requestID
        traceID = text("trace_id")
        origin = text("origin")
    }

    public func write(to json: inout JSONWriter) {
        json.beginObject()
        json.key("id")
        json.string(id)
        json.key("time")
        json.time(time)
        let texts = [("engine", engine), ("actor", actor), ("action", action), ("object", object),
                     ("request", request), ("request_id", requestID), ("trace_id", traceID), ("origin", origin)]
        for (name, value) in texts {
            json.key(name)
            if let value { json.string(value) } else { json.null() }
        }
        json.endObject()
    }

    /// A page as the API tells it; `missing` are engines whose rows are not in it.
    public static func write(_ items: [AuditEvent], next: String?, missing: [String], to json: inout JSONWriter) {
        json.object { json in
            json.page(items, next: next) { $1.write(to: &$0) }
            json.array("unavailable", missing) { $0.string($1) }
        }
    }
}
