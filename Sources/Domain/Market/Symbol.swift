/// An instrument's name: 1–32 characters of `A-Z a-z 0-9 . _ : / -`, kept as given.
public struct Symbol: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let text: String

    /// A symbol, or nil where the text is empty, too long or has another character.
    public init?(_ text: some StringProtocol) {
        guard (1...32).contains(text.utf8.count), text.utf8.allSatisfy(Self.isAllowed) else { return nil }
        self.text = String(text)
    }

    public var description: String { text }
    public static func < (a: Symbol, b: Symbol) -> Bool { a.text < b.text }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case 48...57, 65...90, 97...122: true
        case UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: ":"), UInt8(ascii: "/"), UInt8(ascii: "-"): true
        default: false
        }
    }
}

/// The length of a bar.
public enum Timeframe: String, CaseIterable, Sendable, Hashable {
    case minute1 = "1m", minute5 = "5m", minute15 = "15m", hour1 = "1h", hour4 = "4h", day1 = "1d"

    /// Nanoseconds from one bar's time to the next, closed days aside.
    public var nanoseconds: Int64 {
        switch self {
        case .minute1: 60_000_000_000
        case .minute5: 300_000_000_000
        case .minute15: 900_000_000_000
        case .hour1: 3_600_000_000_000
        case .hour4: 14_400_000_000_000
        case .day1: 86_400_000_000_000
        }
    }
}
