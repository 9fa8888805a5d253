import Bus
import EngineKit
@testable import Factors
import HTTP
import Market
import Quant
import Runtime
import Store
import Testing
import TestKit

/// Jobs on bad days: a disk that is full, a cancellation in the middle of a write, cursors that nobody gave out.
@Suite struct FactorJobTroubleTests {
    init() { EventLoop.runInBackground() }

    @LoopActor private static func filled() async throws -> EngineFixture {
        try await .factors(over: ["AAPL", "MSFT"], bars: 80)
    }

    @LoopActor private final class Switch { var isOn = false }

    @LoopActor private static func part(_ number: Int) -> JobPart {
        JobPart(block: JobBlock(number: number, values: [[1, 2]], failed: 0), names: ["f\(number)"], series: ["u/f\(number)"])
    }

    /// What comes while a write is under way goes together with the next one; nothing is written twice or left out.
    @Test @LoopActor func blocksThatWaitGoTogether() async throws {
        let clock = ManualClock()
        var writes: [[Int]] = [], open: [CheckedContinuation<Void, Never>] = []
        let pipeline = JobPipeline(clock) { parts in
            writes.append(parts.map(\.block.number))
            await withCheckedContinuation { open.append($0) }
        }
        func until(_ condition: () -> Bool) async { while !condition() { await Task.yield() } }
        for number in 0..<4 { try await pipeline.add(Self.part(number)) }
        await until { open.count == 1 }
        #expect(writes == [[0]])
        open[0].resume()
        clock.advance(nanoseconds: JobPipeline.pause)
        let end = spawn { try? await pipeline.finish() }
        await until { open.count == 2 }
        open[1].resume()
        await end.value
        #expect(writes == [[0], [1, 2, 3]])
    }

    /// A write that fails ends the run: the next block learns of it, and nothing behind it is written.
    @Test @LoopActor func aFailedWriteEndsTheRun() async throws {
        var writes = 0
        let pipeline = JobPipeline(ManualClock()) { _ in
            writes += 1
            throw StoreError(.diskFull, "series")
        }
        try await pipeline.add(Self.part(0))
        await pipeline.settle()
        await #expect(throws: StoreError.self) { try await pipeline.add(Self.part(1)) }
        await #expect(throws: StoreError.self) { try await pipeline.finish() }
        #expect(writes == 1)
    }

    /// With the disk full a job says what it waits for, and goes on when there is room.
    @Test @LoopActor func aFullDiskIsWaitedFor() async throws {
        let fixture = try await Self.filled()
        let context = try #require(fixture.hosts[.factor]).context, engine = FactorEngine(context)
        let jobs = FactorJobs(context, turn: JobTurn())
        var tries = 0
        try await jobs.start { bars, facts in
            tries += 1
            if tries < 3 { throw StoreError(.diskFull, "series.lmdb") }
            return try await engine.adding(facts, to: engine.bars(bars))
        }
        try await jobs.submit(FactorJob(id: "j", created: context.clock.now, timeframe: .day1, symbols: [], asOf: nil,
                                        factors: ["close"], universe: "stored"))
        await fixture.until("it waits") { jobs["j"]?.detail.hasPrefix("waits: diskFull: series.lmdb") == true }
        #expect(jobs["j"]?.state == .queued && jobs.waiting == 1)
        await fixture.until("it is finished") {
            fixture.clock.advance(nanoseconds: 1_000_000_000)
            return jobs["j"]?.state == .finished
        }
        #expect(jobs["j"]?.detail == "" && jobs["j"]?.done == 1)
        await jobs.stop()
        await fixture.stop()
    }

    /// While one process of the engine replaces another, both know a job: what one has done the other neither does again
    /// nor fails at.
    @Test @LoopActor func aJobThatAnotherProcessHasDoneIsDone() async throws {
        let fixture = try await Self.filled()
        let context = try #require(fixture.hosts[.factor]).context, engine = FactorEngine(context)
        let jobs = FactorJobs(context, turn: JobTurn()), others = FactorJobs(context, turn: JobTurn())
        let gate = Switch()
        try await jobs.start { bars, facts in
            if !gate.isOn { throw StoreError(.diskFull, "series.lmdb") }
            return try await engine.adding(facts, to: engine.bars(bars))
        }
        try await jobs.submit(FactorJob(id: "j", created: context.clock.now, timeframe: .day1, symbols: [], asOf: nil,
                                        factors: ["close", "open"], universe: "stored"))
        await fixture.until("it waits") { jobs["j"]?.detail.hasPrefix("waits: ") == true }
        try await others.start { bars, facts in try await engine.adding(facts, to: engine.bars(bars)) }
        await fixture.until("the other has done it") { others["j"]?.state == .finished }
        gate.isOn = true
        await fixture.until("it is over") {
            fixture.clock.advance(nanoseconds: 1_000_000_000)
            return jobs["j"]?.isOver == true
        }
        #expect(jobs["j"]?.state == .finished && jobs["j"]?.done == 2 && jobs.waiting == 0)
        let stored = try await context.records.query(Statement("SELECT COUNT(*) FROM factor_run"))
        #expect(try stored.first?.value(0, as: Int.self) == 1)
        await others.stop()
        await jobs.stop()
        await fixture.stop()
    }

