import Foundation
import Runtime
import TestKit
import Testing

/// A benchmark that is interrupted stops what it started, removes its folder and says by its exit what ended it.
@Suite(.serialized) struct BenchEndingTests {
    init() { EventLoop.runInBackground() }

    @LoopActor private func files(_ day: BadDay) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: day.folder.path + "/bench")) ?? ["no folder"]
    }

    /// Begins a benchmark, interrupts it once `isUnderway`, and says what it exited with.
    @LoopActor private func interrupt(
        _ day: BadDay, _ name: String, _ number: Int32, _ isUnderway: (Int32) async -> Bool
    ) async throws -> Int32 {
        let folder = day.folder.path + "/bench"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let bench = try day.nautilus(["bench", name, "--folder", folder])
        #expect(await day.eventually(30) { await isUnderway(bench.id) }, "\(day.lines("err"))")
        #expect(files(day) == ["nautilus-bench-\(bench.id)"])
        bench.signal(number)
        #expect(await day.eventually(20) { bench.hasEnded }, "\(name)")
        return bench.wait()
    }

    @Test(.timeLimit(.minutes(1))) @LoopActor func itsRedisIsStopped() async throws {
        let day = try BadDay([])
        defer { day.end() }
        var redis: Int32?
        let code = try await interrupt(day, "bus.redis.throughput", SIGINT) { id in
            redis = SupervisorTests.child("redis-server", of: id)
            return redis != nil
        }
        #expect(code == 130)
        #expect(kill(try #require(redis), 0) != 0 && errno == ESRCH)
        #expect(files(day).isEmpty && day.lines("err").isEmpty)
    }

    @Test(.timeLimit(.minutes(1))) @LoopActor func itsKeysInARedisOfOthersAreDeleted() async throws {
        let redis = try RedisServer()
        let day = try BadDay([], ["NAUTILUS_REDIS_URL": redis.url])
        defer { day.end() }
        let code = try await interrupt(day, "bus.redis.throughput", SIGTERM) { _ in
            (try? redis.command("KEYS", "bench-*"))?.contains("bench-") == true
        }
        #expect(code == 143)
        let left = try redis.command("KEYS", "*")
        #expect(!left.contains("bench-"), "\(left)")
        #expect(files(day).isEmpty)
    }

    @Test(.timeLimit(.minutes(1)), arguments: [SIGINT, SIGTERM])
    @LoopActor func itsEnginesAreStopped(_ number: Int32) async throws {
        let day = try BadDay([], ["NAUTILUS_REDIS_URL": "redis://127.0.0.1:1"])
        defer { day.end() }
        var engine: Int32?
        let code = try await interrupt(day, "features.calculate", number) { id in
            // By the name that it was started under, /proc/self/exe.
            engine = SupervisorTests.child("exe", of: id)
            return engine != nil
        }
        #expect(code == 128 + number)
        #expect(kill(try #require(engine), 0) != 0 && errno == ESRCH)
        #expect(files(day).isEmpty && day.lines("err").isEmpty)
    }

    /// Arithmetic holds the loop for long; the signal is heard all the same.
    @Test(.timeLimit(.minutes(1))) @LoopActor func aBusyLoopIsEndedToo() async throws {
        let day = try BadDay([], ["NAUTILUS_REDIS_URL": "redis://127.0.0.1:1"])
        defer { day.end() }
        let code = try await interrupt(day, "risk.montecarlo", SIGINT) { _ in !files(day).isEmpty }
        #expect(code == 130 && files(day).isEmpty)
    }
}
