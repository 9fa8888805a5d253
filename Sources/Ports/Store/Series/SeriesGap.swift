public import Market

/// Consecutive expected rows that are not there.
public struct SeriesGap: Sendable, Hashable {
    /// The first missing time.
    public var first: Timestamp
    /// The last missing time.
    public var last: Timestamp
    /// How many rows are missing.
    public var missing: Int

    /// Makes a gap.
    public init(first: Timestamp, last: Timestamp, missing: Int) {
        self.first = first
        self.last = last
        self.missing = missing
    }
}

/// Days on which rows are expected. Holidays are not known here: they show as gaps.
public enum SeriesCalendar: Sendable, Hashable {
    /// Every day, around the clock.
    case everyDay
    /// Monday to Friday in UTC.
    case weekdays
}

/// Finds gaps in times that arrive in rising order. After each row at `t`, rows are expected at `t + step`,
/// `t + 2 step` … before the next one.
public struct SeriesGapFinder: Sendable {
    private static let day: Int64 = 86_400_000_000_000
    private static let week: Int64 = 7 * day
    /// 1970-01-01 was a Thursday: the first Monday came four days later.
    private static let monday: Int64 = 4 * day

    private let step: Int64
    private let calendar: SeriesCalendar
    private let limit: Int
    private var previous: Int64?
    /// The gaps found so far.
    public private(set) var gaps: [SeriesGap] = []

    /// Starts; `step` in nanoseconds, above 0.
    public init(step: Int64, calendar: SeriesCalendar, limit: Int) {
        self.step = step
        self.calendar = calendar
        self.limit = limit
    }

    /// Looks at the next times.
    public mutating func take(_ ts: UnsafeBufferPointer<Int64>) {
        guard var last = previous ?? ts.first else { return }
        for time in ts {
            if time &- last > step && gaps.count < limit { between(last, time) }
            last = time
        }
        previous = last
    }

    private mutating func between(_ a: Int64, _ b: Int64) {
        let first = a + step
        let last = a + (b - a - 1) / step * step
        guard calendar == .weekdays else {
            add(first, last)
            return
        }
        // One stretch a working week: Monday 00:00 to Saturday 00:00.
        let sinceMonday = first - Self.monday
        var start = first - (sinceMonday % Self.week + Self.week) % Self.week
        var found: (first: Int64, last: Int64, missing: Int)?
        while start <= last {
            let from = max(first, a + (start - a + step - 1) / step * step)
            let to = min(last, a + (start + 5 * Self.day - 1 - a) / step * step)
            if from <= to {
                let missing = Int((to - from) / step) + 1
                found = (found?.first ?? from, to, (found?.missing ?? 0) + missing)
            }
            start += Self.week
        }
        if let found {
            gaps.append(SeriesGap(
                first: Timestamp(nanoseconds: found.first), last: Timestamp(nanoseconds: found.last),
                missing: found.missing))
        }
    }

    private mutating func add(_ first: Int64, _ last: Int64) {
        gaps.append(SeriesGap(
            first: Timestamp(nanoseconds: first), last: Timestamp(nanoseconds: last),
            missing: Int((last - first) / step) + 1))
    }
}
