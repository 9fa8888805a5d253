import Quant
import TestKit
import Testing

@Suite struct ExpressionSetTests {
    private static func panel(_ instruments: Int, rows: Int) throws -> Panel {
        var random = SeededGenerator(seed: 8)
        let names = (0..<instruments).map { "S\($0)" }
        return Panel(
            try names.map { name in
                func column(_ range: ClosedRange<Double>) -> [Double] {
                    (0..<rows).map { _ in
                        let isMissing = Double.random(in: 0..<1, using: &random) < 0.01
                        return isMissing ? .nan : Double.random(in: range, using: &random)
                    }
                }
                return (name, try Bars(
                    ts: (0..<rows).map(Int64.init), open: column(90...110), high: column(110...120),
                    low: column(80...90), close: column(90...110), volume: column(1...1000)))
            },
            groups: [.sector: Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, "g\($0 % 3)") })])
    }

    static let texts = [
        "close", "1", "rank(close)", "ts_mean(rank(close),5)", "rank(ts_mean(rank(close),5))+rank(close)",
        "group_neutralize(close-open,sector)", "close", "ts_mean(close,5)", "zscore(ts_corr(close,volume,10))",
        "rank(rank(close)-ts_mean(rank(close),5))", "scale(close,2)", "macd(close).hist*rank(volume)", "2+3*4",
        "where(rank(close) > 0.5, ts_sum(volume,30), 0/0)", "coalesce(close,open)", "vwap-rank(vwap)",
    ]

    /// Together, alone, and on any number of threads: the same bits, over more rows than a block has.
    @Test func togetherAloneAndOnManyThreads() async throws {
        let panel = try Self.panel(7, rows: 2500)
        let expressions = try Self.texts.map { try Expression.parse($0) }
        let set = ExpressionSet(expressions), together = set.evaluate(panel)
        let one = await set.evaluate(panel, threads: 1), two = await set.evaluate(panel, threads: 2)
        let five = await set.evaluate(panel, threads: 5)
        for (index, expression) in expressions.enumerated() {
            let alone = expression.evaluate(panel)
            for instrument in alone.indices {
                for values in [together, one, two, five] {
                    let own = values.values(index, instrument: instrument)
                    #expect(own.count == 2500 && zip(own, alone[instrument]).allSatisfy { sameBits($0, $1) },
                        "\(expression.text)")
                }
            }
        }
    }

    /// Statistics that share a window, over blocks, nulls and ties: the bits of each alone and of its stream.
    @Test(arguments: ["", ",min_periods=1", ",min_periods=7"])
    func sharedWindowsHaveTheBitsOfEachAlone(least: String) async throws {
        let ties = "max(sign(close-open)*2,-volume*0)"
        var texts: [String] = []
        for series in ["close", ties] {
            for period in [7, 24] {
                texts += [0.8, 0.2, 0.5].map { "ts_quantile(\(series),\(period),\($0)\(least))" }
                texts += ["rank", "slope", "rsquare", "resi", "stddev", "mean", "max", "argmin"].map {
                    "ts_\($0)(\(series),\(period)\(least))"
                }
                texts.append("ts_corr(\(series),volume,\(period)\(least))")
            }
        }
        let panel = try Self.panel(3, rows: 2300)
        let expressions = try texts.map { try Expression.parse($0) }
        let together = await ExpressionSet(expressions).evaluate(panel, threads: 2)
        for (index, expression) in expressions.enumerated() {
            let alone = expression.evaluate(panel)
            for (instrument, bars) in panel.bars.enumerated() {
                let own = together.values(index, instrument: instrument)
                var stream = try FeatureStream(try Feature.parse(expression.text))
                let streamed = (0..<bars.count).map { stream.update(BarValues(bars, row: $0))[0] }
                #expect(zip(own, alone[instrument]).allSatisfy { sameBits($0, $1) }, "\(expression.text) alone")
                #expect(zip(own, streamed).allSatisfy { sameBits($0, $1) }, "\(expression.text) as a stream")
            }
        }
    }

    /// Memory of an answer that is gone is written anew, not read.
    @Test func memoryThatComesAgainIsWrittenAnew() async throws {
        let panel = try Self.panel(60, rows: 2500)
        let set = ExpressionSet([try Expression.parse("close"), try Expression.parse("rank(close-open)")])
        let other = ExpressionSet([try Expression.parse("volume"), try Expression.parse("delay(close,2400)")])
        let first = await set.evaluate(panel, threads: 2)
        for _ in 0..<3 { _ = await other.evaluate(panel, threads: 2) }
        let again = await set.evaluate(panel, threads: 2)
        for output in 0..<2 {
            let pairs = zip(first.values(output).joined(), again.values(output).joined())
            #expect(pairs.allSatisfy { sameBits($0, $1) })
        }
    }

    @Test func commonPartsAreComputedOnce() throws {
        let mean = try Expression.parse("ts_mean(close*volume,20)")
        let more = try Expression.parse("ts_mean(volume*close,20)+1")
        #expect(ExpressionSet([mean, more]).cost == more.cost && ExpressionSet([mean, mean]).cost == mean.cost)
        #expect(try Expression.parse("2*3+4").cost < Expression.parse("close*3+4").cost)
    }

    @Test func emptyPanels() throws {
        let set = ExpressionSet([try Expression.parse("rank(ts_mean(close,2))")])
        #expect(set.evaluate(Panel([])).values(0).isEmpty)
        let empty = Panel([("A", try Bars(ts: [], close: []))])
        #expect(set.evaluate(empty).values(0) == [[]])
    }

    @Test func groupsAreNeutralisedApart() throws {
        let panel = Panel(
            try [("A", 1.0), ("B", 3), ("C", 10), ("D", 5)].map { ($0, try Bars(ts: [1], close: [$1])) },
            groups: [.industry: ["A": "x", "B": "x", "C": "y"]])
        let values = try Expression.parse("group_neutralize(close,industry)").evaluate(panel).map { $0[0] }
        #expect(firstDifference(values, [-1, 1, 0, .nan]) == nil)
        #expect(try Expression.parse("group_neutralize(close,industry)").groupings == [.industry])
        #expect(throws: QuantError.self) { try Expression.parse("group_neutralize(close)") }
        do throws(QuantError) {
            _ = try Expression.parse("group_neutralize(close,sectr)")
            Issue.record("there is no such grouping")
        } catch {
            #expect(error.suggestion == "sector" && error.position == 23)
        }
    }
}
