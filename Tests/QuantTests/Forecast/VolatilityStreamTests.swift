import Quant
import Testing

@Suite struct VolatilityStreamTests {
    @Test func agreesWithTheBatchAfterEveryReturn() throws {
        let returns = (0..<400).map { 0.02 * (Double(($0 * 7919) % 101) / 50 - 1) }
        var stream = try VolatilityStream()
        for (index, value) in returns.enumerated() {
            stream.push(value)
            if index < 1 {
                #expect(stream.forecast() == nil)
                continue
            }
            let batch = try VolatilityForecast(returns: Array(returns[...index]), horizon: 5, periodsPerYear: 252)
            let live = try #require(stream.forecast(horizon: 5))
            #expect(abs(live.annualizedVolatility / batch.annualizedVolatility - 1) < 1e-13)
            #expect(abs(live.effectiveDegrees / batch.effectiveDegrees - 1) < 1e-13)
            #expect(abs(live.low / batch.low - 1) < 1e-11 && abs(live.high / batch.high - 1) < 1e-11)
        }
        stream.push(.nan)
        #expect(stream.count == 400)
    }

    @Test func aForecastFromMomentsIsTheOneFromReturns() throws {
        let closes = [100, 101, 99.5, 100.7, 102, 101.1]
        let whole = try PriceForecast(closes: closes, price: 101.1, horizon: 3)
        #expect(whole.confidence >= 0.5 && whole.low < whole.medianPrice && whole.medianPrice < whole.high)
        let unknown = try PriceForecast(
            mean: 0.01, volatility: 0.02, longRunVolatility: 0.03, observations: 0, price: 50)
        // Nothing observed: the drift is not believed at all.
        #expect(unknown.medianPrice == 50 && unknown.confidence == 0.5)
        for (mean, longRun) in [(Double.nan, 0.02), (0.01, -0.02)] {
            #expect(throws: QuantError.self) {
                try PriceForecast(mean: mean, volatility: 0.02, longRunVolatility: longRun, observations: 9, price: 50)
            }
        }
    }
}
