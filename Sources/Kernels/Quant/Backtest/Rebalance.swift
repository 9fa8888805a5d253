/// When a weights backtest decides to rebalance: at the close of the first bar, and then of each first bar of a period
/// (UTC), or when a weight has strayed.
public enum Rebalance: Sendable, Equatable {
    /// First bar of each day.
    case daily
    /// First bar of each week, which begins on Monday.
    case weekly
    /// First bar of each month.
    case monthly
    /// First bar of each quarter.
    case quarterly
    /// Any bar at whose close a weight is further than this from its target.
    case threshold(Double)

    /// `1d 1w 1mo 1q`; nil for another text.
    public init?(_ text: String) {
        switch text {
        case "1d": self = .daily
        case "1w": self = .weekly
        case "1mo": self = .monthly
        case "1q": self = .quarterly
        default: return nil
        }
    }

    /// A number that changes when a new period begins; nil for a threshold.
    func period(of ts: Int64) -> Int64? {
        let day = Self.floorDivide(ts, 86_400_000_000_000)
        switch self {
        case .daily: return day
        case .weekly: return Self.floorDivide(day + 3, 7)
        case .monthly: return Self.month(of: day)
        case .quarterly: return Self.floorDivide(Self.month(of: day), 3)
        case .threshold: return nil
        }
    }

    private static func floorDivide(_ a: Int64, _ b: Int64) -> Int64 { a >= 0 ? a / b : -((-a + b - 1) / b) }

    /// Months since year 0 of a day since 1970-01-01, by Hinnant's `civil_from_days`.
    private static func month(of day: Int64) -> Int64 {
        let shifted = day + 719_468
        let era = floorDivide(shifted, 146_097)
        let dayOfEra = shifted - era * 146_097
        let year = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * year + year / 4 - year / 100)
        let fromMarch = (5 * dayOfYear + 2) / 153
        let month = fromMarch < 10 ? fromMarch + 2 : fromMarch - 10
        return (year + era * 400 + (month <= 1 ? 1 : 0)) * 12 + month
    }
}
