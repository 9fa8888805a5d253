import EngineKit
import HTTP
import Market
import Quant
@testable import Risk
import Runtime
import Testing
import TestKit

/// Every type of limit against a value by hand.
@Suite struct LimitValueTests {
    init() { EventLoop.runInBackground() }

    /// Equity 1000: 400 of A long, 300 of B short, 900 in cash.
    private static let picture = RiskPicture(
        positions: [
            RiskPosition(symbol: "A", quantity: 40, price: 10, previousClose: 12, sector: "Tech",
                averageDailyVolume: 100),
            RiskPosition(symbol: "B", quantity: -30, price: 10, previousClose: 9, sector: "Food",
                averageDailyVolume: 50),
        ],
        cash: 900, order: nil,
        returns: ["A": [0.01, -0.02, 0.03, 0.01], "B": [0.02, 0.01, -0.01, 0.0]],
        benchmarkReturns: [0.01, -0.01, 0.02, 0.0], equityCurve: [100, 120, 90, 130, 117],
        scenarios: [["*": -0.1], ["sector:Food": 0.5, "A": -0.2, "*": 9]], orderRate: 3)

    @LoopActor private static func limit(_ type: LimitType, _ threshold: Double, _ more: String = "") throws -> Limit {
        let body = #"{"id":"l","type":"\#(type.rawValue)","threshold":\#(threshold)\#(more)}"#
        return try Route.body(Limit.self, Request(method: .post, path: "/", body: Array(body.utf8)))
    }

    /// Expected by hand from the definitions; returns in currency of the book are 400·A − 300·B.
    private static var expected: [(LimitType, Double)] {
        let flows = [-2.0, -11, 15, 4], mean = 1.5
        let squares: [Double] = flows.map { ($0 - mean) * ($0 - mean) }
        let variance: Double = squares.reduce(0, +) / 3, sigma = variance.squareRoot()
        let z = 2.3263478740408408, density = 0.026652142203457834
        // Covariance with the benchmark, whose mean is 0.005 and Σ(b − mean)² 0.0005.
        let deviations = [0.005, -0.015, 0.015, -0.005]
        let products: [Double] = zip(flows, deviations).map { ($0 - mean) / 1000 * $1 }
        let covariance: Double = products.reduce(0, +)
        let tail: Double = z * sigma - mean, shortfall: Double = density / 0.01 * sigma - mean
        let yearly: Double = (variance * 252).squareRoot() / 1000
        return [
            (.grossExposure, 700), (.netExposure, 100), (.leverage, 0.7), (.positionSize, 400), (.positionWeight, 0.4),
            (.sectorConcentration, 0.4), (.herfindahl, 0.25), (.valueAtRisk, tail),
            (.expectedShortfall, shortfall), (.maxDrawdown, 0.25), (.dailyLoss, 110),
            (.volatility, yearly), (.beta, covariance / 0.0005), (.turnover, 0),
            (.orderSize, 0), (.orderRate, 3), (.liquidityDays, 3), (.stressLoss, 230),
        ]
    }

    @Test @LoopActor func allEighteenTypesAreTheValueByHand() throws {
        #expect(Self.expected.map(\.0) == LimitType.allCases.filter { $0 != .expression })
        for (type, wanted) in Self.expected {
            let value = try LimitValues.value(of: try Self.limit(type, 1), in: Self.picture)
            #expect(abs(value - wanted) <= 1e-9, "\(type): \(value), by hand \(wanted)")
        }
        // After an order of 20 B at 10: B is −10, the notional 200.
        var ordered = Self.picture
        ordered.order = RiskOrder(symbol: "B", quantity: 20, price: 10)
        let after = ordered.afterOrder()
        for (type, wanted) in [(LimitType.grossExposure, 500), (.netExposure, 300), (.turnover, 0.2), (.orderSize, 200),
                               (.leverage, 0.5)] as [(LimitType, Double)] {
            #expect(try LimitValues.value(of: try Self.limit(type, 1), in: after) == wanted, "\(type)")
        }
        #expect(after.cash == 700)
    }

