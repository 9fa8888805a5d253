import Glibc
import HTTP

/// Turns the bytes of one connection into requests, however they are cut. A value: it reads no socket and keeps nothing
/// between two requests.
struct RequestReader {
    struct Limits {
        /// Bytes of a request line and its header fields; more is 414 or 431.
        var head: Int
        /// Bytes of a body; more is 413.
        var body: Int
    }

    /// A whole request and what its head said of the connection.
    struct Incoming {
        let request: Request
        /// Whether the method is one of ours, and how it was written where it is not.
        let isKnownMethod: Bool, methodText: String
        let keepsAlive: Bool, isOld: Bool
    }

    /// What the bytes led to.
    enum Step {
        /// All were taken and more are needed.
        case more
        /// The caller waits to be told to send the body.
        case continueAwaited
        case request(Incoming)
        /// Nothing more is read from this connection.
        case refused(Refusal)
    }

    private enum Phase { case head, body, refused }

    private let limits: Limits
    private var phase = Phase.head
    private var scanner = HeadScanner()
    /// The beginning of a head whose end has not come.
    private var partial: [UInt8] = []
    private var head: RequestHead?
    private var body: [UInt8] = []
    private var missing = 0
    private var chunks: ChunkDecoder?

    init(limits: Limits) { self.limits = limits }

    /// Whether nothing of a next request has come.
    var isEmpty: Bool { phase == .head && scanner.count == 0 }

    /// Takes bytes from `next` on, up to the end of one request at most.
    mutating func next(_ bytes: UnsafeRawBufferPointer, _ next: inout Int) -> Step {
        do throws(Refusal) {
            switch phase {
            case .head: return try readHead(bytes, &next)
            case .body: return try readBody(bytes, &next)
            case .refused: return .more
            }
        } catch {
            phase = .refused
            partial = []
            body = []
            return .refused(error)
        }
    }

    // MARK: Head

    private mutating func readHead(_ bytes: UnsafeRawBufferPointer, _ next: inout Int) throws(Refusal) -> Step {
        while true {
            let start = next, isWhole: Bool
            do throws(Refusal) {
                isWhole = try scan(bytes, &next)
            } catch {
                partial.append(contentsOf: bytes.part(start, min(bytes.count, start + limits.head)))
                throw Refusal(status: error.status, detail: error.detail,
                              headers: partial.withUnsafeBytes { RequestHead.remains(of: $0) })
            }
            if !isWhole {
                partial.append(contentsOf: bytes.part(start, next))
                return .more
            }
            // Empty lines before a request are passed over (RFC 9112 §2.2).
            let isEmptyLine = scanner.count == 2
            scanner = HeadScanner()
            if isEmptyLine {
                partial = []
                continue
            }
            if partial.isEmpty { return try begin(RequestHead(bytes.part(start, next)), bytes, &next) }
            partial.append(contentsOf: bytes.part(start, next))
            let whole = partial
            partial = []
            return try begin(Self.parse(whole), bytes, &next)
        }
    }

    /// Looks for the end of the head, which must not be too far.
    private mutating func scan(_ bytes: UnsafeRawBufferPointer, _ next: inout Int) throws(Refusal) -> Bool {
        let isWhole = try scanner.scan(bytes, &next)
        if scanner.count <= limits.head { return isWhole }
        throw scanner.firstLine == 0 || scanner.firstLine > limits.head
            ? Refusal(status: 414, detail: "the request line is too long")
            : Refusal(status: 431, detail: "the header fields may have at most \(limits.head) bytes")
    }

    private static func parse(_ bytes: [UInt8]) throws(Refusal) -> RequestHead {
        let result: Result<RequestHead, Refusal> = bytes.withUnsafeBytes { bytes in
            do throws(Refusal) { return .success(try RequestHead(bytes)) } catch { return .failure(error) }
        }
        return try result.get()
    }

    /// The head is there: what of the body?
    private mutating func begin(
        _ head: RequestHead, _ bytes: UnsafeRawBufferPointer, _ next: inout Int
    ) throws(Refusal) -> Step {
        switch head.framing {
        case .none: return .request(Self.incoming(head, []))
        case .length(let length):
            if length > limits.body {
                throw Refusal(status: 413, detail: ChunkDecoder.tooLarge(limits.body).detail, path: head.path,
                              headers: head.headers)
            }
            if length <= bytes.count - next {
                let body = [UInt8](bytes.part(next, next + length))
                next += length
                return .request(Self.incoming(head, body))
            }
            missing = length
            // Reserved as it comes: a length alone must not cost memory.
            body.reserveCapacity(min(length, 1 << 18))
        case .chunked: chunks = ChunkDecoder()
        }
        self.head = head
        phase = .body
        if next == bytes.count { return head.expectsContinue ? .continueAwaited : .more }
        return try readBody(bytes, &next)
    }

    // MARK: Body

    private mutating func readBody(_ bytes: UnsafeRawBufferPointer, _ next: inout Int) throws(Refusal) -> Step {
        guard let head else { return .more }
        if chunks != nil {
            do throws(Refusal) {
                guard try chunks?.take(bytes, &next, into: &body, limit: limits.body) == true else { return .more }
            } catch {
                throw Refusal(status: error.status, detail: error.detail, path: head.path, headers: head.headers)
            }
        } else {
            let count = min(missing, bytes.count - next)
            body.append(contentsOf: bytes.part(next, next + count))
            next += count
            missing -= count
            if missing > 0 { return .more }
        }
        let whole = body
        body = []
        chunks = nil
        self.head = nil
        phase = .head
        return .request(Self.incoming(head, whole))
    }

    private static func incoming(_ head: RequestHead, _ body: [UInt8]) -> Incoming {
        Incoming(
            request: Request(
                method: head.method ?? .get, path: head.path, query: head.query, headers: head.headers, body: body),
            isKnownMethod: head.method != nil, methodText: head.methodText, keepsAlive: head.keepsAlive, isOld: head.isOld)
    }
}

/// Looks for the empty line that ends a head, over any number of pieces; a line that does not end in CR LF is refused.
struct HeadScanner {
    /// Bytes seen so far.
    private(set) var count = 0
    /// Length of the first line with its end; 0 until that has come.
    private(set) var firstLine = 0
    private var line = 0
    private var last: UInt8 = 0

    /// True where the head ended; `next` is then behind it.
    mutating func scan(_ bytes: UnsafeRawBufferPointer, _ next: inout Int) throws(Refusal) -> Bool {
        guard let base = bytes.baseAddress else { return false }
        while next < bytes.count {
            guard let found = memchr(base + next, 10, bytes.count - next) else {
                count += bytes.count - next
                line += bytes.count - next
                last = bytes[bytes.count - 1]
                next = bytes.count
                return false
            }
            let end = UnsafeRawPointer(found) - base
            if end > next { last = bytes[end - 1] }
            guard line + end - next > 0, last == 13 else { throw .malformed("a line of the head does not end in CR LF") }
            let length = line + end - next + 1
            count += end - next + 1
            if firstLine == 0 { firstLine = length }
            next = end + 1
            line = 0
            if length == 2 { return true }
        }
        return false
    }
}
