import EngineKit
import Factors
import HTTP
import Market
import Runtime
import Testing
import Wire

/// What callers of the factor routes can get wrong: each is named in the answer, none is a crash.
@Suite struct FactorBadInputTests {
    init() { EventLoop.runInBackground() }

    /// The routes that take `factors`, each with a body but for them.
    private static let routes = [
        ("/factors/calculate", #""universe":"stored""#), ("/factors/statistics", #""universe":"stored""#),
        ("/factors/correlation", #""universe":"stored""#), ("/factors/batch", #""universe":"stored""#),
        ("/factors/exposure", #""universe":"stored","weights":{"GOOG":1}"#),
    ]

    @LoopActor private static func filled() async throws -> EngineFixture {
        try await .factors(over: ["GOOG"], bars: 30)
    }

    /// A factor and what the answer must say of it.
    private static let wrong = [
        // Names: the nearest is suggested.
        ("rnak(close)", "did you mean 'rank'?"), ("clse", "did you mean 'close'?"),
        ("zscor.63.raw@facts.pe_rato", "did you mean 'zscore.63.raw@facts.pe_ratio'?"),
        ("alpha158.KMD", "did you mean 'alpha158.KMID'?"), ("x@y", "there is no factor 'x@y'"),
        ("delta.5.raw@fred.dgs10", "no series of fred are stored"),
        ("corr.63.raw@facts.pe_ratio~fred.dgs10", "no series of fred are stored"),
        // Arguments, types and windows.
        ("ts_mean(close)", "takes 2 arguments, not 1"), ("ts_corr(open,close)", "takes 3 arguments, not 2"),
        ("ts_mean(close,0)", "must be from"), ("sma(close,2.5)", "must be a whole number"),
        ("ts_mean(close,open)", "must be a number written out"), ("where(close,1,2)", "needs a condition"),
        ("macd(close)", "choose an output"), ("delay(close,-1)", "would look ahead"),
        ("ts_mean(close,5,min_periods=9)", "min_periods must be"), ("close +", "expected"),
        ("group_neutralize(close,planet)", "no grouping 'planet'"),
        // A factor cannot name another, itself neither, so that a cycle cannot be written.
        ("rank(alpha101.012)", "expected ',' or ')'"), ("level.0.raw@level.0.raw@bars.close", "there is no factor"),
        ("rank(level.0.raw@bars.close)", "there is no factor"),
        // Bombs: depth, nodes, length, cost, each with what it would cost.
        (String(repeating: "(", count: 300) + "1" + String(repeating: ")", count: 300), "nested deeper than 64"),
        ("1" + String(repeating: "+1", count: 3000), "more than 1024 nodes"),
        ("ts_rank(close,90000)", "a bar, more than 100000"),
    ]

    @Test(arguments: routes) @LoopActor func whatIsNoStringMovesNoPointer(_ route: (path: String, body: String)) async throws {
        let fixture = try await Self.filled()
        let answer = try await fixture.json(
            .factor, .post, route.path, "{\(route.body),\"factors\":[5,\"close\",\"rnak(close)\"]}", status: 422)
        #expect(answer.pointers == ["/factors/0", "/factors/2"])
        let empty = try await fixture.json(.factor, .post, route.path, "{\(route.body),\"factors\":[]}", status: 422)
        #expect(empty.pointers == ["/factors"])
        await fixture.stop()
    }

    @Test(arguments: routes) @LoopActor func everyWrongFactorIsNamed(_ route: (path: String, body: String)) async throws {
        let fixture = try await Self.filled()
        let list = Self.wrong.map { "\"\($0.0)\"" }.joined(separator: ",")
        let answer = try await fixture.json(.factor, .post, route.path, "{\(route.body),\"factors\":[\(list)]}", status: 422)
        #expect(answer.pointers == Self.wrong.indices.map { "/factors/\($0)" })
        for (message, (factor, part)) in zip(answer.messages, Self.wrong) {
            #expect(message.contains(part), "\(factor.prefix(60)): \(message)")
        }
        // A bomb's message says what it costs.
        for message in answer.messages.suffix(3) {
            #expect(message.contains("cost"), "\(message)")
        }
        await fixture.stop()
    }

    /// Each factor may be cheap and all of them too much.
    @Test @LoopActor func whatCostsTooMuchTogetherIsRefused() async throws {
        let fixture = try await EngineFixture.make([FactorEngine.self])
        let list = (0..<900).map { "\"ts_rank(close,\(20_000 + $0))\"" }.joined(separator: ",")
        let bars = BarColumns.walk(30_000, firstDay: -20_000).json
        let answer = try await fixture.json(.factor, .post, "/factors/calculate",
                                            #"{"panel":{"A":\#(bars)},"factors":[\#(list)],"as_of":"2030-01-01"}"#, status: 422)
        #expect(answer.pointers == ["/factors"])
        #expect(answer.messages.first?.contains("they cost") == true && answer.messages.first?.contains("at most") == true)
        await fixture.stop()
    }

    @Test(arguments: routes.filter { $0.0 != "/factors/batch" })
    @LoopActor func aSymbolWithoutBarsIsNamed(_ route: (path: String, body: String)) async throws {
        let fixture = try await Self.filled()
        let body = route.body.replacing(#""universe":"stored""#, with: #""symbols":["GOOG","NONE"]"#)
        let answer = try await fixture.json(.factor, .post, route.path, "{\(body),\"factors\":[\"close\",\"open\"]}", status: 422)
        #expect(answer.pointers == ["/symbols/1"])
        #expect(answer.messages.first?.contains("no 1d bars of NONE are stored") == true)
        await fixture.stop()
    }

    /// A job finds out when it begins; it fails and says why.
    @Test @LoopActor func aJobWithoutBarsFailsAndSaysWhy() async throws {
        let fixture = try await Self.filled()
        let path = try await fixture.job(#"{"symbols":["GOOG","NONE"],"factors":["close"]}"#, until: "failed")
        let job = try await fixture.json(.factor, .get, path)
        #expect(job["detail"]?.text?.contains("no 1d bars of NONE are stored") == true && job["done"]?.int == 0)
        await fixture.stop()
    }

    /// Before the first bar there is nothing to calculate.
    @Test @LoopActor func aJobBeforeAllBarsFailsAndSaysWhy() async throws {
        let fixture = try await Self.filled()
        let path = try await fixture.job(
            #"{"universe":"stored","factors":["close"],"as_of":"1980-01-01"}"#, until: "failed")
        let job = try await fixture.json(.factor, .get, path)
        #expect(job["detail"]?.text == "/as_of: no 1d bar of its symbols is as old as 1980-01-01T00:00:00Z")
        await fixture.stop()
    }

    @Test @LoopActor func aHistoryWithoutDatesOrSymbolsIsRefused() async throws {
        let fixture = try await Self.filled()
        let path = try await fixture.job(#"{"universe":"stored","factors":["close"]}"#, until: "finished")
        let answer = try await fixture.json(
            .factor, .get, path + "/values", query: "factor=close&from=2020-02-01&to=2020-01-01&symbols=,,",
            status: 422)
        #expect(answer.pointers == ["?to", "?symbols"])
        await fixture.stop()
    }

    /// Nothing stored at all is no crash: an empty answer, or what is missing.
    @Test(arguments: routes) @LoopActor func anEmptyStoreIsNoCrash(_ route: (path: String, body: String)) async throws {
        let fixture = try await EngineFixture.make([FactorEngine.self])
        let answer = try await fixture.ask(.factor, .post, route.path, "{\(route.body),\"factors\":[\"close\",\"open\"]}")
        #expect([200, 202, 422].contains(answer.status), "\(String(decoding: answer.body, as: UTF8.self))")
        let filter = try await fixture.ask(.factor, .post, "/factors/batch",
                                           #"{"universe":"stored","catalog_filter":{"source":"facts"}}"#)
        #expect(filter.status == 422)
        await fixture.stop()
    }

    /// A number that is not finite is refused; a null, a zero and a huge one are values, and nothing infinite comes out.
    @Test @LoopActor func barsThatAreNoNumbers() async throws {
        let fixture = try await EngineFixture.make([FactorEngine.self])
        func ask(_ closes: String, _ volumes: String = "1,1,1,1") async throws -> Response {
            try await fixture.ask(.factor, .post, "/factors/calculate", """
                {"panel":{"A":{"ts":["2024-01-01","2024-01-02","2024-01-03","2024-01-04"],"close":[\(closes)],\
                "volume":[\(volumes)]}},"factors":["close/volume","ts_mean(close,2)","exp(close)","close*close","zscore(close)"]}
                """)
        }
        for bad in ["1,NaN,3,4", "1,Infinity,3,4", "1,1e400,3,4", "1,\"2\",3,4", "1,-2,3,4", "1,0,3,4", "1,2,3"] {
            #expect([400, 422].contains(try await ask(bad).status), "\(bad)")
        }
        let holes = try JSONTree(try await ask("1,null,3,4", "0,1,1,1").body)
        #expect(holes["values"]?["close/volume"] == .array([
            .array([.null]), .array([.null]), .array([.number(3)]), .array([.number(4)]),
        ]))
        #expect(holes["values"]?["ts_mean(close,2)"]?.elements.map { $0[0]?.double } == [nil, nil, nil, 3.5])
        // Beyond what a number can be is null, not infinite.
        let huge = try JSONTree(try await ask("1e200,1e300,1e-300,4").body)
        #expect(huge["values"]?["close*close"]?.elements.map { $0[0]?.double } == [nil, nil, 0, 16])
        #expect(huge["values"]?["exp(close)"]?[0]?[0] == .null)
        let empty = try JSONTree(try await ask("null,null,null,null").body)
        #expect(empty["values"]?["ts_mean(close,2)"]?.elements.allSatisfy { $0[0] == .null } == true)
        await fixture.stop()
    }

    /// A window longer than the data is null throughout; calculate and a job say so.
    @Test @LoopActor func aWindowLongerThanTheDataIsSaid() async throws {
        let fixture = try await Self.filled(), factors = #""factors":["ts_mean(close,31)","zscore.63.raw@bars.close","close"]"#
        let answer = try await fixture.json(.factor, .post, "/factors/calculate", #"{"universe":"stored",\#(factors)}"#)
        let warnings = answer["warnings"]?.elements.compactMap(\.text) ?? []
        #expect(warnings.count == 2 && warnings.allSatisfy { $0.contains("is null throughout: it needs more than") })
        let started = try await fixture.json(.factor, .post, "/factors/batch", #"{"universe":"stored",\#(factors)}"#, status: 202)
        let path = "/factors/jobs/" + (try #require(started["job_id"]?.text))
        try await fixture.until("it is done") { try await fixture.json(.factor, .get, path)["state"]?.text == "finished" }
        let job = try await fixture.json(.factor, .get, path)
        #expect(job["empty"]?.int == 2 && job["errors"]?.int == 0)
        await fixture.stop()
    }
}