    @Test @LoopActor func equalPassesAboveBreachesNearWarns() throws {
        for type in LimitType.allCases where type != .expression {
            let limit = try Self.limit(type, 10, #","warn_at":0.9"#)
            #expect(LimitCheck(limit, value: 8.99).verdict == .pass)
            #expect(LimitCheck(limit, value: 9).verdict == .warn)
            #expect(LimitCheck(limit, value: 10).verdict == .warn)
            #expect(LimitCheck(limit, value: 10.000001).verdict == .breach)
            // What is not known does not pass.
            #expect(LimitCheck(limit, value: .nan).verdict == .breach)
            #expect(LimitCheck(limit, missing: "x").verdict == .breach)
        }
        #expect(LimitCheck(try Self.limit(.netExposure, 0), value: 0).verdict == .pass)
        #expect(LimitCheck(try Self.limit(.netExposure, 0), value: 1).verdict == .breach)
    }

    @Test @LoopActor func withoutEquityEveryShareIsBreached() throws {
        for cash in [-100.0, -500] {
            var poor = Self.picture
            poor.cash = cash
            poor.order = RiskOrder(symbol: "A", quantity: 1, price: 10)
            for type in [LimitType.leverage, .positionWeight, .sectorConcentration, .herfindahl, .volatility, .beta,
                         .turnover] {
                let limit = try Self.limit(type, 1e12)
                let value = try LimitValues.value(of: limit, in: poor)
                #expect(LimitCheck(limit, value: value).verdict == .breach, "\(type) with cash of \(cash)")
            }
        }
    }

    @Test @LoopActor func aMissingInputIsNamed() throws {
        let bare = RiskPicture(positions: [RiskPosition(symbol: "A", quantity: 1, price: 10)], cash: 100, order: nil,
                               returns: nil, benchmarkReturns: nil, equityCurve: nil, scenarios: nil, orderRate: 0)
        for (type, field) in [
            (LimitType.valueAtRisk, "returns"), (.expectedShortfall, "returns"), (.volatility, "returns"),
            (.beta, "benchmark_returns"), (.maxDrawdown, "equity_curve"), (.stressLoss, "scenarios"),
            (.dailyLoss, "positions/0/previous_close"), (.liquidityDays, "positions/0/average_daily_volume"),
        ] {
            let limit = try Self.limit(type, 1)
            #expect { try LimitValues.value(of: limit, in: bare) } throws: { ($0 as? MissingInput)?.field == field }
        }
    }

    @Test func aPositionIsPricedBeforeABarComes() throws {
        let symbol = try #require(Symbol("KO"))
        var state = RiskState()
        state.apply(PositionUpdate(portfolioID: "p", symbol: symbol, quantity: FixedPoint(3),
            averageCost: FixedPoint(40),
                                   price: FixedPoint(50), realized: .zero, time: Timestamp(seconds: 0)))
        #expect(state.picture(of: "p", order: nil, rate: 0)?.marketValues == [150])
        state.apply(BarColumns.walk(1, start: 60).bar(0, "KO"))
        #expect(state.picture(of: "p", order: nil, rate: 0)?.marketValues != [150])
        #expect(state.picture(of: "q", order: nil, rate: 0) == nil)
        // The window of order_rate is a minute.
        let minute: Int64 = 60_000_000_000
        var counts: [Int] = []
        for time in [0, 1, 2, 3, 4, minute - 1, minute + 4] { counts.append(state.countCheck("p", at: time)) }
        #expect(counts == [1, 2, 3, 4, 5, 6, 2])
        let other = state.countCheck("q", at: minute)
        #expect(other == 1)
    }

    @Test @LoopActor func aWithdrawalIsNoDrawdown() throws {
        var state = RiskState()
        // +10 %, half is taken out, a fall by a tenth, half as much again comes in.
        for (day, (equity, deposits)) in [(1000, 1000), (1100, 1000), (550, 450), (495, 450), (743, 698)].enumerated() {
            state.apply(PortfolioValue(
                portfolioID: "p", time: Timestamp(seconds: Int64(day) * 86_400), cash: FixedPoint(equity),
                marketValue: .zero, realized: .zero, unrealized: .zero, netDeposits: FixedPoint(deposits), trades: 0))
        }
        let picture = try #require(state.picture(of: "p", order: nil, rate: 0))
        let fall = try LimitValues.value(of: try Self.limit(.maxDrawdown, 0.2), in: picture)
        #expect(abs(fall - 0.1) < 1e-9 && picture.cash == 743)
        // Told again without the money that went out: it was lost.
        state.apply(PortfolioValue(
            portfolioID: "p", time: Timestamp(seconds: 2 * 86_400), cash: FixedPoint(550), marketValue: .zero,
            realized: .zero, unrealized: .zero, netDeposits: FixedPoint(1000), trades: 0))
        let restated = try #require(state.picture(of: "p", order: nil, rate: 0))
        #expect(try LimitValues.value(of: try Self.limit(.maxDrawdown, 0.2), in: restated) >= 0.5)
        #expect(restated.cash == 743)
    }

    @Test func holdingsStayInOrderOfTheirNames() throws {
        var book = PortfolioBook()
        func hold(_ name: String, _ quantity: Int) throws {
            book.change(try #require(Symbol(name))) { $0.tell(FixedPoint(quantity), price: FixedPoint(1)) }
        }
        for (name, quantity) in [("M", 1), ("C", 2), ("Z", 3), ("M", 4), ("C", 0), ("Q", 0)] {
            try hold(name, quantity)
        }
        #expect(book.lines.map(\.symbol.text) == ["M", "Z"])
        #expect(book.lines.map(\.held) == [4, 3])
    }
}
