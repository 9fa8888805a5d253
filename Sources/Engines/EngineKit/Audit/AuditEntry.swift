public import Runtime
import Store
import Wire

/// One audited step, before it is a row.
public struct AuditEntry: Sendable, Equatable {
    /// Who acted: a key's fingerprint and the name they gave, or an engine.
    public var actor: String
    /// What was done, such as `limit.change`.
    public var action: String
    /// What it was done to, such as `limit/gross`.
    public var object: String
    /// The body that was sent, or what the engine did, as JSON.
    public var request: String
    public var requestID = "", traceID: String?, origin: String?

    /// A step that an engine takes by itself. `body` is canonical JSON: keys in one order, no spaces.
    public init(engine: EngineName, action: String, object: String, body: [UInt8]) {
        actor = "engine:\(engine.rawValue)"
        self.action = action
        self.object = object
        request = String(decoding: body, as: UTF8.self)
    }

    init(
        actor: String, action: String, object: String, request: String, requestID: String, traceID: String?,
        origin: String?
    ) {
        self.actor = actor
        self.action = action
        self.object = object
        self.request = request
        self.requestID = requestID
        self.traceID = traceID
        self.origin = origin
    }
}

/// One row of the trail as it is stored, with its place in the chain where it has one.
public struct AuditRow: Sendable, Equatable {
    /// A place in the chain: the hash covers the row, its number and the hash before.
    public struct Link: Sendable, Equatable {
        /// 1 for the first row.
        public var sequence: Int64
        /// The hash of the row before, 64 zeros for the first; and this row's, both lower-case hexadecimal SHA-256.
        public var previous: String, hash: String

        /// What stands before the first row.
        public static let none = Link(sequence: 0, previous: "", hash: String(repeating: "0", count: 64))
    }

    var id: String, recorded: Int64
    var entry: AuditEntry
    public internal(set) var link: Link

    /// What is hashed: the row as JSON with its keys in alphabetical order.
    func canonical() -> [UInt8] {
        var json = JSONWriter()
        func field(_ name: String, _ text: String?) {
            json.key(name)
            if let text { json.string(text) } else { json.null() }
        }
        json.beginObject()
        field("action", entry.action)
        field("actor", entry.actor)
        field("id", id)
        field("object", entry.object)
        field("origin", entry.origin)
        field("previous", link.previous)
        json.key("recorded")
        json.int(Int(recorded))
        field("request", entry.request)
        field("request_id", entry.requestID)
        json.key("sequence")
        json.int(Int(link.sequence))
        field("trace_id", entry.traceID)
        json.endObject()
        return json.bytes
    }

    /// Puts the row after another.
    mutating func follow(_ before: Link, _ digest: ([UInt8]) -> [UInt8]) {
        link = Link(sequence: before.sequence + 1, previous: before.hash, hash: "")
        link.hash = hexadecimal(digest(canonical()))
    }

    static let columns = "id, recorded, actor, action, object, request, request_id, trace_id, origin"

    /// The row's statement; one without a place has no columns for it.
    var insert: Statement {
        let values: [SQLValue] = [
            .text(id), .integer(recorded), .text(entry.actor), .text(entry.action), .text(entry.object),
            .text(entry.request), .text(entry.requestID), entry.traceID.map { .text($0) } ?? .null,
            entry.origin.map { .text($0) } ?? .null,
        ]
        guard link.sequence > 0 else {
            return Statement(
                "INSERT INTO audit_events (\(Self.columns)) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)", values)
        }
        return Statement(
            """
            INSERT INTO audit_events (\(Self.columns), sequence, previous, hash)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
            """, values + [.integer(link.sequence), .text(link.previous), .text(link.hash)])
    }

    /// A row of `columns`, sequence, previous and hash.
    init(_ row: ResultSet.Row) throws(StoreError) {
        id = try row.value(0)
        recorded = try row.value(1)
        entry = AuditEntry(
            actor: try row.value(2), action: try row.value(3), object: try row.value(4), request: try row.value(5),
            requestID: try row.value(6), traceID: try row.value(7), origin: try row.value(8))
        // What was emptied is no text: it hashes to something else.
        link = Link(sequence: try row.value(9), previous: try row.value(10, as: String?.self) ?? "",
                    hash: try row.value(11, as: String?.self) ?? "")
    }

    init(id: String, recorded: Int64, entry: AuditEntry) {
        self.id = id
        self.recorded = recorded
        self.entry = entry
        link = .none
    }
}
