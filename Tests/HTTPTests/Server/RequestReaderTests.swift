import Glibc
import HTTP
@testable import HTTPServer
import Testing

/// The protocol value: bytes in, requests out, with no socket in between.
@Suite struct RequestReaderTests {
    static let limits = RequestReader.Limits(head: 2000, body: 1000)

    /// What came of a stream of bytes, written so that it can be compared.
    static func events(_ pieces: [[UInt8]], _ limits: RequestReader.Limits = limits) -> [String] {
        var reader = RequestReader(limits: limits), events: [String] = [], isRefused = false
        for piece in pieces where !isRefused {
            piece.withUnsafeBytes { bytes in
                var next = 0
                while next < bytes.count {
                    switch reader.next(bytes, &next) {
                    case .more: break
                    case .continueAwaited: events.append("continue")
                    case .request(let incoming): events.append(text(of: incoming))
                    case .refused(let refusal):
                        events.append("\(refusal.status) \(refusal.path)")
                        isRefused = true
                        return
                    }
                }
            }
        }
        if !isRefused && !reader.isEmpty { events.append("more") }
        return events
    }

    static func events(_ text: String) -> [String] { events([Array(text.utf8)]) }

    private static func text(of incoming: RequestReader.Incoming) -> String {
        let request = incoming.request
        let fields = request.headers.fields.map { "\($0.name)=\($0.value)" }.joined(separator: ",")
        return "\(incoming.isKnownMethod ? request.method.rawValue : incoming.methodText) \(request.path)|\(request.query)|"
            + "\(fields)|\(String(decoding: request.body, as: UTF8.self))|\(incoming.keepsAlive)"
    }

    private static let stream = "\r\nGET /a?b=c HTTP/1.1\r\nHost: h\r\nX-Empty:\r\nX-Odd: \t v w \t\r\n\r\n"
        + "POST /b HTTP/1.1\r\nhost:h\r\nContent-Length: 5\r\n\r\nhelloPUT /c HTTP/1.1\r\nHost: h\r\n"
        + "Transfer-Encoding: Chunked\r\n\r\n3;x=\"y\"\r\nabc\r\n0A\r\n0123\r\n6789\r\n0\r\nX-Trailer: t\r\n\r\n"
        + "BREW / HTTP/1.1\r\nHost: h\r\nConnection: a, close\r\n\r\n"
        + "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\nGET /d HTTP/1.1\r\nHos"

    private static let expected = [
        "GET /a|b=c|Host=h,X-Empty=,X-Odd=v w||true", "POST /b||host=h,Content-Length=5|hello|true",
        "PUT /c||Host=h,Transfer-Encoding=Chunked|abc0123\r\n6789|true", "BREW /||Host=h,Connection=a, close||false",
        "GET /||Connection=Keep-Alive||true", "more",
    ]

    /// Two keys that differ in bytes which are no text would be one key, and the second request never carried out.
    @Test func fieldsThatIdentifyAreTextAndThereIsOneOfEach() {
        func events(_ fields: [UInt8]) -> [String] {
            Self.events([Array("POST /a HTTP/1.1\r\nHost: h\r\n".utf8) + fields + Array("\r\n\r\n".utf8)])
        }
        for name in ["Idempotency-Key", "X-API-Key", "content-type", "ORIGIN", "Authorization"] {
            let once = Array("\(name): k".utf8)
            #expect(events(once).first?.hasPrefix("POST /a") == true)
            #expect(events(once + Array("\r\n\(name.lowercased()): k".utf8)) == ["400 /a"], "\(name)")
            for bytes in [[0xff], [0xfe], [0xc3], [0xed, 0xa0, 0x80]] as [[UInt8]] {
                #expect(events(once + bytes) == ["400 /a"], "\(name) \(bytes)")
            }
        }
        #expect(events(Array("Idempotency-Key: k\u{e9}".utf8)).first?.contains("Idempotency-Key=k\u{e9}") == true)
        // Of others there may be several, in whatever bytes.
        #expect(events(Array("X-A: ".utf8) + [0xff] + Array("\r\nX-A: b".utf8)).first?.hasPrefix("POST /a") == true)
    }

    @Test func howBytesAreCutMakesNoDifference() {
        let bytes = Array(Self.stream.utf8)
        #expect(Self.events([bytes]) == Self.expected)
        for cut in 1..<bytes.count {
            #expect(Self.events([Array(bytes[..<cut]), Array(bytes[cut...])]) == Self.expected, "cut at \(cut)")
        }
        for size in [1, 2, 3, 7, 16] {
            let pieces = stride(from: 0, to: bytes.count, by: size).map { Array(bytes[$0..<min($0 + size, bytes.count)]) }
            #expect(Self.events(pieces) == Self.expected, "pieces of \(size)")
        }
    }

    @Test func aCallerThatWaitsIsToldToSendItsBody() {
        let head = Array("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\n".utf8)
        let whole = "POST /||Host=h,Expect=100-Continue,Content-Length=2|ok|true"
        #expect(Self.events([head, Array("ok".utf8)]) == ["continue", whole])
        #expect(Self.events([head + Array("ok".utf8)]) == [whole])
        #expect(Self.events("GET / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n\r\n").count == 1)
        #expect(Self.events("GET / HTTP/1.1\r\nHost: h\r\nExpect: tea\r\n\r\n") == ["417 /"])
    }

