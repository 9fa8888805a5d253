import HTTP
@testable import HTTPServer
import Market
import Testing

/// What an answer looks like on the wire.
@Suite struct ResponseEncoderTests {
    private static let time = Timestamp(seconds: 784_111_777)
    private static let date = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"

    private static func text(_ response: Response, _ wish: ResponseEncoder.Wish = .init()) -> String {
        var out: [UInt8] = []
        ResponseEncoder(gzipFrom: 1 << 20, now: time).append(response, wish, to: &out)
        return String(decoding: out, as: UTF8.self)
    }

    @Test func anAnswerIsStatusDateFieldsAndBody() {
        #expect(Self.text(Response(headers: ["X-A": "b"], body: Array("{}".utf8))) ==
            "HTTP/1.1 200 OK\r\n\(Self.date)Content-Type: application/json\r\nContent-Length: 2\r\nX-A: b\r\n\r\n{}")
        #expect(Self.text(Response(status: 404, contentType: "text/plain", body: [97]), .init(keepsAlive: false)) ==
            "HTTP/1.1 404 Not Found\r\n\(Self.date)Content-Type: text/plain\r\nContent-Length: 1\r\n"
            + "Connection: close\r\n\r\na")
        #expect(Self.text(.empty()) == "HTTP/1.1 204 No Content\r\n\(Self.date)\r\n")
        #expect(Self.text(Response(body: [49]), .init(isHead: true, isOld: true)) ==
            "HTTP/1.1 200 OK\r\n\(Self.date)Content-Type: application/json\r\nContent-Length: 1\r\n"
            + "Connection: keep-alive\r\n\r\n")
    }

    @Test func aFieldCannotBreakTheAnswerInTwoOrContradictIt() {
        let headers: Headers = ["X-A": "b\r\nSet-Cookie: c", "X-B\r\nX-C": "d", "content-length": "7", "Connection": "x",
            "Transfer-Encoding": "chunked", "Date": "now", "Vary": "Origin"]
        #expect(Self.text(Response(headers: headers, body: [])) ==
            "HTTP/1.1 200 OK\r\n\(Self.date)Content-Type: application/json\r\nContent-Length: 0\r\nVary: Origin\r\n\r\n")
    }

    @Test func datesAreWrittenAsHTTPWantsThem() {
        #expect(HTTPDate.text(Timestamp(seconds: 0)) == "Thu, 01 Jan 1970 00:00:00 GMT")
        #expect(HTTPDate.text(Timestamp(seconds: 1_709_251_199)) == "Thu, 29 Feb 2024 23:59:59 GMT")
    }
}
