/// Rows to fit a breach model on: drivers at a check, and whether the limit was breached within the horizon after it.
public struct BreachSamples: Sendable {
    /// Number of drivers a row.
    public static var width: Int { BreachDrivers.names.count }

    /// Drivers, row after row.
    public private(set) var drivers: [Double] = []
    /// Whether a breach followed.
    public private(set) var breached: [Bool] = []
    /// The check's number, which orders rows of all series in time.
    public private(set) var times: [Int] = []
    /// Which series a row is of: rows of one series depend on each other.
    public private(set) var series: [Int] = []

    public init() {}

    public var count: Int { breached.count }

    /// The share of rows that a breach followed; 0 without rows.
    public var baseRate: Double { count == 0 ? 0 : Double(breached.count { $0 }) / Double(count) }

    /// Drivers of one row.
    public func row(_ index: Int) -> ArraySlice<Double> { drivers[index * Self.width..<(index + 1) * Self.width] }

    /// Adds the rows of one limit's utilisations, check after check; the last `horizon` checks only tell what followed.
    /// `every` keeps one row in so many: neighbours tell nearly the same.
    public mutating func add(_ utilizations: [Double], series id: Int, horizon: Int, every: Int = 1, firstTime: Int = 0) {
        precondition(horizon > 0 && every > 0)
        var tracker = BreachTracker()
        // The next check from `index` on that breaches, found backwards.
        var next = [Int](repeating: .max, count: utilizations.count + 1)
        for index in utilizations.indices.reversed() { next[index] = utilizations[index] > 1 ? index : next[index + 1] }
        for (index, value) in utilizations.enumerated() where index + horizon < utilizations.count {
            tracker.update(value)
            guard index % every == 0, let known = tracker.drivers(horizon: horizon) else { continue }
            drivers += known.values
            breached.append(next[index + 1] <= index + horizon)
            times.append(firstTime + index)
            series.append(id)
        }
    }

    /// Adds all rows of others, their series kept apart from those that are there.
    public mutating func add(_ others: BreachSamples) {
        let shift = (series.max() ?? -1) + 1
        drivers += others.drivers
        breached += others.breached
        times += others.times
        series += others.series.map { $0 + shift }
    }

    /// The rows with these numbers.
    public func rows(_ indices: [Int]) -> BreachSamples {
        var part = BreachSamples()
        for index in indices {
            part.drivers += row(index)
            part.breached.append(breached[index])
            part.times.append(times[index])
            part.series.append(series[index])
        }
        return part
    }
}
