import Glibc
import HTTP
import HTTPClient
import HTTPServer
import Runtime
import Testing
import TestKit

/// The client between services, against our server and against peers that misbehave.
@Suite struct PeerTests {
    init() { EventLoop.runInBackground() }

    private static func configuration(port: Int) throws -> Configuration {
        try Configuration(environment: ["NAUTILUS_RISK_PORT": "\(port)"])
    }

    @Test @LoopActor func requestsAndAnswersPassWhole() async throws {
        let scene = try await HTTPScene.start()
        let peers = HTTPPeers(try Self.configuration(port: scene.port), clock: SystemClock())
        let body = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let request = Request(method: .post, path: "/echo", headers: ["X-Request-ID": "r1", "Connection": "close"],
            body: body)
        let answer = try await peers.send(request, to: .risk, deadlineNanoseconds: 10_000_000_000)
        #expect(answer.body == body)
        #expect(answer.contentType == "application/octet-stream")
        #expect(answer.headers["X-Request-ID"] == "r1")
        #expect(answer.headers["Content-Length"] == nil)
        let query = Request(method: .get, path: "/items/a%2Fb", query: "limit=3")
        #expect(try await peers.send(query, to: .risk,
            deadlineNanoseconds: 5_000_000_000).body == Array("[\"a/b\",3]".utf8))
        peers.close()
        await scene.stop()
    }

    /// The platform's key is for what the platform asks: a request handed on for somebody without one stays without.
    @Test @LoopActor func thePlatformsKeyIsNotShownForOthers() async throws {
        let scene = try await HTTPScene.start(access: AccessPolicy(requiresKey: true, isKeyValid: { ["own", "b"].contains($0) }))
        let peers = HTTPPeers(try Self.configuration(port: scene.port), clock: SystemClock(), key: "own")
        func status(_ headers: Headers, isHandedOn: Bool) async throws -> Int {
            var request = Request(method: .get, path: "/hello", headers: headers)
            request.isHandedOn = isHandedOn
            return try await peers.send(request, to: .risk, deadlineNanoseconds: 5_000_000_000).status
        }
        #expect(try await status(Headers(), isHandedOn: false) == 200)
        #expect(try await status(Headers(), isHandedOn: true) == 401)
        #expect(try await status(["X-API-Key": "b"], isHandedOn: true) == 200)
        peers.close()
        await scene.stop()
    }

    @Test @LoopActor func manyRequestsShareFewConnections() async throws {
        let scene = try await HTTPScene.start()
        let peers = HTTPPeers(try Self.configuration(port: scene.port), clock: SystemClock())
        var good = 0
        let tasks = (0..<1000).map { _ in
            spawn {
                let answer = try? await peers.send(Request(method: .get, path: "/hello"), to: .risk,
                    deadlineNanoseconds: 10_000_000_000)
                if answer?.status == 200 { good += 1 }
            }
        }
        for task in tasks { await task.value }
        #expect(good == 1000)
        peers.close()
        await scene.stop()
    }

    @Test @LoopActor func whatNeverComesIsATimeOutAndNobodyElsePaysForIt() async throws {
        let scene = try await HTTPScene.start()
        let peers = HTTPPeers(try Self.configuration(port: scene.port), clock: SystemClock())
        await #expect(throws: PeerError.timedOut) {
            try await peers.send(Request(method: .get, path: "/slow"), to: .risk, deadlineNanoseconds: 50_000_000)
        }
        let answer = try await peers.send(Request(method: .get, path: "/hello"), to: .risk,
            deadlineNanoseconds: 5_000_000_000)
        #expect(answer.status == 200)
        scene.door.open()
        peers.close()
        await scene.stop()
    }

    @Test @LoopActor func aServiceThatIsNotThereWasNotSeen() async throws {
        let peers = HTTPPeers(try Self.configuration(port: 1), clock: SystemClock())
        do throws(PeerError) {
            _ = try await peers.send(Request(method: .post, path: "/"), to: .risk, deadlineNanoseconds: 1_000_000_000)
            Issue.record("it answered")
        } catch {
            #expect(error.isUnseen)
        }
    }

    @Test @LoopActor func aPeerThatClosedAKeptConnectionIsAskedAgain() async throws {
        var scene = try await HTTPScene.start(), scenes = 1
        let peers = HTTPPeers(try Self.configuration(port: scene.port), clock: SystemClock())
        while true {
            let answer = try await peers.send(
                Request(method: .get, path: "/hello"), to: .risk, deadlineNanoseconds: 5_000_000_000)
            #expect(answer.status == 200)
            if scenes == 3 { break }
            // A new life on the same port: the old one closes every connection that was kept.
            let port = scene.port
            await scene.stop()
            scene = try await HTTPScene.start { $0.port = port }
            scenes += 1
        }
        peers.close()
        await scene.stop()
    }

    /// An address of version 6 stands in brackets in Host.
    @Test(.enabled(if: Loopback6.isThere, "there is no ::1 here")) @LoopActor func anAddressOfVersion6IsAsked() async throws {
        let scene = try await HTTPScene.start { $0.address = "::1" }
        for host in ["::1", "[::1]"] {
            let configuration = try Configuration(
                environment: ["NAUTILUS_RISK_PORT": "\(scene.port)", "NAUTILUS_RISK_HOST": host])
            let peers = HTTPPeers(configuration, clock: SystemClock())
            let answer = try await peers.send(
                Request(method: .get, path: "/hello"), to: .risk, deadlineNanoseconds: 5_000_000_000)
            #expect(answer.status == 200)
            peers.close()
        }
        await scene.stop()
    }
}
