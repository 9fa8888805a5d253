import HTTP
import Wire

/// The bytes of a request.
enum RequestHead {
    /// Header fields that belong to one hop and are never handed on (RFC 9110 §7.6.1).
    private static let hopByHop = ["connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding",
                                   "upgrade", "host", "content-length", "expect"]

    /// Appends a request.
    static func encode(_ request: Request, host: String, into out: inout [UInt8]) {
        out.reserveCapacity(256 + request.body.count)
        func add(_ text: String) { out.append(contentsOf: text.utf8) }
        add(request.method.rawValue)
        add(" ")
        add(request.path)
        if !request.query.isEmpty {
            add("?")
            add(request.query)
        }
        add(" HTTP/1.1\r\nHost: ")
        add(host)
        add("\r\n")
        for field in request.headers.fields where !isHopByHop(field.name) {
            add(field.name)
            add(": ")
            add(field.value)
            add("\r\n")
        }
        if !request.body.isEmpty || [.post, .put, .patch].contains(request.method) {
            add("Content-Length: ")
            appendInteger(request.body.count, to: &out)
            add("\r\n")
        }
        add("\r\n")
        out.append(contentsOf: request.body)
    }

    static func isHopByHop(_ name: String) -> Bool { hopByHop.contains { Headers.equal($0, name) } }
}
