import Market
@testable import Risk
import Runtime
import Testing
import TestKit

/// What an order with a limit counts as.
@Suite struct LimitOrderTests {
    init() { EventLoop.runInBackground() }

    private let ko = Symbol("KO")!

    /// A portfolio with cash of 10,000 and so many of KO at 100.
    private func state(holding quantity: Int) -> RiskState {
        var state = RiskState()
        state.apply(PortfolioValue(
            portfolioID: "p", time: Timestamp(seconds: 0), cash: FixedPoint(10_000), marketValue: .zero,
            realized: .zero, unrealized: .zero, netDeposits: .zero, trades: 0))
        for (symbol, held) in [(ko, quantity), (Symbol("PEP")!, 1)] {
            state.apply(PositionUpdate(
                portfolioID: "p", symbol: symbol, quantity: FixedPoint(held), averageCost: FixedPoint(100),
                price: FixedPoint(100), realized: .zero, time: Timestamp(seconds: 0)))
            state.apply(Bar(
                symbol: symbol, timeframe: .day1, time: Timestamp(seconds: 86_400), open: 100, high: 100, low: 100,
                close: 100, volume: 1))
        }
        return state
    }

    @LoopActor private func value(
        _ type: String, _ state: RiskState, _ quantity: Double, limit: Double? = nil, of symbol: String = "KO"
    ) throws -> Double {
        var state = state
        let limits = [try LimitRows.decode(Array(#"{"id":"x","type":"\#(type)","threshold":1}"#.utf8))]
        let order = RiskOrder(symbol: symbol, quantity: quantity, price: 100, limit: limit)
        let needs = LimitNeeds(limits), own = try #require(Symbol(symbol))
        let kept = state.figures(of: "p", order: order, symbol: own, rate: 1, needs), figures = try #require(kept)
        let value = LimitCheck.judge(limits, figures)[0].value
        let full = try #require(state.picture(of: "p", order: order, rate: 1)).afterOrder().figures(needs)
        #expect(abs(LimitCheck.judge(limits, full)[0].value - value) < 1e-9)
        return value
    }

    @Test @LoopActor func aSaleCountsAtItsLimitAndABuyAtNoMoreThanThat() throws {
        let state = state(holding: 0)
        #expect(try value("order_size", state, -9) == 900)
        #expect(try value("order_size", state, -9, limit: 1000) == 9000)
        #expect(try value("order_size", state, -9, limit: 50) == 900)
        #expect(try value("order_size", state, 9, limit: 90) == 810)
        #expect(try value("order_size", state, 9, limit: 1000) == 900)
    }

    @Test @LoopActor func aShortThatALimitOpensCountsAtTheLimitAndWinsNothing() throws {
        let state = state(holding: 0)
        #expect(try value("gross_exposure", state, -9, limit: 1000) == 9000 + 100)
        #expect(try value("leverage", state, -9, limit: 1000) == 9100.0 / 10_100)
        #expect(try value("daily_loss", state, -9, limit: 1000) == 0)
        // A holding of before is sold at the market's price, one that was short loses.
        #expect(try value("leverage", self.state(holding: 4), -9, limit: 1000) == 5100.0 / 10_500)
        #expect(try value("leverage", self.state(holding: -1), -9, limit: 1000) == 10_100.0 / (10_000 - 1000 + 100))
        // A part of a holding at a good price makes it smaller, no more.
        #expect(try value("gross_exposure", self.state(holding: 10), -9, limit: 1000) == 200)
        #expect(try value("gross_exposure", state, 9, limit: 90) == 1000)
    }

    /// While it is open it counts so for other orders too.
    @Test @LoopActor func anOpenSaleCountsAtItsLimit() throws {
        var state = state(holding: 0)
        let intent = OrderIntent(
            orderID: "o", portfolioID: "p", strategyID: "", symbol: ko, side: .sell, size: .quantity(FixedPoint(9)),
            expectedQuantity: FixedPoint(9), referencePrice: FixedPoint(100), limitPrice: FixedPoint(1000),
            time: Timestamp(seconds: 86_401))
        state.reserve(Reservation(intent, heard: Timestamp(seconds: 86_401)))
        #expect(state.reservations["o"]?.price == FixedPoint(1000))
        #expect(try value("gross_exposure", state, 1, of: "PEP") == 9000 + 200)
        #expect(try value("leverage", state, 1, of: "PEP") == 9200.0 / 10_100)
        #expect(try value("gross_exposure", state, -1) == 10_000 + 100)
    }
}
