@testable import Couriers
import EngineKit
import Glibc
import HTTP
import Market
@testable import Risk
import Runtime
import Testing
import TestKit

/// Notices to a real receiver and a real mail server, which check them by themselves.
@Suite(.serialized, .enabled(if: access("/usr/bin/python3", X_OK) == 0, "no Python here")) struct CourierTests {
    init() { EventLoop.runInBackground() }

    private static let secret = "a secret of sixteen letters"

    /// The receiver, a program of its own.
    private final class Sink {
        private let process: ChildProcess
        let web: Int, mail: Int
        /// Ports of encrypted servers by certificate, and the authority's file; where a folder was given.
        let encrypted: JSONTree?

        init(_ folder: TemporaryFolder? = nil) throws {
            let root = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
            process = try ChildProcess(
                "/usr/bin/python3", ["/\(root)/Tests/Python/notice_sink.py", CourierTests.secret]
                    + (folder.map { [$0.path] } ?? []), output: .lines)
            let ports = try JSONTree(Array(try #require(process.readLine()).utf8))
            web = Int(try #require(ports["web"]?.double))
            mail = Int(try #require(ports["mail"]?.double))
            encrypted = ports["tls"]
        }

        func next() throws -> JSONTree { try JSONTree(Array(try #require(process.readLine()).utf8)) }
        func url(_ path: String) -> String { "http://127.0.0.1:\(web)\(path)" }
        deinit { process.kill() }
    }

    private func courier(_ sink: Sink, user: String = "") -> CurlCourier {
        var configuration = CourierConfiguration(secrets: ["an old secret of sixteen", Self.secret])
        configuration.mailURL = "smtp://127.0.0.1:\(sink.mail)"
        configuration.sender = "risk@example.com"
        configuration.user = user
        configuration.password = user.isEmpty ? "" : "pass word"
        configuration.webhookSeconds = 1
        return CurlCourier(configuration)
    }

    private static let time = Timestamp(seconds: 1_704_153_600)

    /// RFC 4231, test case 2.
    @Test func theSignatureIsThatOfTheStandard() {
        let found = WebhookSignature.hmac(Array("what do ya want for nothing?".utf8), key: Array("Jefe".utf8))
        #expect(hexadecimal(found) == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    }

    @Test func aHeaderStaysOneLineAndKeepsItsLetters() {
        #expect(MailText.word("plain") == "plain")
        #expect(MailText.word("two\r\nBcc: x@y") == "two  Bcc: x@y")
        #expect(MailText.word("größer") == "=?UTF-8?B?Z3LDtsOfZXI=?=")
        #expect(MailText.base64(Array("foob".utf8)) == "Zm9vYg==" && MailText.base64(Array("fooba".utf8)) == "Zm9vYmE=")
        #expect(MailText.date(Self.time) == "02 Jan 2024 00:00:00 +0000")
    }

    @Test @LoopActor func aReceiverFindsTheSignatureRight() async throws {
        let sink = try Sink(), courier = courier(sink)
        let outcome = await courier.post(Array(#"{"a":1}"#.utf8), to: sink.url("/ok"), id: "n1", at: Self.time)
        try #require(outcome == .sent)
        let came = try sink.next()
        #expect(came["signed"] == .bool(true) && came["key"]?.text == "n1" && came["timestamp"]?.text == "1704153600")
        let gone = await courier.post(Array("{}".utf8), to: sink.url("/gone"), id: "n2", at: Self.time)
        #expect(gone == .refused("the receiver answered 404"))
        let hung = await courier.post(Array("{}".utf8), to: sink.url("/hang"), id: "n3", at: Self.time)
        #expect(hung == .failed("Timeout was reached"))
        let nobody = await courier.post(Array("{}".utf8), to: "http://127.0.0.1:1/", id: "n4", at: Self.time)
        #expect(nobody == .failed("Couldn't connect to server"))
        let unsigned = CurlCourier(CourierConfiguration())
        guard case .refused = await unsigned.post([], to: sink.url("/ok"), id: "n5", at: Self.time) else {
            Issue.record("sent without a signature")
            return
        }
    }

    @Test func receiversThatHangHoldUpNoOther() async throws {
        let sink = try Sink(), courier = courier(sink), hanging = sink.url("/hang"), good = sink.url("/ok")
        let first = try await withThrowingTaskGroup(of: String.self) { group in
            for number in 0..<4 {
                group.addTask {
                    _ = await courier.post(Array("{}".utf8), to: "\(hanging)?\(number)", id: "h", at: Self.time)
                    return "hung"
                }
            }
            for _ in 0..<4 { _ = try sink.next() }
            group.addTask { "\(await courier.post(Array("{}".utf8), to: good, id: "n", at: Self.time))" }
            defer { group.cancelAll() }
            return try await group.next()
        }
        #expect(first == "sent")
    }

    @Test @LoopActor func aMailServerReadsWhatWasWritten() async throws {
        let sink = try Sink(), courier = courier(sink, user: "risk")
        let text = ".a line that begins with a full stop\n" + String(repeating: "größer ", count: 40)
        let mail = NoticeMail(to: "head@example.com", subject: "Grenze überschritten: Depot Köln, sehr lang, damit es umbricht",
                              text: text, id: "m1", time: Self.time)
        let outcome = await courier.send(mail)
        try #require(outcome == .sent)
        let came = try sink.next()
        #expect(came["sender"]?.text == "<risk@example.com>" && came["recipient"]?.text == "<head@example.com>")
        #expect(came["subject"]?.text == mail.subject && came["text"]?.text == text)
        #expect(came["id"]?.text == "<m1@example.com>" && came["user"]?[1]?.text == "pass word")
        var unknown = mail
        unknown.to = "nobody@example.com"
        guard case .refused(let why) = await courier.send(unknown) else {
            Issue.record("sent to nobody")
            return
        }
        #expect(why.contains("550"))
        // A server without encryption gets no mail where encryption is asked for.
        var strict = CourierConfiguration()
        strict.mailURL = "smtp://127.0.0.1:\(sink.mail)"
        strict.sender = "risk@example.com"
        strict.requiresTLS = true
        guard case .failed = await CurlCourier(strict).send(mail) else {
            Issue.record("sent in the clear")
            return
        }
    }

    /// The port of an encrypted server.
    private func port(_ sink: Sink, _ certificate: String, _ kind: String) throws -> Int {
        Int(try #require(sink.encrypted?[certificate]?[kind]?.double))
    }

    private func reason(_ outcome: NoticeOutcome) -> String {
        if case .failed(let why) = outcome { why } else { "\(outcome)" }
    }

    @Test(.enabled(if: access("/usr/bin/openssl", X_OK) == 0, "no OpenSSL program here"))
    @LoopActor func webhooksGoToReceiversWhoseCertificateHoldsAndToNoOthers() async throws {
        let folder = TemporaryFolder(), sink = try Sink(folder)
        var configuration = CourierConfiguration(secrets: [Self.secret])
        let stranger = CurlCourier(configuration)
        configuration.authorities = try #require(sink.encrypted?["ca"]?.text)
        #expect(configuration.faultOfAuthorities == nil)
        let courier = CurlCourier(configuration)
        func post(
            _ courier: CurlCourier, _ certificate: String, host: String = "localhost"
        ) async throws -> NoticeOutcome {
            let url = "https://\(host):\(try port(sink, certificate, "web"))/ok"
            return await courier.post(Array("{}".utf8), to: url, id: "\(certificate) \(host)", at: Self.time)
        }
        let unknown = try await reason(post(stranger, "good"))
        #expect(unknown.contains("unable to get local issuer certificate"), "\(unknown)")
        let wrong = try await reason(post(courier, "wrong"))
        #expect(wrong.contains("localhost"), "\(wrong)")
        let other = try await reason(post(courier, "good", host: "127.0.0.1"))
        #expect(other.contains("127.0.0.1"), "\(other)")
        let expired = try await reason(post(courier, "expired"))
        #expect(expired.contains("certificate has expired"), "\(expired)")
        // Nothing came to those; what comes first is the one that holds.
        #expect(try await post(courier, "good") == .sent)
        let came = try sink.next()
        #expect(came["key"]?.text == "good localhost" && came["secure"] == .bool(true) && came["signed"] == .bool(true))
    }

    @Test(.enabled(if: access("/usr/bin/openssl", X_OK) == 0, "no OpenSSL program here"),
          arguments: ["starttls", "smtps"])
    @LoopActor func mailGoesToServersWhoseCertificateHoldsAndToNoOthers(_ kind: String) async throws {
        let folder = TemporaryFolder(), sink = try Sink(folder)
        func send(_ certificate: String, trusted: Bool = true) async throws -> NoticeOutcome {
            var configuration = CourierConfiguration()
            let scheme = kind == "smtps" ? kind : "smtp"
            configuration.mailURL = "\(scheme)://localhost:\(try port(sink, certificate, kind))"
            configuration.sender = "risk@example.com"
            configuration.user = "risk"
            configuration.password = "pass word"
            configuration.requiresTLS = true
            if trusted { configuration.authorities = try #require(sink.encrypted?["ca"]?.text) }
            return await CurlCourier(configuration).send(NoticeMail(
                to: "head@example.com", subject: certificate, text: "text", id: "m1", time: Self.time))
        }
        let unknown = try await reason(send("good", trusted: false)), expired = try await reason(send("expired"))
        #expect(unknown.contains("unable to get local issuer certificate"), "\(unknown)")
        #expect(expired.contains("certificate has expired"), "\(expired)")
        let wrong = try await reason(send("wrong"))
        #expect(wrong.contains("localhost"), "\(wrong)")
        #expect(try await send("good") == .sent)
        // Neither a mail nor a password went to the others.
        let came = try sink.next()
        #expect(came["subject"]?.text == "good" && came["secure"] == .bool(true))
        #expect(came["user"]?[1]?.text == "pass word")
    }

    @Test func aFileThatHoldsNoAuthorityIsNamed() throws {
        let folder = TemporaryFolder()
        var configuration = CourierConfiguration()
        #expect(configuration.faultOfAuthorities == nil)
        configuration.authorities = folder.path + "/none.pem"
        #expect(configuration.faultOfAuthorities == "\(folder.path)/none.pem is no PEM file of certificates")
        configuration.authorities = #filePath
        #expect(configuration.faultOfAuthorities != nil)
    }

    /// From a broken limit to the receiver, which fails twice: one notice, three attempts, the same id.
    @Test @LoopActor func aReceiverThatFailsTwiceGetsTheNoticeOnceItWorks() async throws {
        let sink = try Sink()
        let fixture = try await EngineFixture.make([RiskEngine.self], courier: courier(sink))
        let engine = try #require(fixture.hosts[.risk]?.engine as? RiskEngine)
        let path = "/api/v1/risk"
        _ = try await fixture.json(.risk, .post, path + "/limits",
            #"{"id":"gross","type":"gross_exposure","threshold":100}"#, status: 201)
        _ = try await fixture.json(.risk, .post, path + "/channels",
            #"{"id":"desk","kind":"webhook","target":"\#(sink.url("/twice"))"}"#, status: 201)
        _ = try await fixture.json(.risk, .post, path + "/response-rules",
            #"{"id":"n","title":"Too big","action":"notify","channels":["desk"]}"#, status: 201)
        try await fixture.tellHolding(10)
        _ = try await fixture.json(.risk, .post, path + "/breaches", #"{"portfolio_id":"p"}"#)
        var keys: [String?] = []
        for (times, wait) in [(1, 0), (2, 6), (3, 21)] as [(Double, Int64)] {
            fixture.clock.advance(nanoseconds: wait * 1_000_000_000)
            await engine.responder.round()
            await fixture.until("attempt \(times) is over") { engine.responder.isIdle }
            let came = try sink.next()
            #expect(came["times"]?.double == times && came["signed"] == .bool(true))
            #expect(came["body"]?["reason"]?.text == "gross_exposure of 500.0 is above 100.0")
            keys.append(came["key"]?.text)
        }
        #expect(Set(keys).count == 1)
        let done = try await fixture.json(.risk, .get, path + "/responses")
        #expect(done["items"]?[0]?["state"]?.text == "sent" && done["items"]?[0]?["attempts"]?.double == 3)
        await fixture.stop()
    }
}
