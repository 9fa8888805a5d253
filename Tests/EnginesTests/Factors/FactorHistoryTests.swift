import EngineKit
@testable import Factors
import HTTP
import Market
import Quant
import Runtime
import Store
import Testing

/// Values of jobs in the series store.
@Suite struct FactorHistoryTests {
    init() { EventLoop.runInBackground() }

    private static let factors = ["ts_mean(close,3)", "rank(close)", "zscore.63.raw@bars.close"]

    @LoopActor private static func filled(records: EngineRecords = .sqlite) async throws -> EngineFixture {
        let fixture = try await EngineFixture.make([FactorEngine.self], records: records)
        for (seed, symbol) in ["AAPL", "GOOG", "MSFT"].enumerated() {
            try await fixture.store(.walk(100, seed: UInt64(seed + 1)), symbol)
        }
        await fixture.settle()
        return fixture
    }

    /// Runs a job to its end and answers its id.
    @LoopActor private static func run(
        _ fixture: EngineFixture, _ asOf: String, _ symbols: String = #""universe":"stored""#
    ) async throws -> String {
        let names = factors.map { "\"\($0)\"" }.joined(separator: ",")
        let job = try await fixture.json(.factor, .post, "/factors/batch",
                                         "{\(symbols),\"factors\":[\(names)],\"as_of\":\"\(asOf)\"}", status: 202)
        let id = try #require(job["job_id"]?.text)
        try await fixture.until("the job is done") {
            try await fixture.json(.factor, .get, "/factors/jobs/\(id)")["state"]?.text == "finished"
        }
        return id
    }

    @LoopActor private static func history(
        _ fixture: EngineFixture, _ id: String, _ query: String, status: Int = 200
    ) async throws -> JSONTree {
        try await fixture.json(.factor, .get, "/factors/jobs/\(id)/values", query: query, status: status)
    }

