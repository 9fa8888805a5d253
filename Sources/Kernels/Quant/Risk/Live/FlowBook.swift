/// What a portfolio would have earned each day at today's market values, Σmv·r by day, kept while values change.
///
/// A tree of sums, eight columns to a node: a change makes the nodes above its column anew, so that the sums depend on
/// the values alone, to the last bit, and not on how they came about.
public struct FlowBook: Sendable {
    private static let fan = 8

    /// Days of the shortest column: as many newest ones of each are read.
    public let days: Int
    /// How many columns are no longer than `days`.
    public let shortest: Int
    private let columns: [[Double]]
    private var weights: [Double]
    /// Nodes of each level above the columns, day by day; the last level is one node.
    private var levels: [[Double]] = []
    private var stale: [Int] = []
    private var isStale: [Bool]

    /// Of columns of daily returns and their market values. Columns may differ in length; an empty one is none.
    public init(_ columns: [[Double]], weights: [Double]) {
        precondition(columns.count == weights.count, "weights of another length")
        self.columns = columns
        self.weights = weights
        let days = columns.lazy.map(\.count).filter { $0 > 0 }.min() ?? 0
        self.days = days
        shortest = days == 0 ? 0 : columns.count { $0.count == days }
        var nodes = columns.count
        repeat {
            nodes = (nodes + Self.fan - 1) / Self.fan
            levels.append([Double](repeating: 0, count: max(1, nodes) * days))
        } while nodes > 1
        isStale = [Bool](repeating: true, count: (columns.count + Self.fan - 1) / Self.fan)
        stale = Array(isStale.indices)
    }

    /// Whether a place has a column.
    public func hasColumn(_ index: Int) -> Bool { !columns[index].isEmpty }

    /// Whether days are counted by the column of a place alone, so that without it there would be more.
    public func isShortest(_ index: Int) -> Bool { shortest == 1 && columns[index].count == days }

    /// How many columns there are.
    public var count: Int { columns.count }

    /// Changes the market value of a column.
    public mutating func set(_ weight: Double, at index: Int) {
        if weights[index] == weight { return }
        weights[index] = weight
        if isStale[index / Self.fan] { return }
        isStale[index / Self.fan] = true
        stale.append(index / Self.fan)
    }

    /// Makes the nodes above what changed anew. Reading does it too.
    public mutating func refresh() {
        if stale.isEmpty || days == 0 { return }
        for node in stale {
            isStale[node] = false
            gather(node)
        }
        var changed = stale
        stale.removeAll(keepingCapacity: true)
        for level in 1..<max(1, levels.count) {
            var above: [Int] = []
            for node in changed where above.last != node / Self.fan { above.append(node / Self.fan) }
            if above.count > 1 { above = Array(Set(above)).sorted() }
            for node in above { fold(level, node) }
            changed = above
        }
    }

    /// Σ weight·column of the columns of a lowest node.
    private mutating func gather(_ node: Int) {
        let days = days, columns = columns, weights = weights
        let range = node * Self.fan..<min(columns.count, (node + 1) * Self.fan)
        func newest(_ index: Int, _ read: (UnsafeBufferPointer<Double>) -> Void) {
            columns[index].withUnsafeBufferPointer { read(UnsafeBufferPointer(rebasing: $0.suffix(days))) }
        }
        levels[0].withUnsafeMutableBufferPointer { all in
            let out = UnsafeMutableBufferPointer(rebasing: all[node * days..<(node + 1) * days])
            out.update(repeating: 0)
            let counted = range.filter { weights[$0] != 0 && !columns[$0].isEmpty }
            // Four columns in one pass, added one after the other: the same bits, and fewer ways to memory and back.
            var index = 0
            while index + 4 <= counted.count {
                let (a, b, c, d) = (weights[counted[index]], weights[counted[index + 1]], weights[counted[index + 2]],
                                    weights[counted[index + 3]])
                newest(counted[index]) { first in newest(counted[index + 1]) { second in
                    newest(counted[index + 2]) { third in newest(counted[index + 3]) { fourth in
                        for day in 0..<days {
                            out[day] = out[day] + a * first[day] + b * second[day] + c * third[day] + d * fourth[day]
                        }
                    } }
                } }
                index += 4
            }
            for index in counted[index...] {
                let weight = weights[index]
                newest(index) { column in for day in 0..<days { out[day] += weight * column[day] } }
            }
        }
    }

    /// Σ of the nodes below one.
    private mutating func fold(_ level: Int, _ node: Int) {
        let days = days, below = levels[level - 1]
        let range = node * Self.fan..<min(below.count / max(1, days), (node + 1) * Self.fan)
        levels[level].withUnsafeMutableBufferPointer { all in
            below.withUnsafeBufferPointer { below in
                let out = UnsafeMutableBufferPointer(rebasing: all[node * days..<(node + 1) * days])
                func row(_ child: Int) -> UnsafeBufferPointer<Double> {
                    UnsafeBufferPointer(rebasing: below[child * days..<(child + 1) * days])
                }
                _ = out.update(from: row(range.lowerBound))
                var child = range.lowerBound + 1
                while child + 4 <= range.upperBound {
                    let (a, b, c, d) = (row(child), row(child + 1), row(child + 2), row(child + 3))
                    for day in 0..<days { out[day] = out[day] + a[day] + b[day] + c[day] + d[day] }
                    child += 4
                }
                for child in child..<range.upperBound {
                    let more = row(child)
                    for day in 0..<days { out[day] += more[day] }
                }
            }
        }
    }

