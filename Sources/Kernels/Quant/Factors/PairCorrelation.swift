/// Correlation of two columns without nulls.
public enum PairCorrelation {
    /// Pearson's coefficient; NaN where a side is constant or there are fewer than two values.
    public static func pearson(_ x: [Double], _ y: [Double]) -> Double {
        precondition(x.count == y.count, "columns of unequal length")
        guard x.count > 1 else { return .nan }
        let meanX = x.reduce(0, +) / Double(x.count), meanY = y.reduce(0, +) / Double(y.count)
        var product = 0.0, squaresX = 0.0, squaresY = 0.0
        for index in x.indices {
            let a = x[index] - meanX, b = y[index] - meanY
            product += a * b
            squaresX += a * a
            squaresY += b * b
        }
        let scale = squaresX.squareRoot() * squaresY.squareRoot()
        return scale > 0 ? min(1, max(-1, product / scale)) : .nan
    }

    /// Spearman's coefficient: Pearson's of the ranks, ties averaged.
    public static func spearman(_ x: [Double], _ y: [Double]) -> Double { pearson(ranks(x), ranks(y)) }

    /// Ranks from 1, ties averaged.
    public static func ranks(_ values: [Double]) -> [Double] {
        let order = values.indices.sorted { values[$0] < values[$1] }
        var ranks = [Double](repeating: 0, count: values.count), start = 0
        while start < order.count {
            var end = start + 1
            while end < order.count, values[order[end]] == values[order[start]] { end += 1 }
            for index in start..<end { ranks[order[index]] = Double(start + end + 1) / 2 }
            start = end
        }
        return ranks
    }
}