    /// Jobs of several dates, in no order, make one history with the values of calculate and the lineage of each date.
    @Test(arguments: EngineRecords.here)
    @LoopActor func jobsOfSeveralDatesMakeAHistory(_ records: EngineRecords) async throws {
        let fixture = try await Self.filled(records: records)
        var ids: [String: String] = [:]
        for day in ["2020-03-20", "2020-03-25", "2020-03-18"] { ids[day] = try await Self.run(fixture, day) }
        let last = try #require(ids["2020-03-18"])
        for factor in Self.factors {
            let query = "factor=\(factor)"
            let told = try await Self.history(fixture, last, query)
            #expect(told["universe"]?.text == "stored" && told["factor"]?.text == factor)
            #expect(told["symbols"]?.elements.compactMap(\.text) == ["AAPL", "GOOG", "MSFT"])
            #expect(told["ts"]?.elements.compactMap(\.text) == ["2020-03-18T00:00:00Z", "2020-03-20T00:00:00Z",
                                                                "2020-03-25T00:00:00Z"])
            for (place, day) in ["2020-03-18", "2020-03-20", "2020-03-25"].enumerated() {
                let answer = try await fixture.json(.factor, .post, "/factors/calculate",
                    #"{"universe":"stored","factors":["\#(factor)"],"as_of":"\#(day)"}"#)
                let expected = answer["values"]?[factor]?[0]?.elements.compactMap(\.double) ?? []
                let found = told["values"]?[place]?.elements.compactMap(\.double) ?? []
                #expect(expected.count == 3 && found.count == 3)
                #expect(zip(expected, found).allSatisfy { abs($0 - $1) <= 1e-9 * max(1, abs($0)) }, "\(factor) \(day)")
                let lineage = told["lineage"]?[place]
                let job = try await fixture.json(.factor, .get, "/factors/jobs/" + (ids[day] ?? ""))
                #expect(lineage?["job_id"]?.text == ids[day] && lineage?["data_version"] == job["data_version"])
                #expect(lineage?["expression_hash"]?.text?.count == 32)
            }
            let part = try await Self.history(
                fixture, last, query + "&from=2020-03-19&to=2020-03-25&symbols=MSFT,AAPL,KO")
            #expect(part["ts"]?.elements.compactMap(\.text) == ["2020-03-20T00:00:00Z", "2020-03-25T00:00:00Z"])
            #expect(part["values"]?[0]?[0] == told["values"]?[1]?[2] && part["values"]?[0]?[1] == told["values"]?[1]?[0])
            #expect(part["values"]?[0]?[2] == .null)
        }
        await fixture.stop()
    }

    /// A date is found whole whatever it has of instruments, and none of its neighbours with it.
    @Test func aDateOfManyInstrumentsIsWhole() async throws {
        let kept = FactorValues(store: MemorySeriesStore()), day = Timestamp(seconds: 1_000_000)
        let values = (0..<10_000).map(Double.init)
        for (run, time) in [day, day.adding(nanoseconds: 1_000_000_000)].enumerated() {
            try await kept.write([values], of: ["f"], .minute1, at: time, run: run + 1, recordedAt: time)
        }
        let found = try await kept.days("f", .minute1, from: day, to: day)
        #expect(found == [FactorValues.Day(time: day, run: 1, values: values)])
    }

    /// What another job calculated again is told as such; jobs over other symbols touch nothing of each other.
    @Test @LoopActor func whatWasCalculatedAgainSaysSo() async throws {
        let fixture = try await Self.filled()
        let first = try await Self.run(fixture, "2020-03-20")
        let pair = try await Self.run(fixture, "2020-03-20", #""symbols":["GOOG","AAPL"]"#)
        let before = try await Self.history(fixture, first, "")
        #expect(before["items"]?[0]?["restated"] == nil && before["items"]?[1]?["values"]?.elements.count == 3)
        var bars = BarColumns.walk(100, seed: 1)
        bars.close[77] = bars.high[77]
        try await fixture.store(bars, "AAPL")
        try await fixture.store(.walk(100, seed: 9), "KO")
        await fixture.settle()
        let second = try await Self.run(fixture, "2020-03-20")
        let old = try await Self.history(fixture, first, ""), new = try await Self.history(fixture, second, "")
        #expect(new["symbols"]?.elements.compactMap(\.text) == ["AAPL", "GOOG", "KO", "MSFT"])
        for place in Self.factors.indices {
            let item = old["items"]?[place]
            #expect(item?["restated"]?["job_id"]?.text == second && item?["values"]?.elements.count == 3)
            #expect(item?["restated"]?["data_version"] == new["data_version"])
            // The symbols of the first job, by name, in the values of the second.
            let values = new["items"]?[place]?["values"]
            #expect(item?["values"]?.elements == [0, 1, 3].compactMap { values?[$0] })
            #expect(new["items"]?[place]?["restated"] == nil)
        }
        let kept = try await Self.history(fixture, pair, "factor=rank(close)")
        #expect(kept["symbols"]?.elements.compactMap(\.text) == ["GOOG", "AAPL"] && kept["universe"]?.text != "stored")
        #expect(kept["lineage"]?.elements.count == 1 && kept["lineage"]?[0]?["job_id"]?.text == pair)
        let same = try await Self.run(fixture, "2020-03-21", #""symbols":["AAPL","GOOG"]"#)
        let both = try await Self.history(fixture, pair, "factor=rank(close)")
        #expect(both["lineage"]?.elements.compactMap { $0["job_id"]?.text } == [pair, same])
        await fixture.stop()
    }

    /// Fewer symbols at a date that is calculated again: those that went are not of the new run.
    @Test @LoopActor func daysAreReadAsTheirRunsSay() async throws {
        let store = MemorySeriesStore(), values = FactorValues(store: store), time = Timestamp(seconds: 86_400)
        try await values.write([[1, 2, .nan]], of: ["u/f"], .day1, at: time, run: 7, recordedAt: time)
        try await values.write([[4]], of: ["u/f"], .day1, at: time, run: 8, recordedAt: time)
        let later = time.adding(nanoseconds: 86_400_000_000_000)
        try await values.write([[], [5]], of: ["u/f", "u/g"], .day1, at: later, run: 9, recordedAt: time)
        let days = try await values.days("u/f", .day1, from: nil, to: nil)
        #expect(days.map(\.run) == [8, 9] && days.map(\.time) == [time, later])
        #expect(days[0].values.prefix(2) == [4, 2] && days[1].values.isEmpty)
        let inside = time.adding(nanoseconds: 2)
        #expect(try await values.days("u/f", .day1, from: inside, to: nil).map(\.run) == [9])
        #expect(try await values.days("u/f", .day1, from: nil, to: inside).map(\.run) == [8])
        #expect(try await values.days("u/nothing", .day1, from: nil, to: nil).isEmpty)
        let long = [String](repeating: "close", count: 100).joined(separator: "+")
        let name = FactorValues.name("u", long, { Array($0.reversed()) })
        #expect(name.hasPrefix("u/#") && FactorValues.name("u", "close", { $0 }) == "u/close")
    }

    @Test @LoopActor func badQueriesAreRefused() async throws {
        let fixture = try await Self.filled()
        let id = try await Self.run(fixture, "2020-03-20")
        #expect(try await Self.history(fixture, id, "from=2020-01-01", status: 422).pointers == ["?factor"])
        #expect(try await Self.history(fixture, id, "factor=close", status: 422).pointers == ["?factor"])
        #expect(try await Self.history(fixture, id, "factor=rank(close)&symbols=a%20b", status: 422).pointers == ["?symbols"])
        await fixture.stop()
    }

    /// Jobs of the build that kept values in the records: finished ones are read, one under way goes on.
    @Test(arguments: EngineRecords.here)
    @LoopActor func jobsOfTheBuildBeforeAreRead(_ records: EngineRecords) async throws {
        let fixture = try await Self.filled(records: records)
        let context = try #require(fixture.hosts[.factor]).context, engine = FactorEngine(context)
        let bench = try JobBench(try await engine.bars(PanelBody(
            symbols: [], universe: .stored, timeframe: .day1, from: nil, to: nil, asOf: nil, panel: nil, groups: [:])),
            digest: context.digest)
        let names = (3..<83).map { "ts_mean(close,\($0))" }
        let first = bench.block(0, Array(names.prefix(64)))
        let other = JobBlock(number: 1, values: names.suffix(16).map { _ in [1, 2, 3] }, failed: 0)
        for (id, state, blocks) in [("done", "finished", [first, other]), ("halfway", "running", [first])] {
            try await context.commit([Statement(
                """
                INSERT INTO factor_job (id, created, timeframe, symbols, as_of, factors, state, ts, data_version, detail,
                symbol_groups) VALUES ($1, 1, '1d', 'AAPL GOOG MSFT', NULL, $2, $3, $4, $5, '', '[]')
                """, [.text(id), .blob(Array(names.joined(separator: "\n").utf8)), .text(state),
                      .integer(try #require(bench.time).nanoseconds), .text(bench.version)])])
            for block in blocks {
                try await context.commit([Statement(
                    """
                    INSERT INTO factor_job_block (job, block, factors, nulls, failed, bytes) VALUES ($1, $2, $3, 0, 0, $4)
                    """, [.text(id), .integer(Int64(block.number)), .integer(Int64(block.values.count)), .blob(block.bytes)])])
            }
        }
        let jobs = FactorJobs(context, turn: JobTurn())
        try await jobs.start { bars, facts in try await engine.adding(facts, to: engine.bars(bars)) }
        await fixture.until("it goes on") { jobs["halfway"]?.state == .finished }
        let done = try await jobs.values(try #require(jobs["done"]), from: 0, limit: 100)
        #expect(done.items.map(\.factor) == names && done.items.allSatisfy { $0.restated == nil && $0.hash.count == 32 })
        #expect(done.items.suffix(16).allSatisfy { $0.values == [1, 2, 3] })
        let halfway = try #require(jobs["halfway"]), went = try await jobs.values(halfway, from: 0, limit: 100)
        #expect(halfway.done == 80 && halfway.run > 0 && halfway.detail.isEmpty && went.items.map(\.factor) == names)
        let expected = first.values + bench.block(1, Array(names.suffix(16))).values
        for (item, values) in zip(went.items, expected) {
            #expect(item.values.map(\.bitPattern) == values.map(\.bitPattern) || values.contains(where: \.isNaN))
        }
        #expect(zip(went.items, done.items).allSatisfy { $0.hash == $1.hash })
        await jobs.stop()
        await fixture.stop()
    }
}
