import Glibc
import HTTP

/// What is refused before any route is asked: the connection is closed after the answer.
struct Refusal: Error {
    let status: Int, detail: String
    /// The path, where it was read by then.
    var path = "/"
    /// Of the header fields those that an answer depends on, where they were there by then.
    var headers = Headers()

    static func malformed(_ detail: String) -> Refusal { Refusal(status: 400, detail: detail) }
}

/// The head of one request, read strictly (RFC 9112). What two readers could understand differently is refused: that is
/// what keeps a request from being smuggled past a proxy in front of us.
struct RequestHead {
    /// How the end of the body is found.
    enum Framing: Equatable { case none, length(Int), chunked }

    /// Header fields of one request; more are 431.
    static let fieldLimit = 200

    private(set) var method: HTTP.Method?
    /// The method as sent, where it is none that is known.
    private(set) var methodText = ""
    private(set) var path = "", query = ""
    private(set) var headers = Headers(capacity: 8)
    private(set) var framing = Framing.none
    /// Whether the connection may carry another request.
    private(set) var keepsAlive = true
    /// Whether the caller speaks HTTP/1.0, which has no chunks and closes unless asked not to.
    private(set) var isOld = false
    /// Whether the caller waits for a word before it sends the body.
    private(set) var expectsContinue = false

    /// The host and port of a target in absolute form.
    private var authority: String?
    private var hosts = 0, lengths = 0, encodings = 0, expectations = 0
    /// A bit for each of `single` that was there.
    private var seen = 0

    /// Reads a whole head: lines that end in CR LF, the last of them empty.
    init(_ bytes: UnsafeRawBufferPointer) throws(Refusal) {
        var rest = bytes
        let first = Self.line(&rest)
        do throws(Refusal) {
            try readRequestLine(first)
            while rest.count > 2 { try readField(Self.line(&rest)) }
            try check()
        } catch {
            throw Refusal(status: error.status, detail: error.detail, path: path.isEmpty ? "/" : path,
                          headers: Self.remains(of: bytes))
        }
        // The target's own authority counts, whatever Host says (RFC 9112 §3.2.2).
        if let authority { headers.set("Host", authority) }
    }

    /// What can be told of a head that is broken or not whole: the fields that every answer depends on.
    static func remains(of bytes: UnsafeRawBufferPointer) -> Headers {
        var found = Headers()
        for line in bytes.split(separator: 10) {
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { continue }
            let name = UnsafeRawBufferPointer(rebasing: line[..<colon])
            guard name.isWord("x-request-id") || name.isWord("origin") else { continue }
            var value = UnsafeRawBufferPointer(rebasing: line[(colon + 1)...])
            if value.last == 13 { value = value.part(0, value.count - 1) }
            if value.allSatisfy(Octet.isFieldContent) { found.add(name.text, value.trimmed.text) }
        }
        return found
    }

    /// Takes one line from the front; without its CR LF.
    private static func line(_ rest: inout UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        guard let base = rest.baseAddress, let end = memchr(base, 10, rest.count) else { return rest }
        let count = UnsafeRawPointer(end) - base
        defer { rest = UnsafeRawBufferPointer(start: base + count + 1, count: rest.count - count - 1) }
        return UnsafeRawBufferPointer(start: base, count: max(0, count - 1))
    }

    // MARK: Request line

    private mutating func readRequestLine(_ line: UnsafeRawBufferPointer) throws(Refusal) {
        guard let afterMethod = line.firstIndex(of: 32), afterMethod > 0,
              let afterTarget = line[(afterMethod + 1)...].firstIndex(of: 32), afterTarget > afterMethod + 1 else {
            throw .malformed("the request line is method, target and version with a space between")
        }
        try readVersion(line.part(afterTarget + 1, line.count))
        let verb = line.part(0, afterMethod)
        guard verb.count <= 32, verb.allSatisfy(Octet.isToken) else { throw .malformed("the method is no token") }
        if verb.isText("GET") { method = .get } else if verb.isText("POST") { method = .post } else {
            methodText = verb.text
            method = HTTP.Method(rawValue: methodText)
        }
        let target = line.part(afterMethod + 1, afterTarget)
        guard target.allSatisfy({ $0 > 32 && $0 != 127 }) else { throw .malformed("the target has a control character") }
        if target[0] == UInt8(ascii: "/") { readTarget(target) } else { try readAbsolute(target) }
    }

