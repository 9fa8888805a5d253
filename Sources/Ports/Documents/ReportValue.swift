public import Market
import Wire

/// One cell: text, a number with how it is shown, an instant, or nothing with the reason why.
public enum ReportValue: Sendable, Equatable {
    /// How a number is shown. JSON, CSV and Excel hold the number itself, never what is shown.
    public enum Format: String, Sendable, Equatable, CaseIterable {
        /// Two decimals, thousands apart, in the report's currency.
        case money
        /// A fraction shown as per cent with two decimals.
        case percent
        /// Four decimals.
        case ratio
        /// No decimals, thousands apart.
        case count
        /// As many decimals as it has, up to eight.
        case quantity
    }

    case text(String)
    case number(Double, Format)
    case time(Timestamp)
    /// A day in UTC.
    case day(Timestamp)
    /// Not known, and why.
    case missing(String)

    /// A number, or missing with a reason where there is none or it is not finite.
    public static func optional(_ value: Double?, _ format: Format, or reason: String = "not defined") -> ReportValue {
        guard let value, value.isFinite else { return .missing(reason) }
        return .number(value, format)
    }

    /// Whether it is set to the right.
    public var isNumeric: Bool {
        switch self {
        case .number, .missing: true
        case .text, .time, .day: false
        }
    }

    /// What people read.
    public var shown: String {
        switch self {
        case .text(let text): text
        case .number(let value, .money): Self.fixed(value, 2, grouped: true)
        case .number(let value, .percent): Self.fixed(value * 100, 2, grouped: true) + " %"
        case .number(let value, .ratio): Self.fixed(value, 4, grouped: true)
        case .number(let value, .count): Self.fixed(value, 0, grouped: true)
        case .number(let value, .quantity): Self.trimmed(Self.fixed(value, 8, grouped: true))
        case .time(let time): time.iso8601
        case .day(let time): time.day
        case .missing: "–"
        }
    }

    /// A number with so many decimals, halves away from zero; a minus of its own sign where it is negative.
    static func fixed(_ value: Double, _ decimals: Int, grouped: Bool) -> String {
        guard value.isFinite else { return "–" }
        var scale = 1.0
        for _ in 0..<decimals { scale *= 10 }
        let scaled = (abs(value) * scale).rounded(.toNearestOrAwayFromZero)
        // Beyond 2^63 there are no decimals to show.
        guard scaled < 9e18 else { return "\(value)" }
        let whole = UInt64(scaled)
        var digits = String(whole)
        if digits.utf8.count <= decimals { digits = String(repeating: "0", count: decimals + 1 - digits.utf8.count) + digits }
        let integer = String(digits.dropLast(decimals)), fraction = String(digits.suffix(decimals))
        let head = grouped ? Self.grouped(integer) : integer
        return (value < 0 && whole > 0 ? "−" : "") + head + (decimals > 0 ? "." + fraction : "")
    }

    private static func grouped(_ digits: String) -> String {
        var out = ""
        for (index, digit) in digits.enumerated() {
            if index > 0 && (digits.count - index) % 3 == 0 { out.append(",") }
            out.append(digit)
        }
        return out
    }

    private static func trimmed(_ text: String) -> String {
        guard text.contains(".") else { return text }
        var out = text[...]
        while out.last == "0" { out = out.dropLast() }
        if out.last == "." { out = out.dropLast() }
        return String(out)
    }
}

extension Timestamp {
    /// Its day in UTC as 2026-03-01.
    public var day: String { String(iso8601.prefix(10)) }
}
