import Glibc
import HTTP
import Market
import Numerics
import Runtime
@testable import Strategy
import Testing
import TestKit

/// What a share of cash buys, at prices of all sizes.
@Suite struct PaperAccountTests {
    init() { EventLoop.runInBackground() }

    @LoopActor private static func definition(commission: FixedPoint, slippage: FixedPoint) throws -> StrategyDefinition {
        let body = """
            {"symbol":"KO","entry":"close > 1","exit":"close < 1","commission_bps":"\(commission)","slippage_bps":"\(slippage)"}
            """
        return try Route.body(StrategyDefinition.self, Request(method: .post, path: "/", body: Array(body.utf8)))
    }

    /// Whether a quantity costs more than a budget where nothing is rounded but the price.
    private func exceeds(_ quantity: Quantity, _ price: Price, _ commission: FixedPoint, _ budget: Money) -> Bool {
        let unit = price.raw * (FixedPoint.one + commission).raw, squared = FixedPoint.scale * FixedPoint.scale
        let cost = quantity.raw.magnitude.multipliedFullWidth(by: unit.magnitude)
        let limit = budget.raw.magnitude.multipliedFullWidth(by: squared.magnitude)
        return (cost.high, cost.low) > (limit.high, limit.low)
    }

    @LoopActor private func check(
        _ price: Price, cash: Money, _ fraction: FixedPoint, commission: FixedPoint, slippage: FixedPoint
    ) throws {
        let definition = try Self.definition(commission: commission, slippage: slippage)
        var account = PaperAccount(cash: cash, quantity: .zero)
        let bought = account.affordable(fraction, at: price, definition)
        let budget = cash * fraction, rate = commission / FixedPoint(10_000)
        let paid = price * (.one + slippage / FixedPoint(10_000))
        func cost(_ quantity: Quantity) -> Money {
            let notional = quantity * paid
            return notional + notional * rate
        }
        let what: Comment = "\(price), \(cash), \(fraction), \(commission), \(slippage)"
        #expect(bought >= .zero && bought <= .limit && cost(bought) <= budget, what)
        let more = bought + Quantity(raw: 1)
        #expect(bought == .limit || cost(more) > budget || exceeds(more, paid, rate, budget), what)
        let trade = account.fill(.buy, .cashFraction(fraction), at: price, definition)
        #expect(trade?.quantity ?? .zero == bought && account.cash == cash - cost(bought) && account.cash >= .zero, what)
    }

    @Test @LoopActor func itIsTheMostThatTheCashPaysForAndNeverMore() throws {
        let random = Philox(seed: 11)
        func power(_ from: Double, _ to: Double, _ place: Int, _ stream: UInt64) -> Double {
            pow(10, from + (to - from) * random.uniforms(UInt64(place), stream: stream).x)
        }
        for place in 0..<3000 {
            let price = try #require(FixedPoint(power(-9, 6, place, 1)))
            let cash = try #require(FixedPoint(power(-2, 12, place, 2)))
            let fraction = place % 3 == 0 ? .one : try #require(FixedPoint(power(-3, 0, place, 3)))
            let commission = place % 4 == 0 ? .zero : try #require(FixedPoint(power(-4, 3.9, place, 4)))
            let slippage = place % 5 == 0 ? .zero : try #require(FixedPoint(power(-4, 3.9, place, 5)))
            try check(max(price, FixedPoint(raw: 1)), cash: cash, fraction, commission: commission, slippage: slippage)
        }
    }

    /// Prices whose unit cost rounds down by much of itself: each of these took from a third of a second to years.
    @Test(arguments: ["0.00001234", "0.000000001", "0.01", "0.0625", "0.000000003"])
    @LoopActor func lowPricesAreAnsweredAtOnce(_ price: String) throws {
        try check(try #require(FixedPoint(text: price)), cash: FixedPoint(100_000), .one, commission: FixedPoint(10),
                  slippage: .zero)
    }

    @Test @LoopActor func nothingIsBoughtWithoutCashAndNoMoreThanAmountsMayBe() throws {
        let definition = try Self.definition(commission: .zero, slippage: .zero), least = FixedPoint(raw: 1)
        for cash in [FixedPoint.zero, FixedPoint(-5)] {
            #expect(PaperAccount(cash: cash, quantity: .zero).affordable(.one, at: least, definition) == .zero)
        }
        #expect(PaperAccount(cash: .limit, quantity: .zero).affordable(.one, at: least, definition) == .limit)
        #expect(PaperAccount(cash: .limit, quantity: .zero).affordable(.one, at: .zero, definition) == .zero)
    }
}
