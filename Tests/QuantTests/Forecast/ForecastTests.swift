import Quant
import TestKit
import Testing

@Suite struct ForecastTests {
    @Test func volatilityEqualsTheReference() throws {
        let fixture = try Fixture("risk")
        let returns = try #require(try fixture.columns("returns")["0"])
        let forecast = try VolatilityForecast(returns: returns)
        let actual = [forecast.annualizedVolatility, forecast.low, forecast.high, forecast.effectiveDegrees]
        #expect(firstDifference(actual, Fixture.numbers(try #require(fixture.root["ewma"]))) == nil)
        #expect(forecast.low < forecast.annualizedVolatility && forecast.annualizedVolatility < forecast.high)
    }

    /// Worlds drawn from the stated prior: directions must come true as often as the forecast says, and prices fall
    /// in the interval as often as its level.
    @Test func confidenceIsCalibrated() throws {
        var random = SeededGenerator(seed: 5)
        func normal() -> Double {
            (0..<12).reduce(-6.0) { total, _ in total + Double.random(in: 0..<1, using: &random) }
        }
        var right = 0.0
        var promised = 0.0
        var inside = 0.0
        let worlds = 1_000
        for _ in 0..<worlds {
            let drift = 0.01 * normal() / 252.0.squareRoot()
            var closes = [100.0]
            for _ in 0..<120 { closes.append(closes[closes.count - 1] * (1 + drift + 0.01 * normal())) }
            let forecast = try PriceForecast(closes: closes, price: closes[120], horizon: 20)
            var price = closes[120]
            for _ in 0..<20 { price *= 1 + drift + 0.01 * normal() }
            right += (price >= closes[120]) == (forecast.direction == .up) ? 1 : 0
            promised += forecast.confidence
            inside += price > forecast.low && price < forecast.high ? 1 : 0
            #expect((forecast.medianReturn >= 0) == (forecast.direction == .up))
        }
        #expect(abs(right - promised) / Double(worlds) < 0.04, "\(right) \(promised)")
        #expect(abs(inside / Double(worlds) - 0.9) < 0.04, "\(inside)")
    }

    @Test func badDataAreRefused() {
        #expect(throws: QuantError.self) { try VolatilityForecast(returns: [0.1]) }
        #expect(throws: QuantError.self) { try PriceForecast(closes: [1, 2, -3], price: 1) }
    }
}
