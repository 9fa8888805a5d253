/// Daily closes of one instrument by day, and the returns from each day to the next: what several instruments are set
/// side by side with. Days are compared, never places, so that a missing bar shifts nothing.
public struct DailyCloses: Sendable, Equatable {
    /// Closes that two returns take.
    public static let needed = 3

    /// Days since 1970 (UTC), rising, of the bars with a close above zero.
    public private(set) var days: [Int64] = []
    /// The last close of each of these days.
    public private(set) var closes: [Double] = []
    /// Simple returns from each of these days to the next.
    public let returns: [Double]

    /// From bars in order of time. Closes that are no number above zero are left out.
    public init(_ bars: BarColumns) {
        for (time, close) in zip(bars.times, bars.close) where close.isFinite && close > 0 {
            let day = EquityCurve.startOfDay(time) / 86_400_000_000_000
            if days.last == day {
                closes[closes.count - 1] = close
            } else {
                days.append(day)
                closes.append(close)
            }
        }
        returns = zip(closes.dropFirst(), closes).map { $0 / $1 - 1 }
    }

    /// The same with another place for equal days: columns that share it are compared at once.
    public func sharing(_ other: [Int64]) -> DailyCloses {
        guard days == other else { return self }
        var column = self
        column.days = other
        return column
    }

    /// Returns between neighbours of other days, oldest first; NaN where a close of one of both is not stored. One fewer
    /// than there are days.
    public func returns(between others: [Int64]) -> [Double] {
        if others == days { return returns }
        var found: [Double] = [], place = 0, before = Double.nan
        found.reserveCapacity(others.count)
        for (index, day) in others.enumerated() {
            while place < days.count, days[place] < day { place += 1 }
            let close = place < days.count && days[place] == day ? closes[place] : .nan
            if index > 0 { found.append(close / before - 1) }
            before = close
        }
        return found
    }

    /// Days that both have, rising, of days that rise.
    public static func common(_ a: [Int64], _ b: [Int64]) -> [Int64] {
        var found: [Int64] = [], i = 0, j = 0
        while i < a.count, j < b.count {
            if a[i] == b[j] { found.append(a[i]) }
            (i, j) = (a[i] <= b[j] ? i + 1 : i, b[j] <= a[i] ? j + 1 : j)
        }
        return found
    }
}
