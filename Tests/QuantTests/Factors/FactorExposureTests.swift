import Numerics
import Quant
import Testing

@Suite struct FactorExposureTests {
    private static func draw(_ count: Int, _ stream: UInt64) -> [Double] {
        let random = Philox(seed: 8)
        return (0..<count).map { random.normal(UInt64($0), stream: stream) }
    }

    @Test func exposuresByHand() {
        let found = FactorExposure(weights: [0.5, 0.3, -0.2, 0], benchmark: [0.25, 0.25, 0.25, 0.25],
                                   values: [2, .nan, 1, 4])
        // 0.5·2 − 0.2·1, of weights that are 1 together and 0.7 where known; 0.25·(2 + 1 + 4).
        #expect(abs(found.portfolio - 0.8) < 1e-15 && abs(found.covered - 0.7) < 1e-15)
        #expect(abs(found.benchmark - 1.75) < 1e-15 && abs(found.active + 0.95) < 1e-15)
        let blind = FactorExposure(weights: [1, 0], benchmark: [0, 0], values: [.nan, 3])
        #expect(blind.portfolio.isNaN && blind.active.isNaN && blind.covered == 0 && blind.benchmark == 0)
    }

    /// A panel of prices and values with holes, of as many instruments as said.
    private static func panel(
        _ round: Int, instruments: Int, factors: Int, rows: Int
    ) -> (values: [[[Double]]], prices: [[Double]]) {
        let base = UInt64(round) * 10_000, random = Philox(seed: 9)
        func isHole(_ stream: UInt64, _ row: Int) -> Bool { random.uniforms(UInt64(row), stream: stream).x < 0.07 }
        let values = (0..<factors).map { factor in
            (0..<instruments).map { instrument in
                let stream = base + UInt64(factor * 100 + instrument)
                return draw(rows, stream).enumerated().map { isHole(stream, $0) ? .nan : $1 }
            }
        }
        let prices = (0..<instruments).map { instrument -> [Double] in
            let stream = base + 5000 + UInt64(instrument)
            var price = 100.0
            return draw(rows, stream).enumerated().map { row, move in
                price *= 1 + 0.02 * max(-3, min(3, move))
                return isHole(stream, row) ? .nan : price
            }
        }
        return (values, prices)
    }

    /// Whatever is known and whatever is held: the parts sum to the compounded active return.
    @Test(arguments: 0..<30) func partsSumToTheActiveReturn(_ round: Int) throws {
        let instruments = 6 + round % 9, factors = 1 + round % 4
        let (values, prices) = Self.panel(round, instruments: instruments, factors: factors, rows: 40)
        let weights = Self.draw(instruments, UInt64(round) + 70_000).map { $0 / Double(instruments) }
        let benchmark = round % 3 == 0 ? [Double](repeating: 0, count: instruments)
            : [Double](repeating: 1 / Double(instruments), count: instruments)
        let found = try HeldAttribution(weights: weights, benchmark: benchmark, values: values, prices: prices)
        let parts = found.linked.contributions.reduce(found.linked.specific, +)
        let filled = prices.map { column in
            column.reduce(into: [Double]()) { $0.append($1.isNaN ? $0.last ?? .nan : $1) }
        }
        func compounded(_ weights: [Double]) -> Double {
            (1..<40).reduce(1.0) { total, row in
                total * (1 + zip(weights, filled).reduce(0) { sum, held in
                    let change = held.1[row] / held.1[row - 1] - 1
                    return sum + held.0 * (change.isNaN ? 0 : change)
                })
            } - 1
        }
        let active = compounded(weights) - compounded(benchmark)
        #expect(abs(parts - active) < 1e-12 && found.periods == 39)
        #expect(abs(found.linked.portfolioReturn - found.linked.benchmarkReturn - active) < 1e-12)
    }

    /// Returns that are made of a factor have no specific part, and its return is found.
    @Test func whatAFactorMakesIsItsPart() throws {
        let values = [[[1.0, 1, 1], [2, 0.5, 1], [-1, 3, 1], [0.5, -2, 1]]], moves = [0.01, -0.02]
        let prices = values[0].map { own in
            [100.0, 100 * (1 + own[0] * moves[0]), 100 * (1 + own[0] * moves[0]) * (1 + own[1] * moves[1])]
        }
        let found = try HeldAttribution(weights: [1, 0, 0, 0], benchmark: [0, 0, 0, 0], values: values, prices: prices)
        #expect(abs(found.linked.specific) < 1e-14 && found.unexplained == 0)
        #expect(abs(found.linked.contributions[0] - (1.01 * 0.98 - 1)) < 1e-14)
    }

    @Test func aPeriodThatCannotBeToldIsSpecific() throws {
        // In the first period a factor is the same for all, as the market is; in the second it is not.
        let market = [[Double]](repeating: [1, 1, 1], count: 3), own = [[1.0, 1, 0], [1, 2, 0], [1, 4, 0]]
        let prices = [[100.0, 101, 102], [100, 103, 101], [100, 99, 104]]
        let found = try HeldAttribution(weights: [0.2, 0.3, 0.5], benchmark: [0, 0, 0], values: [market, own],
                                        prices: prices)
        #expect(found.periods == 2 && found.unexplained == 1)
        let parts = found.linked.contributions.reduce(found.linked.specific, +)
        #expect(abs(parts - found.linked.portfolioReturn) < 1e-14)
    }

    @Test func badInputIsRefused() {
        func attribute(_ weights: [Double], _ values: [[[Double]]], _ prices: [[Double]]) throws -> HeldAttribution {
            try HeldAttribution(weights: weights, benchmark: weights.map { _ in 0 }, values: values, prices: prices)
        }
        #expect(throws: QuantError.self) { try attribute([1], [[[1, 2]]], [[1, 2], [1, 2]]) }
        #expect(throws: QuantError.self) { try attribute([1, 0], [[[1, 2]]], [[1, 2], [1, 2]]) }
        #expect(throws: QuantError.self) { try attribute([1], [[[1]]], [[1]]) }
        #expect(throws: QuantError.self) { try attribute([1, 0], [[[.nan, 2], [.nan, 1]]], [[1, 2], [1, 2]]) }
        // A portfolio that loses more than there is cannot be linked.
        #expect(throws: QuantError.self) { try attribute([3, 0], [[[1, 2], [2, 1]]], [[1, 0.5], [1, 2]]) }
    }
}
