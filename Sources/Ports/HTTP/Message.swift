// HTTP: routes declared once, requests, responses, problems, and the OpenAPI document made from them.
// No sockets here: an adapter turns bytes into `Request` and `Response` into bytes.
public import Wire

/// A request's method.
public enum Method: String, CaseIterable, Sendable {
    case get = "GET", post = "POST", put = "PUT", patch = "PATCH", delete = "DELETE", head = "HEAD", options = "OPTIONS"
}

/// Header fields in the order they came; names compare without case.
public struct Headers: Sendable {
    public private(set) var fields: [(name: String, value: String)] = []

    public init() {}
    /// None yet, with room for so many.
    public init(capacity: Int) { fields.reserveCapacity(capacity) }
    public init(_ fields: KeyValuePairs<String, String>) { self.fields = fields.map { ($0.key, $0.value) } }

    /// The first field of that name.
    public subscript(_ name: String) -> String? {
        fields.firstIndex { Self.equal($0.name, name) }.map { fields[$0].value }
    }

    public mutating func add(_ name: String, _ value: String) { fields.append((name, value)) }

    /// Replaces all fields of that name by one.
    public mutating func set(_ name: String, _ value: String) {
        fields.removeAll { Self.equal($0.name, name) }
        fields.append((name, value))
    }

    /// Leaves out fields by their names.
    public mutating func remove(where unwanted: (String) -> Bool) { fields.removeAll { unwanted($0.name) } }

    /// Whether two names are the same but for the case of ASCII letters.
    public static func equal(_ a: String, _ b: String) -> Bool {
        let x = a.utf8, y = b.utf8
        guard x.count == y.count else { return false }
        // Most are written the same.
        if a == b { return true }
        return zip(x, y).allSatisfy { lower($0) == lower($1) }
    }

    private static func lower(_ byte: UInt8) -> UInt8 { (65...90).contains(byte) ? byte | 32 : byte }
}

/// One request, whole.
public struct Request: Sendable {
    public var method: Method
    /// The path without the query, percent-decoded per segment at matching.
    public var path: String
    /// The query without its question mark, as sent.
    public var query: String
    public var headers: Headers
    public var body: [UInt8]
    /// The caller's `X-Request-ID`, or one made for it.
    public var requestID = ""
    /// Handed on for a caller from outside: it bears what they showed, and nothing that shows who the platform is.
    public var isHandedOn = false

    public init(method: Method, path: String, query: String = "", headers: Headers = Headers(), body: [UInt8] = []) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
    }

    /// The 32-digit trace id of `traceparent`, if there is one.
    public var traceID: String? {
        guard let parts = headers["traceparent"]?.split(separator: "-"), parts.count >= 3, parts[1].count == 32
        else { return nil }
        return String(parts[1])
    }
}

/// One answer.
public struct Response: Sendable {
    public var status: Int
    public var headers: Headers
    public var body: [UInt8]
    public var contentType: String

    public init(status: Int = 200, contentType: String = "application/json", headers: Headers = Headers(), body: [UInt8]) {
        self.status = status
        self.headers = headers
        self.body = body
        self.contentType = contentType
    }

    /// An answer without a body.
    public static func empty(_ status: Int = 204) -> Response { Response(status: status, contentType: "", body: []) }

    /// JSON written by a closure.
    public static func json(status: Int = 200, _ write: (inout JSONWriter) -> Void) -> Response {
        var json = JSONWriter()
        write(&json)
        return Response(status: status, body: json.bytes)
    }
}
