import Numerics
import Quant
import Testing

@Suite struct FactorAttributionTests {
    private static func draw(_ count: Int, _ stream: UInt64) -> [Double] {
        let random = Philox(seed: 3)
        return (0..<count).map { random.normal(UInt64($0), stream: stream) }
    }

    @Test(arguments: 0..<20) func partsSumToTheActiveReturn(_ round: Int) throws {
        let count = 8 + round, factors = 1 + round % 6, base = UInt64(round) * 100
        let rows = (0..<count).map { Self.draw(factors, base + UInt64($0)) }
        let weights = Self.draw(count, base + 60), benchmark = Self.draw(count, base + 61)
        let returns = Self.draw(count, base + 62).map { $0 * 0.02 }
        for given in [nil, Self.draw(factors, base + 63)] {
            let found = try FactorAttribution(weights: weights, benchmark: benchmark, exposures: rows, returns: returns,
                                              factorReturns: given)
            let parts = found.contributions.reduce(0, +) + found.specificReturn
            #expect(abs(parts - found.activeReturn) < 1e-12 * Double(count))
            guard given == nil else { continue }
            // What the factors leave over is at right angles to each of them.
            let left = (0..<count).map { row in
                returns[row] - zip(rows[row], found.factorReturns).reduce(0) { $0 + $1.0 * $1.1 }
            }
            for factor in 0..<factors {
                #expect(abs((0..<count).reduce(0) { $0 + left[$1] * rows[$1][factor] }) < 1e-12)
            }
        }
    }

    @Test func knownFactorsAreFoundAgain() throws {
        let rows = [[1, 0.5], [1, -1], [1, 2], [1, 0.25]], truth = [0.01, -0.02]
        let returns = rows.map { $0[0] * truth[0] + $0[1] * truth[1] }
        let found = try FactorAttribution(weights: [0.4, 0.3, 0.2, 0.1], benchmark: [0.25, 0.25, 0.25, 0.25],
                                          exposures: rows, returns: returns)
        for (a, b) in zip(found.factorReturns, truth) { #expect(abs(a - b) < 1e-15) }
        #expect(found.specific.allSatisfy { abs($0) < 1e-16 } && abs(found.exposures[0]) < 1e-15)
    }

    @Test func badInputIsRefused() {
        func attribute(_ rows: [[Double]], _ returns: [Double]) throws -> FactorAttribution {
            try FactorAttribution(weights: [0.5, 0.5], benchmark: [0, 1], exposures: rows, returns: returns)
        }
        #expect(throws: QuantError.self) { try attribute([[1], [1, 2]], [0, 0]) }
        #expect(throws: QuantError.self) { try attribute([[1], [2]], [0]) }
        #expect(throws: QuantError.self) { try attribute([[1], [.nan]], [0, 0]) }
        #expect(throws: QuantError.self) { try attribute([[1, 2, 3], [1, 2, 4]], [0, 0]) }
        #expect(throws: QuantError.self) { try attribute([[1, 2], [2, 4]], [0, 0]) }
    }
}
