import Foundation
import HTTP
import Runtime
import TestKit
import Testing

/// Engine processes that are killed come back, and nothing is different afterwards.
@Suite(.serialized) struct SupervisorTests {
    init() { EventLoop.runInBackground() }

    /// The process of a name whose parent is `parent`.
    static func child(_ name: String, of parent: Int32) -> Int32? {
        for entry in (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? [] {
            guard let id = Int32(entry), let line = try? String(contentsOfFile: "/proc/\(id)/stat", encoding: .utf8),
                  let open = line.firstIndex(of: "("), let close = line.lastIndex(of: ")")
            else { continue }
            let fields = line[line.index(close, offsetBy: 2)...].split(separator: " ")
            // The kernel keeps 15 bytes of a name. A zombie is no process.
            let isNamed = line[line.index(after: open)..<close] == name.prefix(15)
            if isNamed && fields[0] != "Z" && fields[1] == "\(parent)" { return id }
        }
        return nil
    }

    @Test(.timeLimit(.minutes(2))) @LoopActor func killedEngineIsBackHoweverOften() async throws {
        let redis = try RedisServer()
        let day = try BadDay([.risk], ["NAUTILUS_REDIS_URL": redis.url])
        defer { day.end() }
        let platform = try day.nautilus(["up", "--processes"])
        try #require(await day.eventually(20) { !day.lines().isEmpty }, "\(day.lines("err"))")
        for round in 1...5 {
            let old = try #require(Self.child("risk-engine", of: platform.id))
            kill(old, SIGKILL)
            #expect(await day.eventually(15) {
                Self.child("risk-engine", of: platform.id).map { $0 != old } ?? false
            }, "not back after \(round) kills")
            #expect(await day.ready(.risk, within: 15))
        }
        let began = day.clock.monotonic
        platform.signal(SIGTERM)
        #expect(await day.eventually(15) { platform.hasEnded })
        #expect(platform.wait() == 0)
        #expect(day.clock.monotonic - began < 10_000_000_000)
        #expect(Self.child("risk-engine", of: platform.id) == nil)
    }

    /// Whoever is killed himself can stop nobody: the kernel does.
    @Test(.timeLimit(.minutes(2))) @LoopActor func killedSupervisorLeavesNobodyBehind() async throws {
        let redis = try RedisServer()
        let day = try BadDay([.risk, .portfolio], ["NAUTILUS_REDIS_URL": redis.url])
        defer { day.end() }
        let platform = try day.nautilus(["up", "--processes"])
        try #require(await day.eventually(20) { !day.lines().isEmpty }, "\(day.lines("err"))")
        let names = ["risk-engine", "portfolio-engine", "gateway"]
        let children = try names.map { try #require(Self.child($0, of: platform.id)) }
        platform.kill()
        #expect(await day.eventually(12) { !children.contains(where: Self.isRunning) }, "orphans are left")
        // Their ports and stores are free.
        let next = try day.nautilus(["up", "--processes"])
        #expect(await day.eventually(20) { !day.lines().isEmpty }, "\(day.lines("err"))")
        next.signal(SIGTERM)
        #expect(await day.eventually(15) { next.hasEnded })
    }

    /// Whether there is such a process; a zombie is none.
    private static func isRunning(_ id: Int32) -> Bool {
        guard let line = try? String(contentsOfFile: "/proc/\(id)/stat", encoding: .utf8),
              let close = line.lastIndex(of: ")") else { return false }
        return line[line.index(close, offsetBy: 2)...].first != "Z"
    }

    @Test(.enabled(if: PlatformFixture.sample != nil, "no sample prices; run scripts/setup.sh test"),
          .timeLimit(.minutes(2)))
    @LoopActor func strategyKilledInAReplayTradesTheSame() async throws {
        let assets = try #require(PlatformFixture.sample)
        let redis = try RedisServer()
        let day = try BadDay([.marketdata, .strategy, .risk, .portfolio, .analytics],
                             ["NAUTILUS_REDIS_URL": redis.url, "NAUTILUS_ASSETS_DIR": assets])
        defer { day.end() }
        let platform = try day.nautilus(["up", "--processes", "--sample", "--replay", "GOOG:1d", "--speed", "0"])
        for orders in [5, 20, 40] {
            #expect(await day.eventually(60) {
                (await day.ask(.strategy, .get, "/orders", query: "limit=1000")?.items.count ?? 0) >= orders
            }, "\(day.lines("err"))")
            let id = try #require(Self.child("strategy-engine", of: platform.id))
            kill(id, SIGKILL)
            #expect(await day.eventually(15) {
                Self.child("strategy-engine", of: platform.id).map { $0 != id } ?? false
            })
            #expect(await day.ready(.strategy))
        }
        #expect(await day.eventually(80) { day.lines().count >= 2 }, "\(day.lines("err"))")
        let line = try #require(day.lines().dropFirst().first, "\(day.lines("err"))")
        platform.signal(SIGTERM)
        #expect(await day.eventually(15) { platform.hasEnded })
        try SliceTests.compare(try SliceTests.Outcome(line), try SliceTests.kernel(assets))
    }
}
