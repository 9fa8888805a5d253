import Market

/// How many bars a day of an instrument has, counted as they come.
///
/// The median over days (UTC) with bars, without the first and the newest, of which only a part may be there. With
/// fewer than `leastDays` others it is not known, and a day is taken to be traded around the clock. A daily bar is its
/// day.
struct TradingDays: Sendable, Equatable {
    /// Fewer whole days tell nothing.
    static let leastDays = 5

    private var day: Int64?
    private var isFirst = true
    private var today = 0
    /// Days by how many bars they have.
    private var days: [Int: Int] = [:]
    /// Nil while too few days are whole.
    private(set) var median: Double?

    init(_ times: [Int64] = []) {
        for time in times { take(time) }
        settle()
    }

    /// Takes the time of the next bar, in nanoseconds.
    mutating func push(_ time: Int64) {
        if take(time) { settle() }
    }

    /// Whether a day became whole.
    @discardableResult
    private mutating func take(_ time: Int64) -> Bool {
        let length = Timeframe.day1.nanoseconds, number = (time - ((time % length) + length) % length) / length
        if number == day {
            today += 1
            return false
        }
        let isWhole = day != nil && !isFirst
        if isWhole { days[today, default: 0] += 1 }
        isFirst = day == nil
        day = number
        today = 1
        return isWhole
    }

    private mutating func settle() {
        let count = days.values.reduce(0, +)
        if count < Self.leastDays { return }
        var passed = 0, lower: Int?
        for (bars, number) in days.sorted(by: { $0.key < $1.key }) {
            passed += number
            if lower == nil, passed > (count - 1) / 2 { lower = bars }
            if let lower, passed > count / 2 {
                median = Double(lower + bars) / 2
                return
            }
        }
    }

    /// Bars in a day of a timeframe.
    func bars(_ timeframe: Timeframe) -> Double {
        timeframe == .day1 ? 1 : median ?? Self.aroundTheClock(timeframe)
    }

    /// Bars of a timeframe in 24 hours.
    static func aroundTheClock(_ timeframe: Timeframe) -> Double {
        Double(Timeframe.day1.nanoseconds) / Double(timeframe.nanoseconds)
    }
}
