import Foundation
import Numerics
import Quant
import Testing

/// Two regimes against statsmodels' MarkovRegression (regimes.json), and what has to hold of any fit.
@Suite struct VolatilityRegimesTests {
    private struct Case {
        let name: String, returns: [Double], fields: [String: Any]

        func number(_ key: String) -> Double { Fixture.number(fields[key]) }
        func numbers(_ key: String) -> [Double] { Fixture.numbers(fields[key] as Any) }
    }

    private func cases() throws -> [Case] {
        try #require(try Fixture("regimes").root["cases"] as? [[String: Any]]).map {
            Case(name: $0["name"] as? String ?? "", returns: Fixture.numbers($0["returns"] as Any), fields: $0)
        }
    }

    private func largestDifference(_ a: [Double], _ b: [Double]) -> Double {
        a.count == b.count ? zip(a, b).map { abs($0 - $1) }.max() ?? .nan : .nan
    }

    /// Parameters by name.
    private func list(_ parameters: VolatilityRegimes.Parameters) -> [Double] {
        [parameters.mean, parameters.calm, parameters.restless, parameters.calmStays, parameters.restlessStays]
    }

    private func parameters(_ values: [Double]) -> VolatilityRegimes.Parameters {
        VolatilityRegimes.Parameters(
            mean: values[0], calm: values[1], restless: values[2], calmStays: values[3], restlessStays: values[4])
    }

    @Test func theFilterIsThatOfStatsmodels() throws {
        for each in try cases() {
            let found = VolatilityRegimes(each.returns, parameters(each.numbers("given")))
            #expect(abs(found.logLikelihood - each.number("given_log_likelihood")) < 1e-8, "\(each.name)")
            #expect(largestDifference(found.restless, each.numbers("given_restless")) < 1e-10, "\(each.name)")
            #expect(abs(found.singleLogLikelihood - each.number("single_log_likelihood")) < 1e-8, "\(each.name)")
        }
    }

    /// The likelihood is as great, and the same parameters make it so; statsmodels stops a little before the peak.
    @Test func theFitIsThatOfStatsmodels() throws {
        for each in try cases() {
            let found = try VolatilityRegimes(fitting: each.returns)
            let away = found.logLikelihood - each.number("log_likelihood")
            #expect(away > -1e-7 && away < 1e-4, "\(each.name): \(away)")
            #expect(largestDifference(found.restless, each.numbers("restless")) < 1e-3, "\(each.name)")
            let given = [each.number("mean")] + each.numbers("deviations") + each.numbers("stays")
            for (ours, theirs) in zip(list(found.parameters), given) {
                #expect(abs(ours - theirs) < 2e-3 * max(abs(theirs), 1e-3), "\(each.name): \(ours), \(theirs)")
            }
            #expect(found.isTold)
            let next = found.nextRestless, last = try #require(found.restless.last)
            let expected = last * found.parameters.restlessStays + (1 - last) * (1 - found.parameters.calmStays)
            #expect(abs(next - expected) < 1e-15)
        }
    }

    /// No step in any direction makes the likelihood greater, and the unit of the returns makes no difference.
    @Test func theFitIsAPeakInAnyUnit() throws {
        for each in try cases() {
            let found = try VolatilityRegimes(fitting: each.returns)
            for index in 0..<5 {
                for step in [-1e-3, 1e-3] {
                    var values = list(found.parameters)
                    // A hundredth of a deviation for the mean, a thousandth of the others.
                    let size = index == 0 ? 10 * values[1] : min(values[index], abs(1 - values[index]))
                    values[index] += step * size
                    let moved = VolatilityRegimes(each.returns, parameters(values))
                    #expect(moved.logLikelihood < found.logLikelihood, "\(each.name), parameter \(index)")
                }
            }
            let large = try VolatilityRegimes(fitting: each.returns.map { 1000 * $0 })
            #expect(largestDifference(large.restless, found.restless) < 1e-6)
            #expect(abs(large.parameters.restless / found.parameters.restless / 1000 - 1) < 1e-6)
            #expect(large.isTold == found.isTold)
            let again = try VolatilityRegimes(fitting: each.returns)
            #expect(again == found)
        }
    }

    @Test func returnsOfOneRegimeTellNoTwoApart() throws {
        for seed in 0..<20 as Range<UInt64> {
            let random = Philox(seed: seed)
            let returns = (0..<252).map { 0.01 * random.normal(UInt64($0), stream: 0) }
            let found = try VolatilityRegimes(fitting: returns)
            #expect(!found.isTold && found.logLikelihood >= found.singleLogLikelihood - 1e-6, "seed \(seed)")
        }
    }

    @Test func whatCannotBeFittedIsRefused() throws {
        let random = Philox(seed: 1)
        let returns = (0..<150).map { 0.01 * random.normal(UInt64($0), stream: 0) }
        #expect(throws: QuantError.self) { try VolatilityRegimes(fitting: Array(returns.prefix(99))) }
        #expect(throws: QuantError.self) { try VolatilityRegimes(fitting: returns + [.nan]) }
        #expect(throws: QuantError.self) { try VolatilityRegimes(fitting: [Double](repeating: 0.01, count: 150)) }
        // On most days nothing was traded: the calm regime would be without any deviation.
        let idle = returns.enumerated().map { $0.offset % 10 == 0 ? $0.element : 0 }
        if let found = try? VolatilityRegimes(fitting: idle) {
            #expect(found.parameters.calm > 1e-5 && found.restless.allSatisfy(\.isFinite))
        }
        // A return that is too far away for both regimes still leaves probabilities.
        let given = VolatilityRegimes.Parameters(
            mean: 0, calm: 0.01, restless: 0.02, calmStays: 0.95, restlessStays: 0.9)
        let wild = VolatilityRegimes([0.001, 5, -0.002], given)
        #expect(wild.logLikelihood.isFinite && wild.restless[1] == 1 && wild.restless.allSatisfy(\.isFinite))
    }
}
