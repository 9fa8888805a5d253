/// An operator across the instruments of one date. Nulls stay null and count for nothing.
enum CrossSection: Sendable {
    /// Rank among those not null, ties averaged, scaled to (0,1].
    case rank
    /// (x − mean)/deviation, ddof 1; null where all are equal or there is only one.
    case zscore
    /// a·x/Σ|x|; null where the sum is 0.
    case scale(Double)
    /// x − mean.
    case demean
    /// Clipped to the linear quantiles p and 1 − p of those not null.
    case winsorize(Double)
    /// x − mean of the instrument's group; null for an instrument without one.
    case neutralize(Grouping)

    /// Name as it is written.
    var name: String {
        switch self {
        case .rank: "rank"
        case .zscore: "zscore"
        case .scale: "scale"
        case .demean: "demean"
        case .winsorize: "winsorize"
        case .neutralize: "group_neutralize"
        }
    }

    /// Working memory of one thread: rank's order, and sums by group.
    struct Workspace {
        /// A value and whose it is.
        struct Entry {
            let value: Double
            let index: Int
        }
        var entries: [Entry] = []
        var sums: [(total: Double, count: Int)] = []
    }

    /// Applies the operator to one date in place; `groups` has the number of each instrument's group.
    func apply(_ values: UnsafeMutableBufferPointer<Double>, groups: [Int], _ work: inout Workspace) {
        switch self {
        case .rank: Self.rank(values, &work)
        case .zscore:
            let moments = Self.moments(values)
            let deviation = (moments.squares / Double(moments.count - 1)).squareRoot()
            Self.map(values) { moments.count < 2 || deviation == 0 ? .nan : ($0 - moments.mean) / deviation }
        case .scale(let size):
            var total = 0.0
            for value in values where value == value { total += abs(value) }
            Self.map(values) { total == 0 ? .nan : size * $0 / total }
        case .demean:
            let mean = Self.moments(values).mean
            Self.map(values) { $0 - mean }
        case .winsorize(let share): Self.winsorize(values, share)
        case .neutralize: Self.neutralize(values, groups, &work)
        }
    }

    private static func winsorize(_ values: UnsafeMutableBufferPointer<Double>, _ share: Double) {
        let known = values.filter { $0 == $0 }
        guard !known.isEmpty else { return }
        let order = OrderStatistics(known, low: known.count, high: known.count)
        let low = order.linear(share)
        let high = order.linear(1 - share)
        map(values) { min(max($0, low), high) }
    }

    @inline(__always)
    private static func map(_ values: UnsafeMutableBufferPointer<Double>, _ transform: (Double) -> Double) {
        for index in values.indices where values[index] == values[index] { values[index] = transform(values[index]) }
    }

    private static func moments(
        _ values: UnsafeMutableBufferPointer<Double>
    ) -> (count: Int, mean: Double, squares: Double) {
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

    private static func neutralize(
        _ values: UnsafeMutableBufferPointer<Double>, _ groups: [Int], _ work: inout Workspace
    ) {
        work.sums.removeAll(keepingCapacity: true)
        work.sums.append(contentsOf: repeatElement((total: 0.0, count: 0), count: values.count))
        for index in values.indices where values[index] == values[index] {
            let group = index < groups.count ? groups[index] : -1
            guard group >= 0 else { continue }
            work.sums[group].total += values[index]
            work.sums[group].count += 1
        }
        for index in values.indices {
            let group = index < groups.count ? groups[index] : -1
            values[index] = group < 0 ? .nan : values[index] - work.sums[group].total / Double(work.sums[group].count)
        }
    }

    private static func rank(_ values: UnsafeMutableBufferPointer<Double>, _ work: inout Workspace) {
        work.entries.removeAll(keepingCapacity: true)
        for index in values.indices where values[index] == values[index] {
            work.entries.append(Workspace.Entry(value: values[index], index: index))
        }
        work.entries.sort { $0.value < $1.value }
        let count = Double(work.entries.count)
        var start = 0
        while start < work.entries.count {
            let value = work.entries[start].value
            var end = start + 1
            while end < work.entries.count, work.entries[end].value == value { end += 1 }
            let rank = Double(start + 1 + end) / 2 / count
            for place in start..<end { values[work.entries[place].index] = rank }
            start = end
        }
    }
}