    /// A cancellation that cannot be written is taken back: after a restart the job would go on.
    @Test @LoopActor func aCancellationThatIsNotWrittenIsNone() async throws {
        let fixture = try await Self.filled()
        let context = try #require(fixture.hosts[.factor]).context, jobs = FactorJobs(context, turn: JobTurn())
        try await jobs.start { _, _ in throw StoreError(.diskFull, "series.lmdb") }
        try await jobs.submit(FactorJob(id: "j", created: context.clock.now, timeframe: .day1, symbols: [], asOf: nil,
                                        factors: ["close"], universe: "stored"))
        await fixture.until("it waits") { jobs["j"]?.detail.hasPrefix("waits: ") == true }
        await context.records.close()
        await #expect(throws: (any Error).self) { _ = try await jobs.cancel("j") }
        #expect(jobs["j"]?.state == .queued && jobs.waiting == 1)
        var isStopped = false
        spawn {
            await jobs.stop()
            isStopped = true
        }
        await fixture.until("it stops") {
            fixture.clock.advance(nanoseconds: 1_000_000_000)
            return isStopped
        }
        await fixture.stop()
    }

    /// Any number is a cursor: what is behind the last factor is an empty page.
    @Test @LoopActor func aCursorBeyondTheEndIsAnEmptyPage() async throws {
        let fixture = try await Self.filled()
        let path = try await fixture.job(#"{"universe":"stored","factors":["close","open"]}"#, until: "finished")
        for cursor in ["2", "77", "\(Int.max)"] {
            let page = try await fixture.json(.factor, .get, path + "/values", query: "cursor=\(cursor)")
            #expect(page["items"]?.elements.isEmpty == true && page["next_cursor"] == .null, "\(cursor)")
        }
        for cursor in ["-1", "x", "99999999999999999999"] {
            let page = try await fixture.json(.factor, .get, path + "/values", query: "cursor=\(cursor)", status: 422)
            #expect(page.pointers == ["?cursor"], "\(cursor)")
        }
        await fixture.stop()
    }

    /// An expression may have line breaks; builds before wrote a factor a line.
    @Test @LoopActor func factorsComeBackAsTheyWereSent() async throws {
        let fixture = try await EngineFixture.make([FactorEngine.self])
        let context = try #require(fixture.hosts[.factor]).context
        func job(_ id: String, _ factors: [String]) -> FactorJob {
            FactorJob(id: id, created: context.clock.now, timeframe: .day1, symbols: [], asOf: nil, factors: factors,
                      universe: "stored")
        }
        let factors = ["close\n/open", "\"x\" = close", "volume"]
        try await context.commit([
            JobRecords.insert(job("a", factors)), JobRecords.insert(job("b", [])), JobRecords.insert(job("c", ["x"])),
            Statement("UPDATE factor_job SET factors = $1 WHERE id = 'c'", [.blob(Array("close\nopen".utf8))]),
        ])
        let read = try await JobRecords.all(context.records, digest: context.digest)
        #expect(read.map(\.factors) == [factors, [], ["close", "open"]])
        await fixture.stop()
    }

    /// Whatever enters a factor is in the version of the data.
    @Test @LoopActor func theVersionCoversEveryColumn() async throws {
        let fixture = try await EngineFixture.make([FactorEngine.self])
        let digest = try #require(fixture.hosts[.factor]).context.digest, ts: [Int64] = [1, 2]
        func version(vwap: [Double]? = nil, cap: [Double]? = nil) throws -> String {
            let bars = try Bars(ts: ts, close: [1, 2], vwap: vwap, cap: cap)
            return try JobBench([("A", bars)], digest: digest).version
        }
        let versions = [
            try version(), try version(vwap: [1, 2]), try version(vwap: [1, 3]), try version(cap: [1, 2]),
            try version(vwap: [.nan, .nan]),
        ]
        #expect(Set(versions).count == 5)
        await fixture.stop()
    }
}
