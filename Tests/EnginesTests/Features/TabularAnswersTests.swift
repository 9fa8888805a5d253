import Bus
import EngineKit
import Features
import HTTP
import Market
import Quant
import Runtime
import TestKit
import Testing

@Suite struct TabularAnswersTests {
    init() { EventLoop.runInBackground() }

    /// The Arrow stream, read by pyarrow, has the numbers of the JSON answer, nulls included.
    @Test(.enabled(if: ArrowReader.python != nil, "no Python with pyarrow; run scripts/setup.sh test"))
    @LoopActor func pyarrowReadsWhatJSONSays() async throws {
        let fixture = try await EngineFixture.make([FeaturesEngine.self])
        let features = ["sma(close,20)", "macd(close)", "ts_stddev(returns,5)"]
        let list = features.map { "\"\($0)\"" }.joined(separator: ",")
        let body = "{\"bars\":\(BarColumns.walk(60).json),\"features\":[\(list)]}"
        let answer = try await fixture.json(.features, .post, "/features/calculate", body)
        let arrow = try await fixture.ask(.features, .post, "/features/calculate", body,
                                          accept: "application/vnd.apache.arrow.stream")
        let read = try ArrowReader.read(arrow.body)
        #expect(read["rows"]?.int == 60)
        let names = try #require(answer["columns"]?.keys)
        #expect(names.count == 5 && Set(read["names"]?.elements.compactMap(\.text) ?? []) == Set(names + ["ts"]))
        for name in names { #expect(read["columns"]?[name] == answer["columns"]?[name], "\(name)") }
        await fixture.stop()
    }

    /// The same of many symbols, few rows and many: the rows of one after those of the other, and whose they are.
    @Test(.enabled(if: ArrowReader.python != nil, "no Python with pyarrow; run scripts/setup.sh test"), arguments: [7, 2600])
    @LoopActor func pyarrowReadsABatch(rows: Int) async throws {
        let fixture = try await EngineFixture.make([FeaturesEngine.self])
        try await fixture.write(.walk(rows), "AAPL")
        try await fixture.write(.walk(5, seed: 2), "BRK.B")
        let body = #"{"symbols":["BRK.B","NONE","AAPL"],"features":["sma(close,3)","macd(close)","sma(close,3)"]}"#
        let answer = try await fixture.json(.features, .post, "/features/batch", body)
        let arrow = try await fixture.ask(.features, .post, "/features/batch", body,
                                          accept: "application/vnd.apache.arrow.stream")
        #expect(arrow.contentType == "application/vnd.apache.arrow.stream")
        #expect(arrow.headers["Missing-Symbols"] == "NONE")
        let read = try ArrowReader.read(arrow.body)
        let names = ["sma(close,3)", "macd(close).macd", "macd(close).signal", "macd(close).hist"]
        #expect(read["rows"]?.int == 5 + rows)
        #expect(read["names"]?.elements.compactMap(\.text) == ["symbol", "ts"] + names)
        let symbols = [String](repeating: "BRK.B", count: 5) + [String](repeating: "AAPL", count: rows)
        #expect(read["columns"]?["symbol"]?.elements.compactMap(\.text) == symbols)
        for name in names {
            let told = answer["items"]?.elements.flatMap { $0["columns"]?[name]?.elements ?? [] }
            #expect(told?.count == 5 + rows && read["columns"]?[name]?.elements == told, "\(name)")
        }
        let none = try await fixture.ask(
            .features, .post, "/features/batch", #"{"symbols":["NONE"],"features":["close"]}"#,
            accept: "application/vnd.apache.arrow.stream")
        let empty = try ArrowReader.read(none.body)
        #expect(empty["rows"]?.int == 0 && empty["names"]?.elements.compactMap(\.text) == ["symbol", "ts", "close"])
        await fixture.stop()
    }

    /// The lines of a batch as CSV are those that its JSON says, also where they are written off the loop.
    @Test(arguments: [7, 2600]) @LoopActor func aBatchAsText(rows: Int) async throws {
        let fixture = try await EngineFixture.make([FeaturesEngine.self])
        try await fixture.write(.walk(rows), "AAPL")
        try await fixture.write(.walk(5, seed: 2), "BRK.B")
        let body = #"{"symbols":["BRK.B","NONE","AAPL"],"features":["sma(close,3)","close","open","high","low"]}"#
        let answer = try await fixture.json(.features, .post, "/features/batch", body)
        let text = try await fixture.ask(.features, .post, "/features/batch", body, accept: "text/csv")
        #expect(text.contentType == "text/csv" && text.headers["Missing-Symbols"] == "NONE")
        var lines = [#"symbol,ts,"sma(close,3)",close,open,high,low"#]
        for item in try #require(answer["items"]?.elements) {
            let symbol = try #require(item["symbol"]?.text)
            let columns = try ["sma(close,3)", "close", "open", "high", "low"].map {
                try #require(item["columns"]?[$0]?.elements)
            }
            for (row, time) in (item["ts"]?.elements ?? []).enumerated() {
                let values = columns.map { $0[row].double.map { "\($0)" } ?? "" }
                lines.append(([symbol, time.text ?? ""] + values).joined(separator: ","))
            }
        }
        #expect(lines.count == 6 + rows)
        #expect(String(decoding: text.body, as: UTF8.self) == lines.joined(separator: "\n") + "\n")
        await fixture.stop()
    }

    /// A long answer, which is computed and written in parts, has the columns of each feature asked for alone, in order;
    /// one that is asked for twice is there once.
    @Test(arguments: [false, true]) @LoopActor func partsAreTheWhole(isRepeated: Bool) async throws {
        let fixture = try await EngineFixture.make([FeaturesEngine.self])
        let bars = BarColumns.walk(1000).json
        var features = ["ts_rank(close,50)", "macd(close)", "sma(close,20)", "close / sma(close,20)", "atr(14)"]
        features += (3..<12).map { "wma(close,\($0))" }
        func body(_ features: [String]) -> String {
            "{\"bars\":\(bars),\"features\":[\(features.map { "\"\($0)\"" }.joined(separator: ","))]}"
        }
        let asked = isRepeated ? features + ["macd(close).hist", "sma(close,20)"] : features
        let whole = try await fixture.json(.features, .post, "/features/calculate", body(asked))
        var names: [String] = []
        for feature in features {
            let alone = try await fixture.json(.features, .post, "/features/calculate", body([feature]))
            for name in alone["columns"]?.keys ?? [] {
                names.append(name)
                let column = try #require(alone["columns"]?[name])
                #expect(whole["columns"]?[name] == column, "\(name)")
                #expect(whole["look_back"]?[name] == alone["look_back"]?[name])
            }
        }
        #expect(Set(whole["columns"]?.keys ?? []) == Set(names))
        let text = try await fixture.ask(.features, .post, "/features/calculate", body(asked), accept: "text/csv")
        let header = String(decoding: text.body.prefix { $0 != 10 }, as: UTF8.self).replacing("\"", with: "")
        let expected = features.flatMap { feature in
            feature == "macd(close)" ? ["macd", "signal", "hist"].map { "\(feature).\($0)" } : [feature]
        }
        #expect(header == (["ts"] + expected).joined(separator: ","))
        await fixture.stop()
    }

    /// An engine that was killed and starts again streams from the stored bars: every later vector has the same bits.
    @Test @LoopActor func aRestartChangesNoLaterVector() async throws {
        let bars = BarColumns.walk(120)
        var told: [[JSONTree?]] = []
        for first in [40, 90] {
            let fixture = try await EngineFixture.make([FeaturesEngine.self])
            try fixture.listen([Topics.feature])
            try await fixture.write(bars.prefix(first), "GOOG")
            for row in first..<120 {
                try await fixture.write(bars.prefix(row + 1).suffix(1), "GOOG")
                try await fixture.publish(bars.bar(row, "GOOG"))
            }
            await fixture.until("every vector came") { fixture.published.count == 120 - first }
            told.append(try fixture.published.suffix(30).map { try JSONTree($0.data)["values"] })
            await fixture.stop()
        }
        #expect(told[0] == told[1] && told[0].allSatisfy { $0 != nil })
    }
}