    /// A target that is a whole URI, as a client writes it that takes us for a proxy.
    private mutating func readAbsolute(_ target: UnsafeRawBufferPointer) throws(Refusal) {
        let schemes: [StaticString] = ["http://", "https://"]
        guard let scheme = schemes.first(where: { scheme in
            target.count > scheme.utf8CodeUnitCount && target.part(0, scheme.utf8CodeUnitCount).isWord(scheme)
        }) else { return readTarget(target) }
        let rest = target.part(scheme.utf8CodeUnitCount, target.count)
        let end = rest.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? rest.count
        let host = rest.part(0, end)
        guard end > 0, !host.contains(UInt8(ascii: "@")), !host.contains(UInt8(ascii: "#")) else {
            throw .malformed("the target names no host")
        }
        authority = host.text
        readTarget(rest.part(end, rest.count))
        if path.isEmpty { path = "/" }
    }

    private mutating func readTarget(_ target: UnsafeRawBufferPointer) {
        if let mark = target.firstIndex(of: UInt8(ascii: "?")) {
            path = target.part(0, mark).text
            query = target.part(mark + 1, target.count).text
        } else {
            path = target.text
        }
    }

    private mutating func readVersion(_ version: UnsafeRawBufferPointer) throws(Refusal) {
        if version.isText("HTTP/1.1") { return }
        if version.isText("HTTP/1.0") {
            isOld = true
            keepsAlive = false
            return
        }
        let isVersion = version.count == 8 && version.part(0, 5).isText("HTTP/") && Octet.isDigit(version[5])
            && version[6] == UInt8(ascii: ".") && Octet.isDigit(version[7])
        throw isVersion ? Refusal(status: 505, detail: "this server speaks HTTP/1.1")
            : .malformed("the request line does not end in a version of HTTP")
    }

    // MARK: Fields

    private mutating func readField(_ line: UnsafeRawBufferPointer) throws(Refusal) {
        var colon = 0
        while colon < line.count, Octet.isToken(line[colon]) { colon += 1 }
        guard colon > 0, colon < line.count, line[colon] == UInt8(ascii: ":") else {
            throw .malformed("a header field is a name, a colon and a value on one line")
        }
        var start = colon + 1, end = line.count
        while start < end, Octet.isBlank(line[start]) { start += 1 }
        while end > start, Octet.isBlank(line[end - 1]) { end -= 1 }
        let name = line.part(0, colon), value = line.part(start, end)
        guard value.allSatisfy(Octet.isFieldContent) else { throw .malformed("a header field has a control character") }
        if headers.fields.count >= Self.fieldLimit {
            throw Refusal(status: 431, detail: "a request may have at most \(Self.fieldLimit) header fields")
        }
        headers.add(name.text, value.text)
        try heed(name, value)
        try heedSingle(name, value)
    }

    /// Fields that there is one of, and of which the whole value counts: two, or bytes that are no text and would be
    /// read as others are, could be taken for another caller's.
    private static let single: [StaticString] = [
        "origin", "x-api-key", "content-type", "authorization", "idempotency-key",
    ]

    private mutating func heedSingle(
        _ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer
    ) throws(Refusal) {
        guard let place = Self.single.firstIndex(where: { name.isWord($0) }) else { return }
        guard seen & 1 << place == 0 else { throw .malformed("there are two fields \(name.text)") }
        seen |= 1 << place
        if !value.allSatisfy({ $0 < 128 }) && String(validating: value, as: UTF8.self) == nil {
            throw .malformed("\(name.text) is no UTF-8")
        }
    }

