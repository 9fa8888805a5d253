import Quant
import TestKit
import Testing

/// Weighted averages slide; here each is held to its definition, summed anew for every window.
@Suite struct WeightedAverageTests {
    private static func average(_ values: ArraySlice<Double>) -> Double {
        var sum = 0.0, weight = 0.0
        for value in values {
            weight += 1
            sum += weight * value
        }
        return sum / (weight * (weight + 1) / 2)
    }

    /// A walk with a stretch that stands still and, in the middle, a number that dwarfs all others.
    private static func values(_ random: inout SeededGenerator) -> [Double] {
        var value = 100.0
        return (0..<400).map { row in
            if row == 200 { return 1e14 }
            if !(80..<150).contains(row) { value += Double.random(in: -1...1, using: &random) }
            return value
        }
    }

    /// The error is a few bits of the window's largest number, and nothing is left of one that is out of it; over equal
    /// values there is none.
    @Test(arguments: [2, 3, 10, 30, 64]) func slidingEqualsTheDefinition(period: Int) throws {
        var random = SeededGenerator(seed: UInt64(period))
        let values = Self.values(&random)
        let bars = try Bars(ts: values.indices.map(Int64.init), close: values)
        let column = try Feature.parse("wma(close,\(period))").evaluate(bars)[0].values
        for row in values.indices.dropFirst(period - 1) {
            let window = values[(row - period + 1)...row]
            let largest = window.max() ?? 0
            #expect(abs(column[row] - Self.average(window)) <= largest * 0x1p-50, "\(period) at \(row)")
            if window.allSatisfy({ $0 == values[row] }) { #expect(column[row] == values[row]) }
        }
    }

    @Test(arguments: [4, 9, 20, 33]) func hullEqualsTheDefinition(period: Int) throws {
        var random = SeededGenerator(seed: UInt64(period))
        let values = Self.values(&random)
        let bars = try Bars(ts: values.indices.map(Int64.init), close: values)
        let column = try Feature.parse("hull_ma(close,\(period))").evaluate(bars)[0].values
        let last = Int(Double(period).squareRoot())
        let differences = values.indices.map { row in
            row < period - 1 ? Double.nan
                : 2 * Self.average(values[(row - period / 2 + 1)...row])
                    - Self.average(values[(row - period + 1)...row])
        }
        for row in values.indices.dropFirst(period + last - 2) {
            let largest = values[(row - period - last + 2)...row].max() ?? 0
            let expected = Self.average(differences[(row - last + 1)...row])
            #expect(abs(column[row] - expected) <= largest * 0x1p-47, "\(period) at \(row)")
        }
    }
}
