import Quant
import Testing

@Suite struct LimitTests {
    private let values = [600.0, -300, 200]

    @Test func exposures() {
        #expect(Exposure.gross(values) == 1_100)
        #expect(Exposure.net(values) == 500)
        #expect(Exposure.leverage(values, cash: 500) == 1.1)
        #expect(Exposure.positionSize(values) == 600)
        #expect(Exposure.positionWeight(values, equity: 1_000) == 0.6)
        #expect(abs(Exposure.herfindahl(values, equity: 1_000) - 0.49) < 1e-15)
        #expect(Exposure.sectorConcentration(values, sectors: ["T", "T", nil], equity: 1_000) == 0.9)
        #expect(Exposure.turnover(orderNotional: -250, equity: 1_000) == 0.25)
        #expect(Exposure.orderSize(quantity: -5, price: 10) == 50)
        #expect(
            Exposure.liquidityDays(quantities: [100, -50], averageDailyVolumes: [1_000, 100], participation: 0.1) == 5)
    }

    @Test func noEquityBreachesEveryShare() {
        #expect(Exposure.leverage(values, cash: -500) == .infinity)
        #expect(Exposure.positionWeight(values, equity: 0) == .infinity)
        #expect(Exposure.herfindahl(values, equity: -1) == .infinity)
        #expect(
            Exposure.liquidityDays(quantities: [1], averageDailyVolumes: [0], participation: 0.1) == .infinity)
    }

    @Test func losses() {
        #expect(LossMeasures.dailyLoss(quantities: [10, -5], previousCloses: [20, 10], prices: [18, 11]) == 25)
        #expect(LossMeasures.dailyLoss(quantities: [10], previousCloses: [20], prices: [21]) == 0)
        #expect(LossMeasures.maxDrawdown(equityCurve: [100, 120, 90, 110]) == 0.25)
        #expect(LossMeasures.maxDrawdown(equityCurve: [100, 120]) == 0)
        let returns = LossMeasures.portfolioReturns([[0.1, 0.2], [0.0, -0.2]], weights: [0.5, 0.5])
        #expect(returns == [0.05, 0.0])
        #expect(LossMeasures.beta([0.02, 0.04], benchmark: [0.01, 0.02]).map { abs($0 - 2) < 1e-12 } == true)
        #expect(LossMeasures.beta([0.02, 0.04], benchmark: [0.01, 0.01]) == nil)
        #expect(LossMeasures.volatility([0.01]) == nil)
    }

    @Test func aStressLossIsPositive() {
        #expect(abs(LossMeasures.stressLoss(marketValues: [100, -50], shocks: [-0.2, 0.1]) - 25) < 1e-12)
        #expect(LossMeasures.stressLoss(marketValues: [], shocks: []) == 0)
    }
}
