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
        nanoseconds >= 0 ? nanoseconds / 1_000_000_000 : -((999_999_999 - nanoseconds) / 1_000_000_000)
    }

    @inlinable public static func < (a: Timestamp, b: Timestamp) -> Bool { a.nanoseconds < b.nanoseconds }

    /// The instant `nanoseconds` later.
    @inlinable public func adding(nanoseconds: Int64) -> Timestamp {
        Timestamp(nanoseconds: self.nanoseconds &+ nanoseconds)
    }
}
