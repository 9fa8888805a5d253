extension Headers {
    /// What all fields of that name list together, in their order (RFC 9110 §5.6.1).
    public func list(_ name: String) -> [String] {
        var out: [String] = []
        for field in fields where Self.equal(field.name, name) {
            for part in field.value.split(separator: ",") {
                let entry = part.trimmingBlanks
                if !entry.isEmpty { out.append(entry) }
            }
        }
        return out
    }

    /// Whether one of the listed is this word, in either case.
    public func lists(_ word: String, in name: String) -> Bool { list(name).contains { Self.equal($0, word) } }

    /// Fields for whoever answers: who calls, what they send and want, what ties their requests together. Nobody may make
    /// one a matter of the connection (RFC 9110 §7.6.1): who could would have a gateway let a request in for what it
    /// says and hand it on without having said it.
    private static let endToEnd = [
        "x-api-key", "authorization", "cookie", "x-actor", "host", "origin", "forwarded", "x-forwarded-for",
        "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "content-type", "content-encoding", "content-length",
        "content-language", "content-range", "accept", "accept-encoding", "accept-charset", "accept-language",
        "idempotency-key", "x-request-id", "traceparent", "tracestate", "baggage", "cache-control", "range", "if-match",
        "if-none-match", "if-modified-since", "if-unmodified-since", "if-range", "user-agent", "date",
        "access-control-request-method", "access-control-request-headers", "sec-websocket-key", "sec-websocket-version",
        "sec-websocket-protocol", "sec-websocket-extensions",
    ]

    /// Whether `Connection` may not name the field.
    public static func isEndToEnd(_ name: String) -> Bool { endToEnd.contains { equal($0, name) } }

    /// Leaves out what `Connection` says is of this hop alone, and itself.
    public mutating func removeOfThisHop() {
        var isNamed = false
        for field in fields where Self.equal(field.name, "Connection") {
            if field.value != "keep-alive" && field.value != "close" { isNamed = true }
        }
        // What every client sends names nothing; it stays, and a sender writes its own.
        if !isNamed { return }
        let named = list("Connection").filter { !Self.isEndToEnd($0) }
        remove { name in Self.equal(name, "Connection") || named.contains { Self.equal($0, name) } }
    }
}

extension StringProtocol {
    /// Without spaces and tabs at its ends.
    var trimmingBlanks: String {
        let isText: (Character) -> Bool = { $0 != " " && $0 != "\t" }
        guard let first = firstIndex(where: isText), let last = lastIndex(where: isText) else { return "" }
        return String(self[first...last])
    }
}
