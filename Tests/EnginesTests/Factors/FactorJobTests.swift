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
import Wire

@Suite struct FactorJobTests {
    init() { EventLoop.runInBackground() }

    @LoopActor private static func filled() async throws -> EngineFixture {
        let fixture = try await EngineFixture.make([FactorEngine.self])
        for (seed, symbol) in ["AAPL", "GOOG", "MSFT"].enumerated() {
            try await fixture.store(.walk(300, seed: UInt64(seed + 1)), symbol)
        }
        await fixture.settle()
        return fixture
    }

    @Test @LoopActor func aJobGivesWhatCalculateGives() async throws {
        let fixture = try await Self.filled()
        let started = try await fixture.json(.factor, .post, "/factors/batch", """
            {"universe":"stored","catalog_filter":{"source":"bars","q":"63"}}
            """, status: 202)
        let id = try #require(started["job_id"]?.text), path = "/factors/jobs/\(id)"
        #expect(started["id"]?.text == id)
        try await fixture.until("the job is done") {
            try await fixture.json(.factor, .get, path)["state"]?.text == "finished"
        }
        let job = try await fixture.json(.factor, .get, path), total = try #require(job["factors"]?.int)
        #expect(total > 100 && job["done"]?.int == total && job["errors"]?.int == 0 && job["progress"]?.double == 1)
        #expect(job["symbols"]?.int == 3 && job["data_version"]?.text?.count == 32)
        var names: [String] = [], values: [String: [Double?]] = [:], cursor: String?
        repeat {
            let page = try await fixture.json(.factor, .get, path + "/values",
                                              query: "limit=70" + (cursor.map { "&cursor=\($0)" } ?? ""))
            #expect(page["symbols"]?.elements.compactMap(\.text) == ["AAPL", "GOOG", "MSFT"])
            for item in page["items"]?.elements ?? [] {
                let name = try #require(item["factor"]?.text)
                names.append(name)
                values[name] = item["values"]?.elements.map(\.double)
                #expect(item["expression_hash"]?.text?.count == 32)
            }
            cursor = page["next_cursor"]?.text
        } while cursor != nil
        #expect(names.count == total && Set(names).count == total)
        let part = stride(from: 0, to: names.count, by: 3).map { names[$0] }.prefix(200)
        let list = part.map { "\"\($0)\"" }.joined(separator: ",")
        let answer = try await fixture.json(.factor, .post, "/factors/calculate",
            "{\"universe\":\"stored\",\"factors\":[\(list)],\"as_of\":\"2030-01-01\"}")
        for name in part {
            let expected = try #require(answer["values"]?[name]?[0]?.elements.map(\.double)), found = values[name] ?? []
            let scale = expected.reduce(1e-9) { max($0, abs($1 ?? 0)) }
            #expect(expected.count == found.count && zip(found, expected).allSatisfy { a, b in
                a == nil && b == nil || a != nil && b != nil && abs(a! - b!) <= 1e-9 * scale
            }, "\(name): \(found), not \(expected)")
        }
        await fixture.stop()
    }

    /// Lets as many blocks be calculated as are asked for: someone always waits, and each end of a calculation lets one go.
    @LoopActor private static func step(_ turn: JobTurn, _ fixture: EngineFixture, _ blocks: Int = 1) async {
        for _ in 0..<blocks {
            await fixture.until("the job waits for its turn") { turn.hasWaiting }
            turn.began()
            turn.ended()
        }
        await fixture.until("the blocks are calculated") { turn.hasWaiting }
    }

    /// Blocks that are ready together are written together; a job goes on behind the last that was written.
    @Test @LoopActor func aJobGoesOnWhereItWasStopped() async throws {
        let fixture = try await Self.filled()
        let context = try #require(fixture.hosts[.factor]).context, engine = FactorEngine(context)
        let turn = JobTurn(), first = FactorJobs(context, turn: turn, atOnce: 1)
        turn.began()
        try await first.start { bars, facts in try await engine.adding(facts, to: engine.bars(bars)) }
        let catalogue = FactorCatalogue.standard, range = catalogue.numbers(of: 0)
        let job = FactorJob(id: "j", created: context.clock.now, timeframe: .day1, symbols: [], asOf: nil,
                            factors: range.prefix(640).map { catalogue[$0].id } + ["zscore.9.raw@bars.nothing"],
                            universe: "stored")
        try await first.submit(job)
        await Self.step(turn, fixture)
        await fixture.until("the first block is written at once") { first["j"]?.done == 64 }
        // A cursor waits where the job is, so that whoever follows it misses nothing.
        for (start, limit, count, next) in [(0, 1, 1, 1), (60, 10, 4, 64), (64, 10, 0, 64), (500, 10, 0, 500)] {
            let page = try await first.values(try #require(first["j"]), from: start, limit: limit)
            #expect(page.items.count == count && page.next == next, "from \(start)")
        }
        await Self.step(turn, fixture, 2)
        #expect(first["j"]?.done == 64)
        fixture.clock.advance(nanoseconds: JobPipeline.pause)
        await Self.step(turn, fixture)
        await fixture.until("those that waited are written together") { first["j"]?.done == 256 }
        await Self.step(turn, fixture)
        // What is calculated is written before the engine stops.
        async let stopped: Void = first.stop()
        await fixture.until("the job has had its turn") {
            if turn.hasWaiting {
                turn.began()
                turn.ended()
            }
            return first["j"]?.done ?? 0 > 256
        }
        await stopped
        let before = try #require(first["j"])
        let kept = try await JobRecords.progress(of: "j", context.records)
        try #require(before.state == .running && before.done < 641)
        #expect(kept.blocks.count * 64 == before.done && kept.done == before.done)

        let second = FactorJobs(context, turn: JobTurn(), atOnce: 3)
        try await second.start { bars, facts in try await engine.adding(facts, to: engine.bars(bars)) }
        #expect(second["j"]?.done == before.done)
        await fixture.until("it is finished") { second["j"]?.state == .finished }
        let after = try #require(second["j"])
        #expect(after.done == 641 && after.failed == 1 && after.dataVersion == before.dataVersion && after.detail.isEmpty)
        let whole = try await second.values(after, from: 0, limit: 641)
        let bench = try JobBench(try await engine.bars(PanelBody(
            symbols: [], universe: .stored, timeframe: .day1, from: nil, to: nil, asOf: nil, panel: nil, groups: [:])),
            digest: context.digest)
        let expected = bench.block(0, job.factors).values
        #expect(whole.items.count == 641)
        for (item, values) in zip(whole.items, expected) {
            #expect(item.values.map(\.bitPattern) == values.map(\.bitPattern) || values.contains(where: \.isNaN))
        }
        await second.stop()
        await fixture.stop()
    }

    /// A job that is killed between the values of its blocks and their records does those blocks again, to the same values.
    @Test @LoopActor func valuesWithoutTheirRecordsAreWrittenAgain() async throws {
        let fixture = try await Self.filled()
        let context = try #require(fixture.hosts[.factor]).context, engine = FactorEngine(context)
        let catalogue = FactorCatalogue.standard, names = catalogue.numbers(of: 0).prefix(200).map { catalogue[$0].id }
        let first = FactorJobs(context, turn: JobTurn())
        try await first.start { bars, facts in try await engine.adding(facts, to: engine.bars(bars)) }
        try await first.submit(FactorJob(id: "j", created: context.clock.now, timeframe: .day1, symbols: [], asOf: nil,
                                         factors: names, universe: "stored"))
        await fixture.until("it is finished") { first["j"]?.state == .finished }
        let whole = try await first.values(try #require(first["j"]), from: 0, limit: 200)
        await first.stop()
        // As after such a crash: the values are there, the last two blocks are not written as done.
        try await context.commit([
            Statement("DELETE FROM factor_job_block WHERE job = 'j' AND block > 1"),
            Statement("UPDATE factor_job SET state = 'running' WHERE id = 'j'"),
        ])
        let second = FactorJobs(context, turn: JobTurn())
        try await second.start { bars, facts in try await engine.adding(facts, to: engine.bars(bars)) }
        #expect(second["j"]?.done == 128)
        await fixture.until("it is finished again") { second["j"]?.state == .finished }
        let again = try await second.values(try #require(second["j"]), from: 0, limit: 200)
        #expect(again.items.count == 200 && second["j"]?.done == 200 && again.job.run == whole.job.run)
        for (a, b) in zip(whole.items, again.items) {
            #expect(a.factor == b.factor && a.hash == b.hash && b.restated == nil)
            #expect(a.values.elementsEqual(b.values) { $0 == $1 || $0.isNaN && $1.isNaN })
        }
        await second.stop()
        await fixture.stop()
    }

    /// Factors made by rules are calculated from the newest bars alone, with the bits of all of them; a symbol that is not
    /// traded every day counts as with all its bars.
    @Test @LoopActor func fewBarsGiveTheSameValues() async throws {
        let fixture = try await EngineFixture.make([FactorEngine.self])
        try await fixture.store(.walk(900, seed: 1), "AAPL")
        try await fixture.store(.walk(900, seed: 2), "MSFT")
        var rare = BarColumns.walk(300, seed: 3)
        let first = rare.times[0], third = 3 * (rare.times[1] - first)
        rare.times = (0..<300).map { first + Int64($0) * third }
        try await fixture.store(rare, "RARE")
        await fixture.settle()
        let context = try #require(fixture.hosts[.factor]).context, engine = FactorEngine(context)
        var body = PanelBody(
            symbols: [], universe: .stored, timeframe: .day1, from: nil, to: nil, asOf: nil, panel: nil, groups: [:])
        let whole = try JobBench(try await engine.bars(body), digest: context.digest)
        body.last = JobBench.bars
        let part = try await engine.bars(body)
        #expect(part.allSatisfy { $0.bars.count == JobBench.bars } && JobBench.bars < 300)
        let few = try JobBench(part, digest: context.digest), catalogue = FactorCatalogue.standard
        let names = catalogue.rules.indices.filter { catalogue.rules[$0].series.allSatisfy { $0.origin == .bars } }
            .flatMap { catalogue.numbers(of: $0).map { catalogue[$0].id } }
        let a = whole.block(0, names), b = few.block(0, names)
        #expect(names.count > 1000 && a.digests == b.digests && whole.time == few.time && a.empty < names.count / 2)
        for (name, (x, y)) in zip(names, zip(a.values, b.values)) {
            #expect(x.elementsEqual(y) { $0.bitPattern == $1.bitPattern || $0.isNaN && $1.isNaN }, "\(name): \(x), \(y)")
        }
        await fixture.stop()
    }

    @Test @LoopActor func changedBarsBeginAJobAnew() async throws {
        let fixture = try await Self.filled()
        let context = try #require(fixture.hosts[.factor]).context, engine = FactorEngine(context)
        var job = FactorJob(id: "k", created: context.clock.now, timeframe: .day1, symbols: [], asOf: nil,
                            factors: ["ts_mean(close,3)", "ts_sum(volume,3)"], universe: "stored")
        job.state = .running
        job.dataVersion = "other"
        let block = JobBlock(number: 0, values: [[1, 2, 3], [4, 5, 6]], failed: 0)
        try await context.commit([JobRecords.insert(job), JobRecords.insert(block, of: "k", run: 0)])
        let jobs = FactorJobs(context, turn: JobTurn())
        try await jobs.start { bars, facts in try await engine.adding(facts, to: engine.bars(bars)) }
        await fixture.until("it is finished") { jobs["k"]?.state == .finished }
        let done = try #require(jobs["k"])
        #expect(done.detail.contains("anew") && done.done == 2)
        #expect(try await jobs.values(done, from: 0, limit: 2).items[0].values != [1, 2, 3])
        await jobs.stop()
        await fixture.stop()
    }

    @Test @LoopActor func aJobIsCancelledOnce() async throws {
        let fixture = try await Self.filled()
        let context = try #require(fixture.hosts[.factor]).context, engine = FactorEngine(context)
        let turn = JobTurn(), jobs = FactorJobs(context, turn: turn)
        turn.began()
        try await jobs.start { bars, facts in try await engine.adding(facts, to: engine.bars(bars)) }
        let catalogue = FactorCatalogue.standard
        try await jobs.submit(FactorJob(
            id: "c", created: context.clock.now, timeframe: .day1, symbols: [], asOf: nil,
            factors: catalogue.numbers(of: 0).prefix(200).map { catalogue[$0].id }, universe: "stored"))
        #expect(try await jobs.cancel("c").state == .cancelled)
        await #expect(throws: Problem.self) { try await jobs.cancel("c") }
        await #expect(throws: Problem.self) { try await jobs.cancel("nobody") }
        turn.ended()
        await jobs.stop()
        let stored = try await JobRecords.all(context.records, digest: context.digest)
        #expect(stored.first?.state == .cancelled && jobs["c"]?.done == 0)

        let done = try await fixture.json(.factor, .post, "/factors/batch",
                                          #"{"symbols":["AAPL"],"factors":["close"]}"#, status: 202)
        let path = "/factors/jobs/" + (try #require(done["job_id"]?.text))
        try await fixture.until("it is over") { try await fixture.json(.factor, .get, path)["state"]?.text == "finished" }
        _ = try await fixture.json(.factor, .delete, path, status: 409)
        _ = try await fixture.json(.factor, .delete, "/factors/jobs/nobody", status: 404)
        _ = try await fixture.json(.factor, .get, "/factors/jobs/nobody/values", status: 404)
        await fixture.stop()
    }

    /// A job keeps the groups it was given, over a restart too, and reads the facts that are stored.
    @Test @LoopActor func aJobKnowsGroupsAndFacts() async throws {
        let fixture = try await Self.filled()
        for (place, symbol) in ["AAPL", "GOOG", "MSFT"].enumerated() {
            let facts = [("shares_outstanding", 10), ("net_income", 4 * (place + 1))].map { concept, value in
                #"{"symbol":"\#(symbol)","concept":"\#(concept)","period_end":"2019-12-31T00:00:00Z","#
                    + #""filed_at":"2020-02-01T00:00:00Z","value":\#(value)}"#
            }
            let stored = try await fixture.json(
                .marketdata, .post, "/market-data/facts", #"{"facts":[\#(facts.joined(separator: ","))]}"#)
            #expect(stored["stored"]?.int == 2)
        }
        let factors = #""factors":["group_neutralize(close,sector)","rank(pe_ratio)","ts_mean(earnings_yield(),3)"]"#
        let some = #""groups":{"AAPL":{"sector":"a"},"GOOG":{"sector":"a"}}"#
        let refused = try await fixture.json(
            .factor, .post, "/factors/batch", #"{"symbols":["AAPL","GOOG","MSFT"],\#(factors),\#(some)}"#, status: 422)
        #expect(refused.pointers == ["/groups"] && refused.messages.first?.contains("MSFT") == true)

        let all = #""groups":{"AAPL":{"sector":"a"},"GOOG":{"sector":"a"},"MSFT":{"sector":"\"b\""}}"#
        let body = #"{"symbols":["AAPL","GOOG","MSFT"],\#(factors),\#(all),"as_of":"2030-01-01"}"#
        let started = try await fixture.json(.factor, .post, "/factors/batch", body, status: 202)
        let path = "/factors/jobs/" + (try #require(started["job_id"]?.text))
        try await fixture.until("the job is done") {
            try await fixture.json(.factor, .get, path)["state"]?.text == "finished"
        }
        let answer = try await fixture.json(.factor, .post, "/factors/calculate", body)
        let items = try await fixture.json(.factor, .get, path + "/values")["items"]?.elements ?? []
        #expect(items.count == 3)
        for item in items {
            let expected = answer["values"]?[try #require(item["factor"]?.text)]?[0]?.elements ?? []
            #expect(expected.count == 3 && expected.allSatisfy { $0.double != nil })
            #expect(item["values"]?.elements == expected)
        }
        let context = try #require(fixture.hosts[.factor]).context
        let kept = try #require(try await JobRecords.all(context.records, digest: context.digest).first)
        #expect(kept.groups == [.sector: ["AAPL": "a", "GOOG": "a", "MSFT": "\"b\""]])
        await fixture.stop()
    }

    @Test @LoopActor func badJobsAreRefused() async throws {
        let fixture = try await Self.filled()
        func errors(_ body: String) async throws -> JSONTree {
            try await fixture.json(.factor, .post, "/factors/batch", body, status: 422)
        }
        #expect(try await errors(#"{"symbols":["AAPL"]}"#).pointers == ["/factors"])
        #expect(try await errors(#"{"symbols":["AAPL"],"factors":[]}"#).pointers == ["/factors"])
        #expect(try await errors(#"{"symbols":["AAPL"],"catalog_filter":{}}"#).pointers == ["/catalog_filter/source"])
        let away = try await errors(#"{"symbols":["AAPL"],"catalog_filter":{"source":"fred"}}"#)
        #expect(away.pointers == ["/catalog_filter"])
        let near = try await errors(#"{"symbols":["AAPL"],"factors":["zscor.63.raw@bar.close","delta.5.raw@fred.dgs10"]}"#)
        #expect(near.messages.contains { $0.contains("did you mean 'zscore.63.raw@bars.close'?") })
        #expect(near.messages.contains { $0.contains("not computable: no series of fred are stored") })
        let range = try await errors(#"{"symbols":["AAPL"],"factors":["close"],"from":"2020-01-01"}"#)
        #expect(range.pointers == ["/from"])
        let names = [String](repeating: "\"close\"", count: FactorJob.factorLimit + 1).joined(separator: ",")
        let many = try await errors("{\"symbols\":[\"AAPL\"],\"factors\":[\(names)]}")
        #expect(many.messages.contains { $0.contains("at most \(FactorJob.factorLimit)") })
        await fixture.stop()
    }
}
