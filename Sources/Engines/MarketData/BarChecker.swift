import EngineKit
import Market

/// A row of a file or a body that was not taken.
struct RejectedRow: Sendable, Equatable {
    /// The line of the file, or the row of the columns from 1.
    let line: Int
    let reason: String
}

/// The rules of the door: what a bar must be before it is stored. Corrupt data is worse than none.
struct BarChecker: Sendable {
    /// No price, quantity or amount of the platform is larger, so that sums and products stay numbers.
    static let largest = 1e15

    private var lines: [Int64: Int] = [:]

    /// The reason a row is refused, or nil. NaN is a value that is not there: legal, except for the close.
    mutating func fault(
        line: Int, time: Timestamp, open: Double, high: Double, low: Double, close: Double, volume: Double,
        vwap: Double = .nan
    ) -> String? {
        for (name, value) in [("open", open), ("high", high), ("low", low), ("close", close), ("vwap", vwap)] {
            if value.isInfinite { return "\(name) is infinite" }
            if value <= 0 { return "\(name) must be above 0" }
            if value > Self.largest { return "\(name) must be at most 1e15" }
        }
        if close.isNaN { return "close is missing" }
        if volume.isInfinite || volume < 0 { return "volume must be a finite number of at least 0" }
        if volume > Self.largest { return "volume must be at most 1e15" }
        if let shape = BarShape.fault(open: open, high: high, low: low, close: close) { return shape.reason }
        if let first = lines[time.nanoseconds] { return "the same time as line \(first)" }
        lines[time.nanoseconds] = line
        return nil
    }
}
