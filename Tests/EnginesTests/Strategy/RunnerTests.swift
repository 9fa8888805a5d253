import EngineKit
import HTTP
import Market
import Quant
import Runtime
@testable import Strategy
import Testing
import TestKit

/// A deployment's value type against the batch kernel, bar by bar.
@Suite struct RunnerTests {
    init() { EventLoop.runInBackground() }

    @LoopActor private static func definition(_ more: String = "") throws -> StrategyDefinition {
        let body = """
            {"symbol":"GOOG","entry":"sma(close,3) > sma(close,8)","exit":"sma(close,3) < sma(close,8)",
             "commission_bps":5,"slippage_bps":1.5\(more)}
            """
        return try Route.body(StrategyDefinition.self, Request(method: .post, path: "/", body: Array(body.utf8)))
    }

    @LoopActor private static func runner() throws -> Runner {
        try Runner(deploymentID: "d", portfolioID: "p", strategyID: "s", definition: try definition(),
                   account: PaperAccount(cash: FixedPoint(10_000), quantity: .zero))
    }

    /// Fills of bars where risk answers every intent so.
    private static func fills(_ runner: inout Runner, _ bars: BarColumns, approves: Bool, twice: Bool = false) throws
        -> [PaperAccount.Trade] {
        var trades: [PaperAccount.Trade] = []
        for row in 0..<bars.count {
            let bar = bars.bar(row, "GOOG")
            for action in try runner.take(bar) {
                switch action {
                case .filled(_, let trade): trades.append(trade)
                case .rejected(_, let reason), .cancelled(_, let reason): Issue.record("ended: \(reason)")
                case .intend(let intent):
                    #expect(intent.time == bar.time && intent.expectedQuantity > .zero)
                    let isTaken = runner.decide(RiskDecision(orderID: intent.orderID, isApproved: approves, reasons: [],
                                                             time: bar.time))
                    #expect(isTaken)
                }
            }
            if twice {
                let before = (runner.account, runner.order, runner.last)
                let again = try runner.take(bar)
                #expect(again.isEmpty && runner.account == before.0 && runner.order == before.1
                    && runner.last == before.2)
            }
        }
        return trades
    }

    @Test(arguments: 1...12) @LoopActor func approvedItIsTheBacktest(_ seed: UInt64) throws {
        let bars = BarColumns.walk(250, seed: seed), definition = try Self.definition()
        var runner = try Self.runner()
        let trades = try Self.fills(&runner, bars, approves: true)
        let kernel = try RulesBacktest(initialCash: 10_000, costs: TradingCosts(commissionBps: 5,
            slippageBps: 1.5)).run(
            Bars(ts: bars.times, open: bars.open, high: bars.high, low: bars.low, close: bars.close,
                volume: bars.volume),
            entry: Quant.Expression.parse(definition.entry), exit: Quant.Expression.parse(definition.exit))
        #expect(trades.count == kernel.fills.count && trades.count > 4)
        for (trade, fill) in zip(trades, kernel.fills) {
            #expect(trade.side.rawValue == fill.side.rawValue)
            #expect(abs(trade.quantity.double - fill.quantity) < 1e-6)
            #expect(abs(trade.price.double - fill.price) < 1e-6)
            #expect(abs(trade.commission.double - fill.commission) < 1e-6)
        }
        let close = try #require(bars.close.last), equity = try #require(kernel.equity.last)
        let final = runner.account.cash.double + runner.account.quantity.double * close
        #expect(abs(final - equity) < 1e-6)
        #expect(!runner.account.cash.isNegative)
    }

    @Test @LoopActor func deniedItNeverTradesAndASecondDeliveryChangesNothing() throws {
        let bars = BarColumns.walk(120, seed: 3)
        var denied = try Self.runner(), once = try Self.runner(), twice = try Self.runner()
        let none = try Self.fills(&denied, bars, approves: false)
        #expect(none.isEmpty)
        #expect(denied.account == PaperAccount(cash: FixedPoint(10_000), quantity: .zero) && denied.order == nil)
        let expected = try Self.fills(&once, bars, approves: true)
        let again = try Self.fills(&twice, bars, approves: true, twice: true)
        #expect(again == expected && !expected.isEmpty)
        #expect(once.account == twice.account)
        // An older bar of the same stream was seen; a replay is another stream, from its beginning.
        #expect(once.hasSeen(bars.bar(5, "GOOG")) && !once.hasSeen(bars.bar(5, "GOOG", replay: "r")))
        _ = try once.take(bars.bar(5, "GOOG", replay: "r"))
        #expect(once.first?.nanoseconds == bars.times[5] && once.replay == "r")
    }

    @Test @LoopActor func withoutADecisionAnOrderWaitsAndCancelledItEnds() throws {
        let bars = BarColumns.walk(120, seed: 3)
        var runner = try Self.runner(), row = 0
        while runner.order == nil && row < bars.count {
            _ = try runner.take(bars.bar(row, "GOOG"))
            row += 1
        }
        let order = try #require(runner.order)
        let actions = try runner.take(bars.bar(row, "GOOG"))
        #expect(actions.isEmpty && runner.order == order && !order.isWorking)
        let isOther = runner.cancel("other"), isCancelled = runner.cancel(order.intent.orderID)
        #expect(!isOther && isCancelled && runner.order == nil)
        let isDecided = runner.decide(RiskDecision(orderID: order.intent.orderID, isApproved: true, reasons: [],
                                                   time: order.intent.time))
        #expect(!isDecided)
        #expect(!runner.wants(bars.bar(0, "MSFT")) && !runner.wants(bars.bar(0, "GOOG", timeframe: .hour1)))
    }

    @Test @LoopActor func onQuotesItBuysAtTheAskAndSellsAtTheBid() throws {
        let definition = try Self.definition(#","trigger":"quote","sizing":{"cash_fraction":1}"#)
        var runner = try Runner(
            deploymentID: "d", portfolioID: "p", strategyID: "s", definition: definition,
            account: PaperAccount(cash: FixedPoint(10_000), quantity: .zero))
        let bars = BarColumns.walk(250, seed: 1), slip = definition.slippageBps / FixedPoint(10_000)
        var prices: [Side: [Bool]] = [:]
        for row in 0..<bars.count {
            var bar = bars.bar(row, "GOOG")
            bar.open = bar.close
            let venue = try #require(VenuePrice(bid: bar.close - 1, ask: bar.close + 1))
            for action in try runner.take(bar, at: venue) {
                if case .filled(_, let trade) = action {
                    let reference = venue.price(for: trade.side)
                    let slipped = reference * (trade.side == .buy ? FixedPoint.one + slip : FixedPoint.one - slip)
                    prices[trade.side, default: []].append(trade.price == slipped)
                } else if case .intend(let intent) = action {
                    let isTaken = runner.decide(RiskDecision(
                        orderID: intent.orderID, isApproved: true, reasons: [], time: bar.time))
                    #expect(isTaken)
                }
            }
            #expect(runner.account.cash >= .zero)
        }
        #expect(prices.values.allSatisfy { !$0.isEmpty && !$0.contains(false) } && prices.count == 2)
    }

    @Test @LoopActor func theCanonicalBytesComeBackAndAreStable() throws {
        let text = """
            {"symbol":"GOOG","timeframe":"1d","entry":"sma(close,3) > sma(close,8)","exit":"sma(close,3) < sma(close,8)",\
            "sizing":{"cash_fraction":0.25},"commission_bps":5,"slippage_bps":1.5,"trigger":"quote"}
            """
        let definition = try Self.definition(#","trigger":"quote","sizing":{"cash_fraction":"0.250"}"#)
        #expect(String(decoding: definition.canonical, as: UTF8.self) == text)
        #expect(StrategyDefinition(canonical: definition.canonical) == definition)
        #expect(StrategyDefinition(canonical: Array("{}".utf8)) == nil)
        #expect(try Self.definition().canonical == Self.definition(#","timeframe":"1d","trigger":"bar""#).canonical)
        // A number that a binary one does not hold to the last digit comes back as it was.
        let fine = try Self.definition(#","sizing":{"cash_fraction":"0.123456789"}"#)
        #expect(StrategyDefinition(canonical: fine.canonical)?.cashFraction == FixedPoint(text: "0.123456789"))
    }
}
