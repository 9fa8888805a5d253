import Quant
import TestKit
import Testing

@Suite struct ExecutionCostTests {
    private func order(buy: Bool = true) -> ExecutedOrder {
        ExecutedOrder(
            isBuy: buy, quantity: 100,
            parts: [ExecutedPart(quantity: 60, price: 10.2, fees: 1, marketPrice: 10.15),
                    ExecutedPart(quantity: 20, price: 10.4, fees: 0.5, marketPrice: 10.3)],
            decision: 10, arrival: 10.1, vwap: 10.25, twap: 10.3, close: 10.5)
    }

    @Test func theShortfallOfABuyIsSplitByHand() throws {
        let cost = try ExecutionCost(order())
        #expect(cost.filled == 80 && cost.fillRatio == 0.8 && abs((cost.averagePrice ?? 0) - 10.25) < 1e-12)
        let shortfall = try #require(cost.shortfall)
        #expect(abs(shortfall.delay - 8) < 1e-9)
        #expect(abs(shortfall.timing - (60 * 0.05 + 20 * 0.2)) < 1e-9)
        #expect(abs(shortfall.impact - (60 * 0.05 + 20 * 0.1)) < 1e-9)
        #expect(abs(shortfall.opportunity - 20 * 0.5) < 1e-9)
        #expect(shortfall.fees == 1.5 && shortfall.market == .fills)
        // Paper: 100 at 10, worth 10.5. Real: 80 for 820 and fees.
        #expect(abs(shortfall.total - (50 - (840 - 820 - 1.5))) < 1e-9)
        #expect(abs(shortfall.basisPoints - shortfall.total / 1000 * 1e4) < 1e-9)
        let arrival = try #require(cost.againstArrival)
        #expect(abs(arrival.perShare - 0.15) < 1e-12 && abs(arrival.cost - 12) < 1e-9)
        #expect(abs(arrival.basisPoints - 0.15 / 10.1 * 1e4) < 1e-9)
        #expect(abs(cost.againstVWAP?.cost ?? 1) < 1e-9)
    }

    @Test func aSaleHasTheOppositeSign() throws {
        let cost = try ExecutionCost(order(buy: false))
        #expect(abs((cost.againstArrival?.cost ?? 0) + 12) < 1e-9)
        let shortfall = try #require(cost.shortfall)
        #expect(abs(shortfall.delay + 8) < 1e-9 && abs(shortfall.opportunity + 10) < 1e-9)
        #expect(shortfall.fees == 1.5)
    }

    /// The total is computed apart from its parts; for any order they agree.
    @Test func partsSumToTheWhole() throws {
        var random = SeededGenerator(seed: 31)
        for _ in 0..<2000 {
            func price() -> Double { Double.random(in: 1...500, using: &random) }
            let parts = (0..<Int.random(in: 0...6, using: &random)).map { _ in
                ExecutedPart(quantity: Double.random(in: 0.1...50, using: &random), price: price(),
                             fees: Double.random(in: 0...3, using: &random),
                             marketPrice: Bool.random(using: &random) ? price() : nil)
            }
            let filled = parts.reduce(0) { $0 + $1.quantity }
            let isDone = Bool.random(using: &random) && filled > 0
            let order = ExecutedOrder(
                isBuy: Bool.random(using: &random), quantity: isDone ? filled : filled + 10, parts: parts,
                decision: Bool.random(using: &random) ? price() : nil, arrival: price(),
                vwap: Bool.random(using: &random) ? price() : nil, close: isDone ? nil : price())
            let shortfall = try #require(try ExecutionCost(order).shortfall)
            let sum = shortfall.delay + shortfall.impact + shortfall.timing + shortfall.opportunity + shortfall.fees
            #expect(abs(sum - shortfall.total) < 1e-7)
        }
    }

