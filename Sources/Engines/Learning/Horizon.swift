import Market
import Wire

/// How far a prediction looks: `5d`, `4h`, `30m`, `2w`, `1mo`, `1y`, or a number of bars.
///
/// A day is one daily bar, or as many shorter ones as a day has; a week has 5 days, a month 21, a year 252. Hours and
/// minutes are those of the bars, of a daily bar a share of 24 hours. `M` is a month to some and a minute to others, so
/// it is neither.
struct Horizon: Sendable, Equatable {
    static let expected = "must be a number of bars or a text such as 1d, 4h, 30m, 2w, 1mo or 1y, at most 10y"
    /// In days: ten years.
    private static let longest = 2520.0
    /// Of a day; those of the clock count in bars by their length.
    private static let units: [(name: String, days: Double, isClock: Bool)] = [
        ("mo", 21, false), ("m", 1.0 / 1440, true), ("h", 1.0 / 24, true), ("d", 1, false), ("w", 5, false),
        ("y", 252, false),
    ]

    private enum Length: Equatable { case bars(Double), days(Double), clock(days: Double) }

    /// As it was sent.
    let text: String
    private let length: Length

    static let oneDay = Horizon(text: "1d", length: .days(1))

    private init(text: String, length: Length) {
        self.text = text
        self.length = length
    }

    init?(_ text: String) {
        let lowered = text.lowercased()
        if let bars = Self.number(lowered[...]) {
            self.init(bars: bars)
            return
        }
        guard !text.hasSuffix("M"), let unit = Self.units.first(where: { lowered.hasSuffix($0.name) }),
              let count = Self.number(lowered.dropLast(unit.name.utf8.count)), count > 0, count * unit.days <= Self.longest
        else { return nil }
        self.init(text: text, length: unit.isClock ? .clock(days: count * unit.days) : .days(count * unit.days))
    }

    init?(bars: Double) {
        guard bars > 0, bars <= Self.longest * TradingDays.aroundTheClock(.minute1) else { return nil }
        self.init(text: bars == bars.rounded() ? "\(Int(bars))" : "\(bars)", length: .bars(bars))
    }

    /// Of digits and a point: no sign, no exponent and no hexadecimal.
    private static func number(_ text: Substring) -> Double? {
        text.utf8.allSatisfy { (48...57).contains($0) || $0 == 46 } ? Double(text) : nil
    }

    /// A JSON number or text, as bytes.
    init?(json: [UInt8]) {
        let read = try? JSONParser().withDocument(Array("[".utf8) + json + Array("]".utf8)) { root -> Horizon? in
            var found: Horizon?
            root.forEachElement { value in
                found = value.double.flatMap { Horizon(bars: $0) } ?? value.string.flatMap { Horizon($0) }
            }
            return found
        }
        guard let read = read ?? nil else { return nil }
        self = read
    }

    /// Whether a number of bars of a timeframe is at most ten years: as they are stated, else 2,520 days traded
    /// around the clock.
    func isWithinBounds(_ timeframe: Timeframe, periodsPerYear: Double?) -> Bool {
        guard case .bars(let bars) = length else { return true }
        let days = Self.longest * TradingDays.aroundTheClock(timeframe)
        return bars <= periodsPerYear.map { max(days, 10 * $0) } ?? days
    }

    /// In bars of a timeframe of which a day has so many.
    func periods(_ timeframe: Timeframe, barsPerDay: Double) -> Double {
        switch length {
        case .bars(let bars): bars
        case .days(let days): days * barsPerDay
        case .clock(let days): days * TradingDays.aroundTheClock(timeframe)
        }
    }

    /// Bars in a year of 252 days.
    static func periodsPerYear(barsPerDay: Double) -> Double { 252 * barsPerDay }
}
