public import Market

/// Which rows of a series. Answers are always in rising order of time.
public struct SeriesRange: Sendable, Hashable {
    /// The end that a limit keeps.
    public enum Keep: Sendable, Hashable {
        /// The first rows of the range.
        case oldest
        /// The last rows of the range.
        case newest
    }

    /// The first instant, included; nil for the start of the series.
    public var from: Timestamp?
    /// The last instant, included; nil for the end of the series.
    public var to: Timestamp?
    /// At most this many rows; nil for all.
    public var limit: Int?
    /// Which rows stay when there are more than `limit`.
    public var keep: Keep

    /// Makes a range; without arguments, everything.
    public init(from: Timestamp? = nil, to: Timestamp? = nil, limit: Int? = nil, keep: Keep = .oldest) {
        self.from = from
        self.to = to
        self.limit = limit
        self.keep = keep
    }

    /// Everything.
    public static let all = SeriesRange()

    /// The last `count` rows.
    public static func newest(_ count: Int) -> SeriesRange { SeriesRange(limit: count, keep: .newest) }
}
