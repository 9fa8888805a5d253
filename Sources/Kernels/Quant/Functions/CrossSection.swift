/// An operator across the instruments of one date. Nulls stay null and count for nothing.
enum CrossSection: Sendable {
    /// Rank among those not null, ties averaged, scaled to (0,1].
    case rank
    /// (x − mean)/deviation, ddof 1; null where all are equal or there is only one.
    case zscore
    /// x/Σ|x|; null where the sum is 0.
    case scale
    /// x − mean.
    case demean
    /// Clipped to the linear quantiles p and 1 − p of those not null.
    case winsorize(Double)

    /// Name as it is written.
    var name: String {
        switch self {
        case .rank: "rank"
        case .zscore: "zscore"
        case .scale: "scale"
        case .demean: "demean"
        case .winsorize: "winsorize"
        }
    }

    /// Applies the operator to one date in place; `order` is working memory.
    func apply(_ values: inout [Double], order: inout [Int]) {
        switch self {
        case .rank: Self.rank(&values, &order)
        case .zscore:
            let moments = Self.moments(values)
            let deviation = (moments.squares / Double(moments.count - 1)).squareRoot()
            Self.map(&values) { moments.count < 2 || deviation == 0 ? .nan : ($0 - moments.mean) / deviation }
        case .scale:
            var total = 0.0
            for value in values where value == value { total += abs(value) }
            Self.map(&values) { total == 0 ? .nan : $0 / total }
        case .demean:
            let mean = Self.moments(values).mean
            Self.map(&values) { $0 - mean }
        case .winsorize(let share): Self.winsorize(&values, share)
        }
    }

    private static func winsorize(_ values: inout [Double], _ share: Double) {
        let known = values.filter { $0 == $0 }
        guard !known.isEmpty else { return }
        let order = OrderStatistics(known, low: known.count, high: known.count)
        let low = order.linear(share)
        let high = order.linear(1 - share)
        map(&values) { min(max($0, low), high) }
    }

    private static func map(_ values: inout [Double], _ transform: (Double) -> Double) {
        for index in values.indices where values[index] == values[index] { values[index] = transform(values[index]) }
    }

    private static func moments(_ values: [Double]) -> (count: Int, mean: Double, squares: Double) {
        var count = 0
        var pivot = 0.0
        var total = 0.0
        for value in values where value == value {
            if count == 0 { pivot = value }
            count += 1
            total += value - pivot
        }
        let mean = pivot + total / Double(max(1, count))
        var squares = 0.0
        for value in values where value == value { squares += (value - mean) * (value - mean) }
        return (count, mean, squares)
    }

    private static func rank(_ values: inout [Double], _ order: inout [Int]) {
        order.removeAll(keepingCapacity: true)
        for index in values.indices where values[index] == values[index] { order.append(index) }
        order.sort { values[$0] < values[$1] }
        let count = Double(order.count)
        var start = 0
        while start < order.count {
            let value = values[order[start]]
            var end = start + 1
            while end < order.count, values[order[end]] == value { end += 1 }
            let rank = Double(start + 1 + end) / 2 / count
            for index in start..<end { values[order[index]] = rank }
            start = end
        }
    }
}