    @Test func whatIsNotKnownIsNotSaid() throws {
        var open = order()
        open.close = nil
        #expect(try ExecutionCost(open).shortfall == nil)
        var blind = order()
        (blind.decision, blind.arrival) = (nil, nil)
        let cost = try ExecutionCost(blind)
        #expect(cost.shortfall == nil && cost.againstArrival == nil && cost.againstTWAP != nil)
        let none = try ExecutionCost(ExecutedOrder(isBuy: true, quantity: 5, parts: [], decision: 10, close: 12))
        #expect(none.averagePrice == nil && none.fillRatio == 0 && none.shortfall?.opportunity == 10)
        var over = order()
        over.quantity = 79
        #expect(throws: QuantError.self) { try ExecutionCost(over) }
        over.quantity = 0
        #expect(throws: QuantError.self) { try ExecutionCost(over) }
        var free = order()
        free.vwap = 0
        #expect(throws: QuantError.self) { try ExecutionCost(free) }
    }

    @Test func markOutsFollowTheSide() throws {
        let later: [Double?] = [10.302, nil]
        #expect(abs((ExecutionCost.markOut(order(), later: later) ?? 0) - 100) < 1e-9)
        #expect(abs((ExecutionCost.markOut(order(buy: false), later: later) ?? 0) + 100) < 1e-9)
        #expect(ExecutionCost.markOut(order(), later: [nil, nil]) == nil)
    }

    @Test func averagesOfAPath() throws {
        let path = try MarketPath(times: [10, 20, 40], prices: [1, 2, 4], volumes: [5, 0, 15])
        #expect(path.price(at: 9) == nil && path.price(at: 20) == 2 && path.price(at: 99) == 4)
        #expect(path.price(from: 21) == 4 && path.price(from: 41) == nil)
        #expect(path.volumeWeighted(from: 10, to: 40) == 3.25)
        #expect(path.volumeWeighted(from: 11, to: 39) == nil)
        // 1 for ten, 2 for twenty, 4 for ten.
        #expect(path.timeWeighted(from: 10, to: 50) == 2.25)
        #expect(path.timeWeighted(from: 20, to: 20) == 2 && path.timeWeighted(from: 5, to: 15) == nil)
        #expect(throws: QuantError.self) { try MarketPath(times: [2, 1], prices: [1, 1]) }
        #expect(throws: QuantError.self) { try MarketPath(times: [1], prices: [0]) }
        #expect(throws: QuantError.self) { try MarketPath(times: [1], prices: [1], volumes: []) }
        #expect(throws: QuantError.self) { try MarketPath(times: [1, 2], prices: [1, 1], volumes: [3, -1]) }
    }

    @Test func theEndsOfTimeAreNoTrap() throws {
        let path = try MarketPath(times: [.min, 0, .max], prices: [1, 2, 4], volumes: [1, 1, 2])
        #expect(path.price(from: .min) == 1 && path.price(from: .max) == 4 && path.price(at: .min) == 1)
        #expect(path.price(1, after: .max) == nil && path.price(1, after: 0) == 4 && path.price(0, after: 0) == 2)
        #expect(path.volumeWeighted(from: .min, to: .max) == 2.75 && path.timeWeighted(from: .max, to: .max) == 4)
        #expect(path.timeWeighted(from: .min, to: .max).map { abs($0 - 1.5) < 1e-9 } == true)
        #expect(path.close(from: .max) == 4)
        #expect(try MarketPath(times: [5], prices: [1]).close(from: 6) == nil)
        let market = try ExecutionMarket(
            times: [0, .max - 1], high: [3, 3], low: [1, 1], close: [2, 2], volume: [1, 1], known: 10)
        let order = market.measured(ExecutedOrder(isBuy: true, quantity: 1, parts: []), from: .max, to: .max)
        #expect(order.arrival == 2 && order.close == nil && order.vwap == nil)
    }

    @Test func aRatioOfSeveralIsByAnyPriceOfEach() throws {
        let done = try ExecutionCost(ExecutedOrder(isBuy: true, quantity: 10, parts: [
            ExecutedPart(quantity: 10, price: 5)]))
        func open(_ close: Double?) throws -> ExecutionCost {
            try ExecutionCost(ExecutedOrder(isBuy: false, quantity: 30, parts: [], close: close))
        }
        #expect(ExecutionCost.fillRatio(of: [done]) == 1 && ExecutionCost.fillRatio(of: []) == nil)
        #expect(try ExecutionCost.fillRatio(of: [done, open(5)]) == 0.25)
        #expect(try ExecutionCost.fillRatio(of: [done, open(nil)]) == nil)
    }
}
