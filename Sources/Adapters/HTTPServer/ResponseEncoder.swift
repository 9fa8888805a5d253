import HTTP
import Market
import Wire

/// Writes answers as HTTP/1.1. What every answer of one second shares is written once.
struct ResponseEncoder {
    /// What a request's head said about its answer.
    struct Wish {
        var isHead = false
        var keepsAlive = true
        /// The caller speaks HTTP/1.0.
        var isOld = false
        var headers = Headers()
    }

    static let proceed = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)

    private let gzipFrom: Int
    private var date: [UInt8] = []
    /// The beginning of an answer with 200 and JSON, up to the length.
    private var commonHead: [UInt8] = []

    init(gzipFrom: Int, now: Timestamp) {
        self.gzipFrom = gzipFrom
        set(now: now)
    }

    /// Writes the date anew; to be called each second.
    mutating func set(now: Timestamp) {
        date = Array("Date: \(HTTPDate.text(now))\r\n".utf8)
        commonHead = Array("HTTP/1.1 200 OK\r\n".utf8) + date + Array("Content-Type: application/json\r\nContent-Length: ".utf8)
    }

    /// Appends one answer; a body that long is not copied but given back, to be sent behind the rest.
    @discardableResult func append(
        _ response: Response, _ wish: Wish, to out: inout [UInt8], apartFrom limit: Int = .max
    ) -> [UInt8] {
        let packed = compressed(response, wish)
        let count = packed?.count ?? response.body.count
        if response.status == 200 && response.contentType == "application/json" {
            out.append(contentsOf: commonHead)
            appendInteger(count, to: &out)
            out.append(contentsOf: Self.lineEnd)
        } else {
            appendHead(response, count, to: &out)
        }
        if packed != nil { Self.add("Content-Encoding: gzip\r\nVary: Accept-Encoding\r\n", to: &out) }
        for field in response.headers.fields { Self.append(field.name, field.value, to: &out) }
        if !wish.keepsAlive {
            Self.add("Connection: close\r\n", to: &out)
        } else if wish.isOld {
            Self.add("Connection: keep-alive\r\n", to: &out)
        }
        out.append(contentsOf: Self.lineEnd)
        if wish.isHead { return [] }
        let body = packed ?? response.body
        if body.count >= limit { return body }
        out.append(contentsOf: body)
        return []
    }

    private func appendHead(_ response: Response, _ count: Int, to out: inout [UInt8]) {
        Self.add("HTTP/1.1 ", to: &out)
        appendInteger(response.status, to: &out)
        Self.add(" ", to: &out)
        Self.add(Self.phrase(response.status), to: &out)
        out.append(contentsOf: Self.lineEnd)
        out.append(contentsOf: date)
        if !response.contentType.isEmpty { Self.append("Content-Type", response.contentType, to: &out) }
        if response.status == 204 || response.status == 304 { return }
        Self.add("Content-Length: ", to: &out)
        appendInteger(count, to: &out)
        out.append(contentsOf: Self.lineEnd)
    }

    /// The 101 after which the connection is a WebSocket.
    func appendSwitch(accept: String, requestID: String, to out: inout [UInt8]) {
        Self.add("HTTP/1.1 101 Switching Protocols\r\n", to: &out)
        out.append(contentsOf: date)
        Self.add("Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: \(accept)\r\n", to: &out)
        Self.append("X-Request-ID", requestID, to: &out)
        out.append(contentsOf: Self.lineEnd)
    }

    private func compressed(_ response: Response, _ wish: Wish) -> [UInt8]? {
        guard response.body.count >= gzipFrom, response.headers["Content-Encoding"] == nil,
              let accepted = wish.headers["Accept-Encoding"], Gzip.isAccepted(accepted) else { return nil }
        return Gzip.compress(response.body)
    }

    // MARK: Fields

    private static let lineEnd: [UInt8] = [13, 10]
    /// Written here and by nobody else.
    private static let own = ["date", "connection", "content-length", "transfer-encoding"]

    private static func add(_ text: String, to out: inout [UInt8]) { out.append(contentsOf: text.utf8) }

    /// Appends a field. One that would break the answer in two is left out, and so is what only we may write.
    private static func append(_ name: String, _ value: String, to out: inout [UInt8]) {
        let size = name.utf8.count
        if size == 4 || size == 10 || size == 14 || size == 17, own.contains(where: { Headers.equal($0, name) }) { return }
        let start = out.count
        out.append(contentsOf: name.utf8)
        out.append(UInt8(ascii: ":"))
        out.append(32)
        out.append(contentsOf: value.utf8)
        let isClean = out[start...].allSatisfy(Octet.isFieldContent)
        if isClean { out.append(contentsOf: lineEnd) } else { out.removeLast(out.count - start) }
    }

    static func phrase(_ status: Int) -> String {
        switch status {
        case 200: "OK"
        case 201: "Created"
        case 202: "Accepted"
        case 204: "No Content"
        case 206: "Partial Content"
        case 301: "Moved Permanently"
        case 302: "Found"
        case 303: "See Other"
        case 304: "Not Modified"
        case 307: "Temporary Redirect"
        case 308: "Permanent Redirect"
        default: Problem.title(of: status)
        }
    }
}

/// Times as HTTP writes them (RFC 9110 §5.6.7).
enum HTTPDate {
    private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// `Sun, 06 Nov 1994 08:49:37 GMT`.
    static func text(_ time: Timestamp) -> String {
        let seconds = max(0, Int(time.seconds)), day = seconds / 86_400, clock = seconds % 86_400
        let (year, month, dayOfMonth) = CivilDate.from(days: day)
        func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
        return "\(days[day % 7]), \(two(dayOfMonth)) \(months[month - 1]) \(year) "
            + "\(two(clock / 3600)):\(two(clock / 60 % 60)):\(two(clock % 60)) GMT"
    }
}
