/// An instant: nanoseconds since 1970-01-01T00:00:00Z.
public struct Timestamp: Hashable, Comparable, Sendable {
    /// Nanoseconds since the epoch; negative before 1970.
    public var nanoseconds: Int64

    /// An instant from nanoseconds since the epoch.
    @inlinable public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// An instant from milliseconds since the epoch.
    @inlinable public init(milliseconds: Int64) { nanoseconds = milliseconds &* 1_000_000 }

    /// An instant from whole seconds since the epoch.
    @inlinable public init(seconds: Int64) { nanoseconds = seconds &* 1_000_000_000 }

    /// Whole seconds since the epoch, rounded towards the past.
    @inlinable public var seconds: Int64 {
        let whole = nanoseconds / 1_000_000_000
        return nanoseconds % 1_000_000_000 < 0 ? whole - 1 : whole
    }

    /// The first instant of 1678 and the last of 2261: the whole years that 64 bits of nanoseconds hold. Nothing else can
    /// be read from text, and what comes from outside has to lie within.
    public static let wholeYears =
        Timestamp(nanoseconds: -9_214_560_000_000_000_000)...Timestamp(nanoseconds: 9_214_646_399_999_999_999)

    /// Nanoseconds from `earlier` to this instant; where they are more than 292 years apart, the most that 64 bits
    /// hold.
    @inlinable public func nanoseconds(since earlier: Timestamp) -> Int64 {
        let (difference, overflow) = nanoseconds.subtractingReportingOverflow(earlier.nanoseconds)
        return overflow ? (nanoseconds < 0 ? .min : .max) : difference
    }

    @inlinable public static func < (a: Timestamp, b: Timestamp) -> Bool { a.nanoseconds < b.nanoseconds }

    /// The instant `nanoseconds` later.
    @inlinable public func adding(nanoseconds: Int64) -> Timestamp {
        Timestamp(nanoseconds: self.nanoseconds &+ nanoseconds)
    }
}
