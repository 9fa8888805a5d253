import HTTP
@testable import HTTPClient
import Runtime
import Testing

/// Bytes of a peer, with no socket in between.
@Suite struct ResponseParserTests {
    init() { EventLoop.runInBackground() }

    private static let first = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"

    @LoopActor private func feed(_ parser: ResponseParser, _ text: String) -> Bool {
        Array(text.utf8).withUnsafeBytes { parser.feed($0) }
    }

    @Test(arguments: [
        "", "x", "HTTP/1.1 403 No\r\nContent-Type: text/html\r\nX-Second: 1\r\nContent-Length: 3\r\n\r\nbad",
    ]) @LoopActor func aResponseEndsWhereItEnds(_ more: String) {
        let parser = ResponseParser()
        parser.reset(isHead: false)
        #expect(feed(parser, Self.first + more))
        #expect(parser.isComplete && parser.status == 200 && parser.body == Array("ok".utf8))
        #expect(parser.contentType == "text/plain" && parser.headers["X-Second"] == nil)
        // Nobody asked for what follows: the connection is of no more use.
        #expect(parser.keepsAlive == more.isEmpty)
    }

    @Test @LoopActor func oneParserReadsOneAfterTheOther() {
        let parser = ResponseParser()
        for isHead in [false, true, false] {
            parser.reset(isHead: isHead)
            #expect(feed(parser, isHead ? "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n" : Self.first))
            #expect(parser.isComplete && parser.keepsAlive && parser.body.count == (isHead ? 0 : 2))
        }
        parser.reset(isHead: false)
        let chunks = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"
        #expect(feed(parser, String(chunks.prefix(50))) && !parser.isComplete)
        #expect(feed(parser, String(chunks.dropFirst(50))) && parser.isComplete && parser.keepsAlive)
        parser.reset(isHead: false)
        #expect(feed(parser, "HTTP/1.1 200 OK\r\n\r\nto the end") && !parser.isComplete)
        #expect(parser.finish() && parser.body == Array("to the end".utf8) && !parser.keepsAlive)
    }
}