    /// Each of these is read in two ways by some pair of servers.
    @Test(arguments: [
        ("Content-Length: 3\r\nTransfer-Encoding: chunked", 400), ("Transfer-Encoding: chunked\r\nContent-Length: 3", 400),
        ("Content-Length: 3\r\nContent-Length: 3", 400), ("Content-Length: 3, 3", 400), ("Content-Length: +3", 400),
        ("Content-Length: -3", 400), ("Content-Length: 0x3", 400), ("Content-Length: 3 3", 400), ("Content-Length:", 400),
        ("Content-Length: 9999999999999999999", 400), ("Content-Length : 3", 400), ("Content-Length\t: 3", 400),
        ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", 400), ("Transfer-Encoding: gzip, chunked", 501),
        ("Transfer-Encoding: xchunked", 501), ("Transfer-Encoding: \u{b}chunked", 400), ("Transfer-Encoding:", 501),
        ("Transfer-Encoding: identity", 501), ("X: a\r\n b", 400), ("X: a\r\n\tb", 400), (" X: a", 400), ("X: a\nY: b", 400),
        ("X: a\rY: b", 400), ("X: a\0b", 400), ("X", 400), (": a", 400), ("X\u{e9}: a", 400), ("X: a\u{7f}", 400),
        ("Host: other", 400), ("Content-Length: 1001", 413), ("Connection: close, X-API-Key", 400),
        ("Connection: x-actor", 400), ("Connection: Authorization", 400), ("Connection: keep-alive,Host", 400),
        ("Connection: close\r\nConnection: Idempotency-Key", 400), ("Connection: Content-Type", 400),
    ]) func whatCouldBeReadInTwoWaysIsRefused(_ fields: String, _ status: Int) {
        let text = "POST /p HTTP/1.1\r\nHost: h\r\n\(fields)\r\n\r\n"
        let whole = Self.events(text)
        #expect(whole.count == 1)
        #expect(whole.first?.hasPrefix("\(status) ") == true, "\(whole)")
        let bytes = Array(text.utf8)
        for cut in 1..<bytes.count {
            let events = Self.events([Array(bytes[..<cut]), Array(bytes[cut...])])
            #expect(events == whole, "cut at \(cut)")
        }
    }

