import Numerics
import Testing

@Suite struct DistributionTests {
    @Test func normalEqualsTheReference() throws {
        let columns = try Fixture("distributions").columns("normal")
        let p = try #require(columns["p"])
        let quantiles = p.map(NormalDistribution.quantile)
        #expect(firstDifference(quantiles, columns["quantile"] ?? [], tolerance: 1e-13) == nil)
        let x = try #require(columns["x"])
        let probabilities = x.map(NormalDistribution.cumulative)
        #expect(firstDifference(probabilities, columns["cumulative"] ?? [], tolerance: 1e-12, scale: 0) == nil)
    }

    @Test func chiSquareEqualsTheReference() throws {
        let item = try #require(try Fixture("distributions").root["chi_square"] as? [String: Any])
        let degrees = Fixture.numbers(try #require(item["degrees"]))
        let p = Fixture.numbers(try #require(item["p"]))
        let quantiles = try #require(item["quantile"] as? [Any]).map(Fixture.numbers)
        for (row, k) in degrees.enumerated() {
            let chi = ChiSquareDistribution(degrees: k)
            let difference = firstDifference(p.map(chi.quantile), quantiles[row], tolerance: 1e-9, scale: 0)
            #expect(difference == nil, "\(k): \(String(describing: difference))")
        }
        let atMean = degrees.map { ChiSquareDistribution(degrees: $0).cumulative($0) }
        #expect(firstDifference(atMean, Fixture.numbers(try #require(item["at_mean"])), tolerance: 1e-11) == nil)
    }
}