    /// Fields that rule the connection.
    private mutating func heed(
        _ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer
    ) throws(Refusal) {
        switch name.count {
        case 4 where name.isWord("host"): hosts += 1
        case 6 where name.isWord("expect"):
            expectations += 1
            guard value.isWord("100-continue") else { throw Refusal(status: 417, detail: "only 100-continue may be expected") }
            expectsContinue = true
        case 10 where name.isWord("connection"): try readConnection(value)
        case 14 where name.isWord("content-length"):
            lengths += 1
            guard (1...18).contains(value.count), value.allSatisfy(Octet.isDigit) else {
                throw .malformed("Content-Length is no number of bytes")
            }
            framing = .length(value.reduce(0) { $0 * 10 + Int($1 - 48) })
        case 17 where name.isWord("transfer-encoding"):
            encodings += 1
            guard value.isWord("chunked") else { throw Refusal(status: 501, detail: "the only transfer coding is chunked") }
        default: break
        }
    }

    private mutating func readConnection(_ value: UnsafeRawBufferPointer) throws(Refusal) {
        for option in value.split(separator: UInt8(ascii: ",")) {
            let word = UnsafeRawBufferPointer(rebasing: option).trimmed
            if word.isWord("close") {
                keepsAlive = false
            } else if word.isWord("keep-alive") {
                if isOld { keepsAlive = true }
            } else if Headers.isEndToEnd(word.text) {
                throw .malformed("Connection names \(word.text), which is not a matter of one connection")
            }
        }
    }

    private mutating func check() throws(Refusal) {
        if lengths > 1 { throw .malformed("there are two fields Content-Length") }
        if encodings > 1 { throw .malformed("there are two fields Transfer-Encoding") }
        if encodings > 0 && lengths > 0 { throw .malformed("Content-Length and Transfer-Encoding exclude each other") }
        if encodings > 0 && isOld { throw .malformed("HTTP/1.0 has no Transfer-Encoding") }
        if hosts > 1 || hosts == 0 && !isOld { throw .malformed("a request has one field Host") }
        if encodings > 0 { framing = .chunked }
        if framing == .none || framing == .length(0) || isOld { expectsContinue = false }
    }
}

/// What bytes may stand where (RFC 9110 §5.6).
enum Octet {
    /// One bit for each byte below 128 that may stand in a token.
    private static let low: UInt64 = 0x03ff_6cfa_0000_0000, high: UInt64 = 0x57ff_ffff_c7ff_fffe

    static func isToken(_ byte: UInt8) -> Bool {
        byte < 128 && (byte < 64 ? low >> UInt64(byte) : high >> UInt64(byte - 64)) & 1 == 1
    }

    static func isDigit(_ byte: UInt8) -> Bool { byte &- 48 < 10 }
    static func isBlank(_ byte: UInt8) -> Bool { byte == 32 || byte == 9 }
    static func isFieldContent(_ byte: UInt8) -> Bool { byte >= 32 && byte != 127 || byte == 9 }
}

extension UnsafeRawBufferPointer {
    func part(_ start: Int, _ end: Int) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: self[start..<end]) }

    var text: String { String(decoding: self, as: UTF8.self) }

    func isText(_ text: StaticString) -> Bool {
        guard count == text.utf8CodeUnitCount, let baseAddress else { return false }
        return memcmp(baseAddress, text.utf8Start, count) == 0
    }

    /// Whether these are the letters of `word`, which is written small, in either case.
    func isWord(_ word: StaticString) -> Bool {
        guard count == word.utf8CodeUnitCount else { return false }
        for index in 0..<count {
            let byte = self[index]
            if (byte &- 65 < 26 ? byte | 32 : byte) != word.utf8Start[index] { return false }
        }
        return true
    }

    var trimmed: UnsafeRawBufferPointer {
        var start = 0, end = count
        while start < end, Octet.isBlank(self[start]) { start += 1 }
        while end > start, Octet.isBlank(self[end - 1]) { end -= 1 }
        return part(start, end)
    }
}
