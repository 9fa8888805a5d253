import Foundation
import Quant
import Testing

/// Against alphalens-reloaded 0.5.1 (Tests/Oracles/factors.py).
@Suite struct FactorStatisticsTests {
    private static func close(_ a: Double, _ b: Double) -> Bool {
        a.isNaN && b.isNaN || abs(a - b) <= 1e-9 * max(1e-3, abs(b))
    }

    private static func close(_ a: [Double], _ b: [Double]) -> Bool {
        a.count == b.count && zip(a, b).allSatisfy { close($0, $1) }
    }

    @Test func figuresAreThoseOfAlphalens() throws {
        let cases = try #require(try Fixture("factors").root["cases"] as? [[String: Any]])
        #expect(cases.count == 4)
        for given in cases {
            let factor = try #require(given["factor"] as? [Any]).map(Fixture.numbers)
            let prices = try #require(given["prices"] as? [Any]).map(Fixture.numbers)
            let expected = try #require(given["horizons"] as? [[String: Any]])
            let found = try FactorStatistics(
                factor: factor, prices: prices, horizons: expected.map { Int(Fixture.number($0["rows"])) },
                quantiles: Int(Fixture.number(given["quantiles"])))
            #expect(found.observations == Int(Fixture.number(given["observations"])))
            #expect(found.dates.count == Int(Fixture.number(given["dates"])))
            for (horizon, expected) in zip(found.horizons, expected) {
                func numbers(_ name: String) -> [Double] { Fixture.numbers(expected[name] as Any) }
                #expect(Self.close(horizon.spearman, numbers("spearman")))
                #expect(Self.close(horizon.pearson, numbers("pearson")))
                #expect(Self.close(horizon.meanSpearman, Fixture.number(expected["mean"])))
                #expect(Self.close(horizon.spearmanRatio, Fixture.number(expected["ratio"])))
                #expect(Self.close(horizon.meanPearson, Fixture.number(expected["pearson_mean"])))
                #expect(Self.close(horizon.pearsonRatio, Fixture.number(expected["pearson_ratio"])))
                // alphalens puts half of the money on each side.
                #expect(Self.close(horizon.spread, 2 * Fixture.number(expected["spread"])))
                #expect(Self.close(horizon.quantileReturns, numbers("quantile_returns")))
                #expect(Self.close(horizon.turnover, numbers("turnover")))
                #expect(Self.close(horizon.rankAutocorrelation, Fixture.number(expected["autocorrelation"])))
            }
        }
    }

    @Test func aConstantFactorSaysNothing() throws {
        let flat = [[Double]](repeating: [1, 1, 1, 1], count: 4)
        let prices = (0..<4).map { asset in (0..<4).map { Double(100 + asset * $0) } }
        let found = try FactorStatistics(factor: flat, prices: prices, horizons: [1], quantiles: 2)
        #expect(found.dates.isEmpty && found.observations == 0)
        #expect(found.horizons[0].meanSpearman.isNaN && found.horizons[0].spread.isNaN)
    }

    @Test func badInputIsRefused() {
        #expect(throws: QuantError.self) {
            _ = try FactorStatistics(factor: [[1]], prices: [[1, 2]], horizons: [1], quantiles: 2)
        }
        #expect(throws: QuantError.self) {
            _ = try FactorStatistics(factor: [[1]], prices: [[1]], horizons: [0], quantiles: 2)
        }
        #expect(throws: QuantError.self) {
            _ = try FactorStatistics(factor: [[1]], prices: [[1]], horizons: [1], quantiles: 1)
        }
    }
}
