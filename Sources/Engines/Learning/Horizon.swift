import Market
import Wire

/// How far a prediction looks: `5d`, `4h`, `30m`, `2w`, `1mo`, `1y`, or a number of bars.
///
/// A day is one daily bar, and a shorter bar's share of 24 hours; a week has 5 days, a month 21, a year 252.
struct Horizon: Sendable, Equatable {
    static let expected = "must be a number of bars or a text such as 1d, 4h, 30m, 2w, 1mo or 1y, at most 10y"
    private static let units: [(name: String, days: Double)] = [
        ("mo", 21), ("m", 1.0 / 1440), ("h", 1.0 / 24), ("d", 1), ("w", 5), ("y", 252),
    ]

    /// As it was sent.
    let text: String
    /// In days; nil where bars were sent.
    private let days: Double?
    private let bars: Double

    static let oneDay = Horizon(text: "1d", days: 1, bars: 0)

    private init(text: String, days: Double?, bars: Double) {
        self.text = text
        self.days = days
        self.bars = bars
    }

    init?(_ text: String) {
        let trimmed = text.lowercased()
        if let bars = Double(trimmed) {
            self.init(bars: bars)
            return
        }
        guard let unit = Self.units.first(where: { trimmed.hasSuffix($0.name) }),
              let count = Double(trimmed.dropLast(unit.name.utf8.count)), count > 0, count * unit.days <= 2520
        else { return nil }
        self.init(text: text, days: count * unit.days, bars: 0)
    }

    init?(bars: Double) {
        guard bars > 0, bars <= 3_628_800 else { return nil }
        self.init(text: bars == bars.rounded() ? "\(Int(bars))" : "\(bars)", days: nil, bars: bars)
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

    /// In bars of a timeframe.
    func periods(_ timeframe: Timeframe) -> Double { days.map { $0 * Self.barsPerDay(timeframe) } ?? bars }

    static func barsPerDay(_ timeframe: Timeframe) -> Double {
        Double(Timeframe.day1.nanoseconds) / Double(timeframe.nanoseconds)
    }

    /// Bars in a year of 252 days.
    static func periodsPerYear(_ timeframe: Timeframe) -> Double { 252 * barsPerDay(timeframe) }
}
