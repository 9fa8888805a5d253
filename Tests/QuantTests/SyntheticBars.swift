import Quant
import TestKit

enum SyntheticBars {
    /// A random walk; `nulls` is the share of bars with a null in them.
    static func walk(seed: UInt64, count: Int, nulls: Double = 0, flat: Double = 0) throws -> Bars {
        var random = SeededGenerator(seed: seed)
        var price = 100.0
        var columns = [[Double]](repeating: [], count: 5)
        for _ in 0..<count {
            let open = price
            if Double.random(in: 0..<1, using: &random) >= flat {
                price *= 1 + Double.random(in: -0.02...0.02, using: &random)
            }
            let wiggle = Double.random(in: 0..<1, using: &random) < flat ? 0 : 0.01
            let high = max(open, price) * (1 + wiggle * Double.random(in: 0...1, using: &random))
            let low = min(open, price) * (1 - wiggle * Double.random(in: 0...1, using: &random))
            let volume = Double.random(in: 1e3...1e6, using: &random).rounded(.down)
            var row = [open, high, low, price, volume]
            if Double.random(in: 0..<1, using: &random) < nulls {
                row[Int.random(in: 0..<5, using: &random)] = .nan
            }
            for index in 0..<5 { columns[index].append(row[index]) }
        }
        return try Bars(
            ts: (0..<count).map { Int64($0) * 86_400_000_000_000 }, open: columns[0], high: columns[1],
            low: columns[2], close: columns[3], volume: columns[4])
    }
}
