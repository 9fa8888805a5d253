import Quant
import TestKit
import Testing

@Suite struct BrinsonTests {
    private func holding(_ w: Double, _ b: Double, _ r: Double, _ q: Double) -> BrinsonAttribution.Holding {
        BrinsonAttribution.Holding(weight: w, benchmarkWeight: b, ownReturn: r, benchmarkReturn: q)
    }

    @Test func onePeriodByHand() throws {
        // Benchmark: 40 % of 10 %, 60 % of −2 %: 2.8 %. Portfolio: 50 % of 12 %, 50 % of −4 %: 4 %.
        let told = try BrinsonAttribution([
            [("up", holding(0.5, 0.4, 0.12, 0.1)), ("down", holding(0.5, 0.6, -0.04, -0.02))],
        ])
        #expect(abs(told.portfolioReturn - 0.04) < 1e-15 && abs(told.benchmarkReturn - 0.028) < 1e-15)
        let down = told.groups[0], up = told.groups[1]
        #expect(down.name == "down" && up.name == "up")
        #expect(abs(up.allocation - 0.1 * (0.1 - 0.028)) < 1e-15 && abs(up.selection - 0.4 * 0.02) < 1e-15)
        #expect(abs(up.interaction - 0.1 * 0.02) < 1e-15)
        #expect(abs(down.allocation - -0.1 * (-0.02 - 0.028)) < 1e-15 && abs(down.selection + 0.6 * 0.02) < 1e-15)
        #expect(abs(told.groups.reduce(0) { $0 + $1.total } - told.activeReturn) < 1e-15)
    }

    @Test func whatOneSideLacksIsAllocation() throws {
        let told = try BrinsonAttribution([[("own", holding(0.3, 0, 0.2, 0.2)), ("other", holding(0, 0.3, 0, 0.05)),
                                            ("both", holding(0.7, 0.7, 0.01, 0.01))]])
        for group in told.groups { #expect(abs(group.selection) < 1e-15 && abs(group.interaction) < 1e-15) }
        #expect(abs(told.groups.reduce(0) { $0 + $1.allocation } - told.activeReturn) < 1e-15)
    }

    /// Random periods, long and short, at three levels: parts sum to the compounded active return.
    @Test func linkedPartsSumToTheWhole() throws {
        var random = SeededGenerator(seed: 5)
        for round in 0..<200 {
            let periods = (0..<Int.random(in: 1...12, using: &random)).map { _ in
                let count = Int.random(in: 1...20, using: &random)
                var list = (0..<count).map { index in
                    (group: "g\(index % 4)", holding: holding(
                        Double.random(in: round % 3 == 0 ? -0.3...0.5 : 0...0.3, using: &random),
                        Double.random(in: 0...0.3, using: &random), Double.random(in: -0.2...0.3, using: &random),
                        Double.random(in: -0.2...0.3, using: &random)))
                }
                let own = list.reduce(0) { $0 + $1.holding.weight }
                let other = list.reduce(0) { $0 + $1.holding.benchmarkWeight }
                list.append(("cash", holding(1 - own, 1 - other, 0.001, 0.001)))
                return list
            }
            let told = try BrinsonAttribution(periods)
            let sum = told.groups.reduce(0) { $0 + $1.total }
            #expect(abs(sum - told.activeReturn) < 1e-9)
        }
    }

    @Test func shortAndLongThatCancelStillEarn() throws {
        let told = try BrinsonAttribution([[("pair", holding(0.5, 0, 0.1, 0.1)), ("pair", holding(-0.5, 0, 0.02, 0.02)),
                                            ("cash", holding(1, 1, 0, 0))]])
        let pair = try #require(told.groups.first { $0.name == "pair" })
        #expect(abs(pair.total - 0.04) < 1e-15 && abs(told.activeReturn - 0.04) < 1e-15)
    }

    @Test func whatCannotBeAttributedIsRefused() {
        #expect(throws: QuantError.self) { try BrinsonAttribution([[("a", holding(0.9, 1, 0.1, 0.1))]]) }
        #expect(throws: QuantError.self) { try BrinsonAttribution([[("a", holding(1, 1, -1, 0.1))]]) }
        #expect(throws: QuantError.self) { try BrinsonAttribution([[("a", holding(1, 1, .nan, 0.1))]]) }
        #expect(throws: QuantError.self) { try BrinsonAttribution([]) }
    }

    @Test func factorPartsSumToTheWhole() throws {
        var random = SeededGenerator(seed: 6)
        let periods = (0..<8).map { index in
            let count = 12
            func column(_ range: ClosedRange<Double>) -> [Double] {
                (0..<count).map { _ in Double.random(in: range, using: &random) }
            }
            let weights = column(0...0.2), benchmark = column(0...0.2)
            return LinkedFactorAttribution.Period(
                weights: weights, benchmark: benchmark, exposures: (0..<count).map { _ in
                    (0..<3).map { _ in Double.random(in: -1...1, using: &random) }
                }, returns: column(-0.1...0.1), factorReturns: index % 2 == 0 ? [0.01, -0.02, 0.005] : nil)
        }
        let told = try LinkedFactorAttribution(periods)
        let sum = told.contributions.reduce(told.specific, +)
        #expect(abs(sum - (told.portfolioReturn - told.benchmarkReturn)) < 1e-12)
        var wrong = periods
        wrong[1].exposures = wrong[1].exposures.map { [$0[0]] }
        #expect(throws: QuantError.self) { try LinkedFactorAttribution(wrong) }
    }

    @Test func equalReturnsLinkWithoutDividingByZero() throws {
        let linking = try ActiveLinking(portfolio: [0.1, 0.05], benchmark: [0.1, 0.02])
        let isFinite = linking.factors.allSatisfy { $0.isFinite }
        #expect(isFinite)
        #expect(abs(linking.linked([0, 0.03]) - (1.1 * 1.05 - 1.1 * 1.02)) < 1e-12)
    }
}