    @Test(arguments: [
        ("GET / HTTP/1.1\nHost: h\n\n", 400), ("GET / HTTP/1.1\r\nHost: h\n\r\n", 400), ("\nGET / HTTP/1.1\r\n", 400),
        ("GET  / HTTP/1.1\r\nHost: h\r\n\r\n", 400), ("GET / x HTTP/1.1\r\nHost: h\r\n\r\n", 400), ("GET /\r\n\r\n", 400),
        ("GET\t/ HTTP/1.1\r\nHost: h\r\n\r\n", 400), ("G(T / HTTP/1.1\r\nHost: h\r\n\r\n", 400), (" / HTTP/1.1\r\n\r\n", 400),
        ("GET / HTTP/1.1 \r\nHost: h\r\n\r\n", 400), ("GET / http/1.1\r\nHost: h\r\n\r\n", 400),
        ("GET / HTTP/1.2\r\nHost: h\r\n\r\n", 505), ("GET / HTTP/2.0\r\nHost: h\r\n\r\n", 505),
        ("GET /\u{1} HTTP/1.1\r\nHost: h\r\n\r\n", 400), ("GET / HTTP/1.1\r\n\r\n", 400),
        ("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400), ("\u{16}\u{3}\u{1}\r\n\r\n", 400),
    ]) func aBrokenHeadIsRefused(_ text: String, _ status: Int) {
        let events = Self.events(text)
        #expect(events.count == 1)
        #expect(events.first?.hasPrefix("\(status) ") == true, "\(events)")
    }

    @Test(arguments: [
        ("3\nabc\r\n0\r\n\r\n", 400), ("3\r\nabcX\r\n0\r\n\r\n", 400), ("3\r\nab\r\n0\r\n\r\n", 400), ("\r\nabc\r\n", 400),
        ("3 \r\nabc\r\n0\r\n\r\n", 400), ("0x3\r\nabc\r\n0\r\n\r\n", 400), ("-3\r\nabc\r\n", 400), ("+3\r\nabc\r\n", 400),
        ("3\rXabc\r\n0\r\n\r\n", 400), ("3\r\nabc\n0\r\n\r\n", 400), ("3\r\nabc\r\n0\r\n\n", 400), ("g\r\n", 400),
        ("3;a\nb\r\nabc\r\n0\r\n\r\n", 400), ("0\r\nX: y\r\n z\r\n\r\n", 400), ("0\r\nX y\r\n\r\n", 400), ("0\r\n\rX", 400),
        ("3e9\r\n", 413), ("ffffffffffffffffffff\r\n", 413), ("1;\(String(repeating: "x", count: 5000))\r\n", 400),
        ("0\r\n\(String(repeating: "X: y\r\n", count: 1000))\r\n", 400),
    ]) func brokenChunksAreRefused(_ body: String, _ status: Int) {
        let head = "POST /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
        #expect(Self.events(head + body) == ["\(status) /p"])
        let bytes = Array((head + body).utf8)
        #expect(Self.events(bytes.map { [$0] }) == ["\(status) /p"])
    }

    @Test(arguments: [
        ("http://h:80/a?b=c", "GET /a|b=c|Host=h:80||true"), ("HTTP://h", "GET /||Host=h||true"),
        ("https://h?b", "GET /|b|Host=h||true"), ("http://[::1]:8001/a", "GET /a||Host=[::1]:8001||true"),
        ("http:///a", "400 /"), ("http://u@h/a", "400 /"), ("ftp://h/a", "GET ftp://h/a||Host=other||true"),
    ]) func theAuthorityOfAnAbsoluteTargetStandsForHost(_ target: String, _ event: String) {
        #expect(Self.events("GET \(target) HTTP/1.1\r\nHost: other\r\n\r\n") == [event])
    }

    @Test func aRefusalKnowsWhoAskedWhereThatCame() {
        func id(_ text: String) -> String? {
            var reader = RequestReader(limits: Self.limits)
            return Array(text.utf8).withUnsafeBytes { bytes in
                var next = 0
                guard case .refused(let refusal) = reader.next(bytes, &next) else { return nil }
                return refusal.headers["X-Request-ID"]
            }
        }
        let field = "x-request-id:\t r1 \r\n"
        #expect(id("GET / HTTP/1.1\r\nHost: h\r\n\(field) X: folded\r\n\r\n") == "r1")
        #expect(id("GET / HTTP/9.9\r\n\(field)\r\n") == "r1")
        #expect(id("GET / HTTP/1.1\r\n\(field)Host: h\n\r\n") == "r1")
        #expect(id("POST / HTTP/1.1\r\n\(field)Host: h\r\nContent-Length: 5000\r\n\r\n") == "r1")
        #expect(id("POST / HTTP/1.1\r\n\(field)Host: h\r\nTransfer-Encoding: chunked\r\n\r\nfff\r\n") == "r1")
        #expect(id("GET / HTTP/1.1\r\n\(field)X: \(String(repeating: "x", count: 3000))\r\n") == "r1")
        #expect(id("GET / HTTP/1.1\r\nX-Request-ID: a\0b\r\n\r\n") == nil)
    }

    @Test func whatIsTooLongIsRefusedWhereverItIsCut() {
        let line = "GET /" + String(repeating: "x", count: 3000) + " HTTP/1.1\r\nHost: h\r\n\r\n"
        let field = "GET / HTTP/1.1\r\nHost: h\r\nX: " + String(repeating: "x", count: 3000) + "\r\n\r\n"
        let many = "GET / HTTP/1.1\r\nHost: h\r\n" + String(repeating: "a:\r\n", count: 300) + "\r\n"
        for (text, status) in [(line, 414), (field, 431), (many, 431)] {
            let bytes = Array(text.utf8)
            for pieces in [[bytes], bytes.map { [$0] }, [Array(bytes[..<1000]), Array(bytes[1000...])]] {
                #expect(Self.events(pieces).first?.hasPrefix("\(status) ") == true)
            }
        }
    }

    /// `NAUTILUS_TEST_FUZZ_ROUNDS` asks for more.
    private static let rounds = getenv("NAUTILUS_TEST_FUZZ_ROUNDS").flatMap { Int(String(cString: $0)) } ?? 2000

    /// Bytes changed at random: whatever comes out, cutting them elsewhere must not change it.
    @Test func changedBytesAreReadTheSameHoweverTheyAreCut() {
        let seeds = [
            Self.stream, "POST /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
            "POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabcGET / HTTP/1.1\r\nHost: h\r\n\r\n",
        ].map { Array($0.utf8) }
        let odd: [UInt8] = [0, 9, 10, 13, 32, 44, 48, 58, 59, 127, 255]
        var state: UInt64 = 0x9e37_79b9_7f4a_7c15
        func random(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(bound))
        }
        var refused = 0, read = 0
        for _ in 0..<Self.rounds {
            var bytes = seeds[random(seeds.count)]
            for _ in 0...random(4) {
                let place = random(bytes.count)
                switch random(4) {
                case 0: bytes[place] = odd[random(odd.count)]
                case 1: bytes.insert(odd[random(odd.count)], at: place)
                case 2: bytes.remove(at: place)
                default: bytes.replaceSubrange(place..<place, with: bytes[place..<min(bytes.count, place + random(30))])
                }
            }
            let whole = Self.events([bytes]), cut = random(bytes.count)
            let parts = Self.events([Array(bytes[..<cut]), Array(bytes[cut...])])
            #expect(whole == parts)
            if whole.last?.hasPrefix("400 ") == true { refused += 1 } else { read += 1 }
        }
        #expect(refused > 0 && read > 0)
    }
}
