import EngineKit
import Features
import HTTP
import Market
import Runtime
import Testing
import Wire

/// The list of what goes wrong with features, over HTTP: each is named in the answer and none is more than that.
/// Bars that are restated or late are in `LiveCorrectionTests`.
@Suite struct BadInputTests {
    init() { EventLoop.runInBackground() }

    private static let bars = #""bars":{"ts":["2024-01-02","2024-01-03"],"close":[1,2]}"#

    private static func list(_ features: [String]) -> String {
        #""features":[\#(features.map { "\"\($0)\"" }.joined(separator: ","))]"#
    }

    /// Messages of the answer to features over two bars, by index; all of them must be refused.
    @LoopActor private func refusals(_ features: [String]) async throws -> [String] {
        let fixture = try await EngineFixture.make([FeaturesEngine.self])
        let answer = try await fixture.json(
            .features, .post, "/features/calculate", "{\(Self.bars),\(Self.list(features))}", status: 422)
        #expect(answer.pointers == features.indices.map { "/features/\($0)" })
        let batch = try await fixture.json(
            .features, .post, "/features/batch", #"{"symbols":["GOOG"],\#(Self.list(features))}"#, status: 422)
        #expect(batch.messages == answer.messages)
        await fixture.stop()
        return answer.messages
    }

    /// The rule of the import, for bars that are sent along.
    @Test @LoopActor func barsThatCannotBeAreRefused() async throws {
        let fixture = try await EngineFixture.make([FeaturesEngine.self])
        for (high, low, pointer) in [("9,3", "1,4", "/bars/high/1"), ("9,2", "1,1", "/bars/high/1"),
                                     ("9,9", "6,1", "/bars/low/0")] {
            let bars = #"{"ts":["2024-01-02","2024-01-03"],"high":[\#(high)],"low":[\#(low)],"close":[5,3]}"#
            let answer = try await fixture.json(
                .features, .post, "/features/calculate", #"{"bars":\#(bars),"features":["close"]}"#, status: 422)
            #expect(answer.pointers == [pointer])
        }
        let partial = #"{"bars":{"ts":["2024-01-02"],"high":[null],"low":[1],"close":[5]},"features":["high-low"]}"#
        _ = try await fixture.json(.features, .post, "/features/calculate", partial)
        await fixture.stop()
    }

    /// A factor is not a window: one that no integer holds is a number like any other, and a window's range is told.
    @Test @LoopActor func numbersThatNoIntegerHoldsAreAnswered() async throws {
        let fixture = try await EngineFixture.make([FeaturesEngine.self])
        let one = #""bars":{"ts":["2024-01-01"],"open":[1],"high":[2],"low":[0.5],"close":[1],"volume":[1]}"#
        for text in ["sar(1e19,0.2)", "cdl_morningstar(1e19)", "sarext(1e19)"] {
            _ = try await fixture.json(.features, .post, "/features/calculate", "{\(one),\(Self.list([text]))}")
        }
        for text in ["sma(close,1e19)", "ts_mean(close,1e19)", "ts_mean(close,5,min_periods=1e19)", "sar(1e40)"] {
            _ = try await fixture.json(
                .features, .post, "/features/calculate", "{\(one),\(Self.list([text]))}", status: 422)
        }
        await fixture.stop()
    }

    /// Bars of one instrument have no groups: said, not answered with nulls.
    @Test @LoopActor func groupsAreOfPanels() async throws {
        let messages = try await refusals(["group_neutralize(close,sector)", "1+group_neutralize(close,industry)"])
        #expect(messages[0].contains("neutralises by sector") && messages[1].contains("neutralises by industry"))
        #expect(messages.allSatisfy { $0.contains("`groups`") })
    }

    @Test @LoopActor func unknownNamesSuggestTheNearest() async throws {
        let nearest = [
            "smaa(close,20)": "sma", "sma(clsoe,20)": "close", "macd(close).signl": "signal", "cdl_dogi()": "cdl_doji",
            "ts_meen(close,3)": "ts_mean", "group_neutralize(close,sectr)": "sector",
        ]
        let names = nearest.keys.sorted()
        for (name, message) in zip(names, try await refusals(names)) {
            #expect(message.contains("did you mean '\(nearest[name] ?? "")'?"), "\(name): \(message)")
            #expect(message.contains("at character"), "\(name): \(message)")
        }
        let far = try await refusals(["supercalifragilistic(close)"])
        #expect(far[0].contains("'supercalifragilistic'") && !far[0].contains("did you mean"))
    }

    @Test @LoopActor func wrongArityTypeAndWindowAreTold() async throws {
        let wanted = [
            ("sma()", "sma takes 1 to 2 arguments, not 0"), ("atr(14,2)", "atr takes 0 to 1 arguments, not 2"),
            ("ts_mean(close)", "ts_mean takes 2 arguments, not 1"), ("close(3)", "takes no arguments"),
            ("sma", "sma is a function: write sma(…)"), ("where(close,1,2)", "where needs a condition"),
            ("not close", "not needs a condition"), ("sma(20)", "the first argument of sma is a series"),
            ("sma(close,open)", "timeperiod of sma must be a number written out"),
            ("sma(close,0)", "timeperiod of sma must be from 1"), ("sma(close,2.5)", "must be a whole number"),
            ("sma(close,100001)", "timeperiod of sma must be from 1.0 to 100000.0"),
            ("bbands(close,20,2,2,9)", "must be from 0.0 to 8.0"), ("delay(close,-1)", "would look ahead"),
            ("ts_mean(close,5,min_periods=9)", "min_periods must be a whole number from 1 to 5"),
            ("sma(close,20", "expected ',' or ')', found the end"), ("", "must be a string of 1"),
            ("close+", "found the end"),
            ("1 < 2 < 3", "comparisons do not chain"),
        ]
        for ((text, words), message) in zip(wanted, try await refusals(wanted.map(\.0))) {
            #expect(message.contains(words), "\(text): \(message)")
        }
    }

    /// A text has no names of its own to define, so none can lead back to itself: one feature does not know another.
    @Test @LoopActor func thereAreNoCycles() async throws {
        let messages = try await refusals(["a", "a+1", "b*a", "sma(a,2)"])
        #expect(messages.allSatisfy { $0.contains("there is no column '") })
    }

    @Test @LoopActor func bombsAreRefusedWithTheirCost() async throws {
        let deep = String(repeating: "(", count: 500) + "1" + String(repeating: ")", count: 500)
        let wide = "1" + String(repeating: "+1", count: 3000)
        let costly = "ts_rank(close,90000)"
        let long = String(repeating: "a", count: 20_000)
        let messages = try await refusals([deep, wide, costly, long])
        #expect(messages[0] == "nested deeper than 64 (at character 65) (cost 65)")
        #expect(messages[1].hasPrefix("more than 1024 nodes") && messages[1].hasSuffix("(cost 1025)"))
        let cost = try #require(messages[2].split(separator: " ").compactMap { Int($0) }.first)
        #expect(cost > 180_000 && messages[2].hasPrefix("costs \(cost) a bar, more than 100000"))
        #expect(messages[3] == "must be a string of 1 to 10000 characters")

        // Each is cheap enough, all of them over these bars are not.
        let fixture = try await EngineFixture.make([FeaturesEngine.self])
        let many = (0..<400).map { "ts_quantile(close,\(11_000 + $0),0.5)" }
        let answer = try await fixture.json(
            .features, .post, "/features/calculate", "{\"bars\":\(BarColumns.walk(600).json),\(Self.list(many))}",
            status: 422)
        #expect(answer.pointers == ["/features"])
        let steps = try #require(answer.messages.first?.split(separator: " ").compactMap { Int($0) }.first)
        #expect(steps > 20_000_000_000 && answer.messages[0].contains("steps over 600 bars"))
        let countless = try await fixture.json(
            .features, .post, "/features/calculate", "{\(Self.bars),\(Self.list((0...500).map { "close+\($0)" }))}",
            status: 422)
        #expect(countless.messages == ["has 501 elements, at most 500 are allowed"])
        await fixture.stop()
    }

    @Test @LoopActor func windowsLongerThanTheDataAreNullAndSaid() async throws {
        let fixture = try await EngineFixture.make([FeaturesEngine.self])
        let body = "{\(Self.bars),\(Self.list(["sma(close,3)", "close", "macd(close)", "ts_mean(close,100000)"]))}"
        let answer = try await fixture.json(.features, .post, "/features/calculate", body)
        let long = ["hist", "macd", "signal"].map { "macd(close).\($0)" } + ["sma(close,3)", "ts_mean(close,100000)"]
        for name in long { #expect(answer["columns"]?[name] == .array([.null, .null]), "\(name)") }
        #expect(answer["columns"]?["close"] == .array([.number(1), .number(2)]))
        let said = answer["warnings"]?.elements.compactMap(\.text).sorted() ?? []
        #expect(said.count == long.count)
        for (name, warning) in zip(long, said) {
            let lookBack = try #require(answer["look_back"]?[name]?.int)
            #expect(warning == "\(name) is null throughout: it needs more than \(lookBack) bars")
        }
        let csv = try await fixture.ask(.features, .post, "/features/calculate", body, accept: "text/csv")
        #expect(String(decoding: csv.body, as: UTF8.self).contains("\n2024-01-02T00:00:00Z,,1.0,,,,\n"))
        await fixture.stop()
    }

    @Test @LoopActor func numbersThatAreNotFiniteDoNotComeIn() async throws {
        let fixture = try await EngineFixture.make([FeaturesEngine.self])
        for number in ["NaN", "nan", "Infinity", "-Infinity", "1e400", "-1e400"] {
            let body = #"{"bars":{"ts":[1704153600000],"close":[\#(number)]},"features":["close"]}"#
            let answer = try await fixture.ask(.features, .post, "/features/calculate", body)
            #expect([400, 422].contains(answer.status), "\(number)")
        }
        // A null is a value that is not there: it is in no window's way but in those that hold it.
        let holed = try await fixture.json(.features, .post, "/features/calculate", """
            {"bars":{"ts":["2024-01-02","2024-01-03","2024-01-04","2024-01-05","2024-01-06"],"close":[1,null,4,6,8]},
             "features":["sma(close,2)","ema(close,2)","close/0","1e300*1e300*close"]}
            """)
        #expect(holed["columns"]?["sma(close,2)"] == .array([.null, .null, .null, .number(5), .number(7)]))
        #expect(holed["columns"]?["ema(close,2)"]?.elements[1] == .null)
        #expect(holed["columns"]?["ema(close,2)"]?.elements[2] == .number(2.5))
        for name in ["close/0", "1e300*1e300*close"] {
            #expect(holed["columns"]?[name]?.elements.allSatisfy { $0 == .null } == true, "\(name)")
        }
        // Nor do they get into the store, where live features take them from.
        let rows = ["ts,open,high,low,close,volume", "2024-01-02,1,1,1,1,1", "2024-01-03,nan,1,1,nan,1",
                    "2024-01-04,1,inf,1,1,1"].joined(separator: "\n")
        let host = try #require(fixture.hosts[.marketdata])
        let stored = await host.application.respond(Request(
            method: .post, path: "/market-data/import", query: "symbol=GOOG&timeframe=1d",
            headers: ["Host": "localhost", "Content-Type": "text/csv"], body: Array(rows.utf8)))
        #expect(try JSONTree(stored.body)["rejected"]?.elements.map { $0["line"]?.int } == [3, 4])
        let latest = try await fixture.json(.features, .get, "/features/latest/GOOG")
        #expect(latest["ts"]?.text == "2024-01-02T00:00:00Z" && latest["values"]?["obv()"] != .null)
        await fixture.stop()
    }

    @Test @LoopActor func aSymbolWithoutDataIsNamed() async throws {
        let fixture = try await EngineFixture.make([FeaturesEngine.self])
        let unknown = try await fixture.json(.features, .post, "/features/calculate",
                                             #"{"symbol":"NONE","features":["close"]}"#, status: 422)
        #expect(unknown.pointers == ["/symbol"] && unknown.messages[0].contains("no 1d bars of NONE are stored"))
        let batch = try await fixture.json(.features, .post, "/features/batch",
                                           #"{"symbols":["NONE"],"features":["close"]}"#)
        #expect(batch["missing"] == .array([.string("NONE")]) && batch["items"] == .array([]))
        let latest = try await fixture.json(.features, .get, "/features/latest/NONE", status: 404)
        #expect(latest["detail"]?.text?.contains("no 1d bars of NONE are stored") == true)
        try await fixture.store(.walk(5), "GOOG")
        let other = try await fixture.json(.features, .get, "/features/latest/GOOG", query: "timeframe=1h", status: 404)
        #expect(other["detail"]?.text?.contains("no 1h bars of GOOG") == true)
        let empty = try await fixture.json(.features, .post, "/features/calculate",
                                           #"{"symbol":"GOOG","from":"2030-01-05","features":["close"]}"#)
        #expect(empty["ts"] == .array([]) && empty["columns"]?["close"] == .array([]))
        await fixture.stop()
    }
}
