import Quant
import Testing

@Suite struct BacktestTests {
    private static func bars(_ columns: [String: [Double]], ts: [Int64]? = nil) throws -> Bars {
        let close = try #require(columns["close"])
        return try Bars(
            ts: ts ?? close.indices.map(Int64.init), open: columns["open"] ?? [], high: columns["high"] ?? [],
            low: columns["low"] ?? [], close: close, volume: columns["volume"] ?? [])
    }

    @Test func rulesEqualTheNaiveOnes() throws {
        let fixture = try Fixture("backtests")
        let bars = try Self.bars(fixture.columns("bars"))
        let entry = try Expression.parse("sma(close,5) > sma(close,15)")
        let exit = try Expression.parse("sma(close,5) < sma(close,15)")
        for (key, expected) in try fixture.objects("rules") {
            let words = key.split(separator: " ")
            let backtest = RulesBacktest(
                initialCash: 100_000, fill: try #require(FillTime(rawValue: String(words[0]))),
                costs: TradingCosts(commissionBps: Double(words[1]) ?? -1, slippageBps: Double(words[2]) ?? -1))
            let result = try backtest.run(bars, entry: entry, exit: exit)
            #expect(firstDifference(result.equity, Fixture.numbers(try #require(expected["equity"]))) == nil, "\(key)")
            let fills = try #require(expected["fills"] as? [Any]).map(Fixture.numbers)
            #expect(result.fills.count == fills.count)
            for (fill, wanted) in zip(result.fills, fills) {
                let own = [Double(fill.row), fill.side == .buy ? 1 : -1, fill.quantity, fill.price]
                #expect(firstDifference(own, wanted) == nil, "\(key)")
            }
            #expect(result.cash >= 0)
        }
    }

    @Test func weightsEqualTheNaiveOnes() throws {
        let fixture = try Fixture("backtests")
        let ts = Fixture.numbers(try #require(fixture.root["days"])).map { Int64($0) * 86_400_000_000_000 }
        let columns = try #require(fixture.root["panel"] as? [[String: Any]])
        let panel = Panel(
            try columns.enumerated().map { ("S\($0)", try Self.bars($1.mapValues(Fixture.numbers), ts: ts)) })
        for (key, expected) in try fixture.objects("weights") {
            let words = key.split(separator: " ").map(String.init)
            let backtest = WeightsBacktest(
                initialCash: 50_000, fill: try #require(FillTime(rawValue: words[0])),
                rebalance: try #require(Rebalance(words[1])),
                costs: TradingCosts(commissionBps: Double(words[2]) ?? -1, slippageBps: Double(words[3]) ?? -1))
            let result = try backtest.run(panel, weights: [0.5, 0.3, 0.2])
            #expect(firstDifference(result.equity, Fixture.numbers(try #require(expected["equity"]))) == nil, "\(key)")
            #expect(
                firstDifference(result.quantities, Fixture.numbers(try #require(expected["quantities"]))) == nil)
            #expect(result.cash >= 0)
        }
    }

    /// Buy at 10 + 1 %, 1 % commission: the money is all spent, and comes back less both costs.
    @Test func aRoundTripByHand() throws {
        let bars = try Bars(ts: [0, 1, 2, 3], open: [10, 10, 12, 20], close: [10, 11, 12, 20])
        var backtest = RulesBacktest(
            initialCash: 1_000, costs: TradingCosts(commissionBps: 100, slippageBps: 100))
        let result = try backtest.run(bars, entry: [1, 0, 0, 1], exit: [0, 1, 0, 0])
        let quantity = 1_000 / (10.1 * 1.01)
        #expect(result.fills.map(\.row) == [1, 2])
        #expect(abs(result.fills[0].quantity - quantity) < 1e-12)
        #expect(abs(result.equity[1] - quantity * 11) < 1e-9)
        #expect(abs(result.cash - quantity * 12 * 0.99 * 0.99) < 1e-9)
        #expect(result.equity[0] == 1_000 && result.equity[3] == result.cash)
        #expect(abs((result.fills[1].profit ?? 0) - (result.cash - 1_000)) < 1e-9)
        #expect(result.statistics()?.totalReturn == result.cash / 1_000 - 1)
        backtest.fill = .close
        let atClose = try backtest.run(bars, entry: [1, 0, 0, 1], exit: [0, 1, 0, 0])
        #expect(atClose.fills.map(\.row) == [0, 1, 3])
    }

    @Test func weightsHoldAfterCosts() throws {
        let a = try SyntheticBars.walk(seed: 1, count: 60)
        let b = try SyntheticBars.walk(seed: 2, count: 60)
        let backtest = WeightsBacktest(
            initialCash: 1_000, fill: .close, rebalance: .daily,
            costs: TradingCosts(commissionBps: 30, slippageBps: 20))
        let result = try backtest.run(Panel([("A", a), ("B", b)]), weights: [0.6, 0.4])
        let value = result.quantities[0] * a.close[59]
        #expect(abs(value / result.equity[59] - 0.6) < 1e-12)
        #expect(result.cash >= 0 && result.cash < 1e-9)
        #expect(throws: QuantError.self) { try backtest.run(Panel([("A", a), ("B", b)]), weights: [0.8, 0.4]) }
    }

    @Test func rulesMustBeConditions() throws {
        let bars = try SyntheticBars.walk(seed: 1, count: 10)
        let number = try Expression.parse("close")
        let condition = try Expression.parse("close > open")
        #expect(throws: QuantError.self) {
            try RulesBacktest(initialCash: 1).run(bars, entry: number, exit: condition)
        }
        #expect(throws: QuantError.self) {
            try RulesBacktest(initialCash: 0).run(bars, entry: condition, exit: condition)
        }
    }
}
