import Glibc
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

    /// Worlds whose volatility wanders: a long forecast made in a quiet month is no surer of the drift than one made in
    /// a wild one, and as many prices fall in its interval.
    @Test(arguments: [21, 252]) func confidenceIsCalibratedWhereVolatilityChanges(horizon: Int) throws {
        var random = SeededGenerator(seed: 31)
        func normal() -> Double {
            let length = (-2 * log(Double.random(in: 1e-300..<1, using: &random))).squareRoot()
            return length * cos(2 * Double.pi * Double.random(in: 0..<1, using: &random))
        }
        var right = 0.0, promised = 0.0, inside = 0.0, quietInside = 0.0, quiet = 0.0
        let worlds = 600, wander = (1 - 0.985 * 0.985).squareRoot() * 0.6
        for _ in 0..<worlds {
            let drift = 0.0143 * normal() / 252.0.squareRoot()
            var state = 0.6 * normal(), returns: [Double] = []
            for _ in 0..<(500 + horizon) {
                returns.append(drift + 0.01 * exp(state) * normal())
                state = 0.985 * state + wander * normal()
            }
            let past = Array(returns[..<500])
            let forecast = try PriceForecast(logReturns: past, price: 100, horizon: Double(horizon))
            let price = 100 * exp(returns[500...].reduce(0, +))
            let isInside = price > forecast.low && price < forecast.high
            right += (price >= 100) == (forecast.direction == .up) ? 1 : 0
            promised += forecast.confidence
            inside += isInside ? 1 : 0
            let now = try VolatilityForecast(returns: past).volatility
            guard now * now < past.reduce(0, { $0 + $1 * $1 }) / 1000 else { continue }
            quiet += 1
            quietInside += isInside ? 1 : 0
        }
        #expect(abs(right - promised) / Double(worlds) < 0.06, "\(right) \(promised)")
        #expect(abs(inside / Double(worlds) - 0.9) < 0.04, "\(inside)")
        #expect(quiet > 120 && abs(quietInside / quiet - 0.9) < 0.06, "\(quietInside) of \(quiet)")
    }

    /// Prices that have stood still lately, or hardly moved, are known no better for it.
    @Test func quietLatelyIsNoCertainty() throws {
        var random = SeededGenerator(seed: 8)
        func moves(_ count: Int, _ size: Double) -> [Double] {
            (0..<count).map { _ in 0.0008 + size * Double.random(in: -1.7...1.7, using: &random) }
        }
        let still = moves(500, 0.02) + [Double](repeating: 0, count: 200)
        for horizon in [1.0, 21, 252] {
            let forecast = try PriceForecast(logReturns: still, price: 225.281, horizon: horizon)
            #expect(forecast.confidence < 0.8 && forecast.low < 225.281 && forecast.high > 225.281, "\(horizon)")
        }
        let calm = try PriceForecast(logReturns: moves(500, 0.03) + moves(120, 0.003), price: 100, horizon: 252)
        #expect(calm.confidence < 0.85 && calm.high / calm.low > 1.5)
        // The first bar is almost today's, later ones less and less.
        let wild = moves(500, 0.003) + moves(60, 0.03)
        func width(_ horizon: Double) throws -> Double {
            let forecast = try PriceForecast(logReturns: wild, price: 1, horizon: horizon)
            return log(forecast.high / forecast.low) / horizon.squareRoot()
        }
        let ewma = try VolatilityForecast(returns: wild).volatility * 2 * 1.6448536269514722
        #expect(try abs(width(1) / ewma - 1) < 0.02 && width(252) < 0.7 * width(1))
    }

    @Test func whatNeverMovedMayGoEitherWay() throws {
        let forecast = try PriceForecast(logReturns: [0, 0, 0], price: 10)
        #expect(forecast.confidence == 0.5 && forecast.low == 10 && forecast.high == 10)
        #expect(try PriceForecast(logReturns: [0.01, 0.01], price: 10, horizon: 2520).confidence < 0.6)
    }

    @Test func badDataAreRefused() {
        #expect(throws: QuantError.self) { try VolatilityForecast(returns: [0.1]) }
        #expect(throws: QuantError.self) { try PriceForecast(closes: [1, 2, -3], price: 1) }
    }
}
