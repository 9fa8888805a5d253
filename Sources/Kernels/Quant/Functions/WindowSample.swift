/// The values of one window that are not null, oldest first, and the statistics over them.
struct WindowSample {
    let x: Scratch
    let y: Scratch
    let position: Scratch
    let count: Int

    /// Fewest values for which a statistic is defined.
    static func leastCount(_ statistic: WindowScan.Statistic) -> Int {
        switch statistic {
        case .deviation, .score, .covariance, .correlation, .slope, .rsquare, .residual: 2
        default: 1
        }
    }

    func value(_ statistic: WindowScan.Statistic) -> Double {
        switch statistic {
        case .sum: sum { $0 }
        case .mean: mean(x)
        case .deviation: sampleDeviation
        case .score: sampleDeviation == 0 ? .nan : (x[count - 1] - mean(x)) / sampleDeviation
        case .smallest: x[best { $0 < $1 }]
        case .largest: x[best { $0 > $1 }]
        case .argmin: position[best { $0 < $1 }]
        case .argmax: position[best { $0 > $1 }]
        case .rank: rankOfNewest
        case .product: product
        case .decay: decay
        case .slope: line.slope
        case .residual: x[count - 1] - line.end
        case .rsquare: rsquare
        case .quantile(let fraction): quantile(fraction)
        case .covariance: products(x, y) / Double(count - 1)
        case .correlation: correlation(x, y)
        }
    }

    private func sum(_ term: (Double) -> Double) -> Double {
        var total = 0.0
        for index in 0..<count { total += term(x[index]) }
        return total
    }

    /// Taken from the newest value, so that a constant sample has itself as its mean.
    private func mean(_ values: Scratch) -> Double {
        let pivot = values[count - 1]
        var total = 0.0
        for index in 0..<count { total += values[index] - pivot }
        return pivot + total / Double(count)
    }

    private func products(_ a: Scratch, _ b: Scratch) -> Double {
        let meanA = mean(a)
        let meanB = mean(b)
        var total = 0.0
        for index in 0..<count { total += (a[index] - meanA) * (b[index] - meanB) }
        return total
    }

    private var sampleDeviation: Double { (products(x, x) / Double(count - 1)).squareRoot() }

    private func correlation(_ a: Scratch, _ b: Scratch) -> Double {
        let squaresA = products(a, a)
        let squaresB = products(b, b)
        guard squaresA > 0, squaresB > 0 else { return .nan }
        return Swift.max(-1, Swift.min(1, products(a, b) / (squaresA.squareRoot() * squaresB.squareRoot())))
    }

    /// Index of the best value, the oldest among equals.
    private func best(_ isBetter: (Double, Double) -> Bool) -> Int {
        var best = 0
        for index in 1..<Swift.max(1, count) where isBetter(x[index], x[best]) { best = index }
        return best
    }

    private var rankOfNewest: Double {
        let newest = x[count - 1]
        var below = 0
        var equal = 0
        for index in 0..<count {
            below += x[index] < newest ? 1 : 0
            equal += x[index] == newest ? 1 : 0
        }
        return (Double(below) + Double(equal + 1) / 2) / Double(count)
    }

    private var product: Double {
        var total = 1.0
        for index in 0..<count { total *= x[index] }
        return total.isFinite ? total : .nan
    }

    private var decay: Double {
        var total = 0.0
        var weights = 0.0
        for index in 0..<count {
            total += x[index] * position[index]
            weights += position[index]
        }
        return total / weights
    }

    private var line: (slope: Double, end: Double) {
        let slope = products(position, x) / products(position, position)
        return (slope, mean(x) + slope * (position[count - 1] - mean(position)))
    }

    private var rsquare: Double {
        let root = correlation(position, x)
        return root * root
    }

    /// Linear interpolation between the two nearest order statistics (numpy's default).
    private func quantile(_ fraction: Double) -> Double {
        var sorted = UnsafeMutableBufferPointer(start: x, count: count)
        sorted.sort()
        return Percentile.linear(sorted, fraction)
    }
}