    /// Σmv·r by day, oldest first; 0 days where nothing is held.
    public mutating func flows() -> [Double] {
        refresh()
        return levels[levels.count - 1]
    }

    /// The same with another market value at a place, or with one more column (`index` nil). The book stays as it is.
    public mutating func flows(with weight: Double, at index: Int?, column more: [Double] = []) -> [Double] {
        refresh()
        let top = levels.count - 1
        if let index {
            let step = weight - weights[index], column = columns[index], start = column.count - days
            return [Double](unsafeUninitializedCapacity: days) { out, filled in
                levels[top].withUnsafeBufferPointer { flows in
                    column.withUnsafeBufferPointer { column in
                        for day in 0..<days { out[day] = flows[day] + step * column[start + day] }
                    }
                }
                filled = days
            }
        }
        if days == 0 { return more.map { $0 * weight } }
        let count = min(days, more.count), skip = days - count, start = more.count - count
        return (0..<count).map { levels[top][skip + $0] + weight * more[start + $0] }
    }
}

/// Moments of a portfolio's daily flows, in one or two passes.
public struct FlowMoments: Sendable, Equatable {
    /// Mean of a day, in currency.
    public let mean: Double
    /// Σ(x−x̄)²/(n−1), 0 for fewer than two days; NaN where it is too large for a number.
    public let variance: Double
    public let count: Int

    /// Of flows; about the first of them, so that constant ones have no variance.
    public init(_ flows: [Double]) {
        count = flows.count
        guard let pivot = flows.first else {
            (mean, variance) = (.nan, 0)
            return
        }
        var sums = SIMD4<Double>.zero, squares = SIMD4<Double>.zero
        let whole = flows.count / 4 * 4
        (mean, variance) = flows.withUnsafeBufferPointer { flows in
            var index = 0
            while index < whole {
                let x = SIMD4(flows[index], flows[index + 1], flows[index + 2], flows[index + 3]) - pivot
                sums += x
                squares += x * x
                index += 4
            }
            var first = sums.sum(), second = squares.sum()
            while index < flows.count {
                let x = flows[index] - pivot
                first += x
                second += x * x
                index += 1
            }
            let middle = first / Double(flows.count)
            // A second pass where the mean is so far from the pivot that digits would be lost.
            var rest = second - first * middle
            if rest < 0.1 * second { rest = Self.squares(flows, about: pivot + middle) }
            // The larger of 0 and what is not a number would be 0.
            if rest.isNaN { return (pivot + middle, .nan) }
            return (pivot + middle, flows.count < 2 ? 0 : max(0, rest) / Double(flows.count - 1))
        }
    }

    private static func squares(_ flows: UnsafeBufferPointer<Double>, about mean: Double) -> Double {
        var total = 0.0
        for value in flows { total += (value - mean) * (value - mean) }
        return total
    }
}

/// Returns of a benchmark with their moments, made once for many portfolios.
public struct BenchmarkReturns: Sendable, Equatable {
    /// By day, oldest first; NaN on a day that has none.
    public let values: [Double]
    private let moments: FlowMoments
    private let isWhole: Bool

    /// Of daily returns; NaN where there is none of a day, which no figure reads.
    public init(_ values: [Double]) {
        self.values = values
        isWhole = values.allSatisfy(\.isFinite)
        moments = FlowMoments(values)
    }

    /// Cov(flows, b)/Var(b) over the newest days that both have, in the unit of the flows; nil where the benchmark is
    /// constant or fewer than two days are shared.
    public func beta(_ flows: [Double], _ known: FlowMoments) -> Double? {
        let count = min(flows.count, values.count)
        guard count > 1 else { return nil }
        if !isWhole {
            let known = zip(flows.suffix(count), values.suffix(count)).filter { $0.1.isFinite }
            return LossMeasures.beta(known.map(\.0), benchmark: known.map(\.1))
        }
        if count < flows.count || count < values.count {
            return LossMeasures.beta(Array(flows.suffix(count)), benchmark: Array(values.suffix(count)))
        }
        var sums = SIMD4<Double>.zero
        let whole = count / 4 * 4
        let total = flows.withUnsafeBufferPointer { flows in
            values.withUnsafeBufferPointer { values in
                var index = 0
                while index < whole {
                    let x = SIMD4(flows[index], flows[index + 1], flows[index + 2], flows[index + 3]) - known.mean
                    let y = SIMD4(values[index], values[index + 1], values[index + 2], values[index + 3])
                    sums += x * (y - moments.mean)
                    index += 4
                }
                var total = sums.sum()
                while index < count {
                    total += (flows[index] - known.mean) * (values[index] - moments.mean)
                    index += 1
                }
                return total
            }
        }
        return Performance.ratio(total / Double(count - 1), moments.variance)
    }
}
