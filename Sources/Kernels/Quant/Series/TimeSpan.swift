/// Differences of times in nanoseconds. Times reach from 1678 to 2261, so the time between two may be more than an
/// `Int64` holds: 292 years.
enum TimeSpan {
    /// From one time to another.
    static func nanoseconds(from start: Int64, to end: Int64) -> Double {
        let (span, overflows) = end.subtractingReportingOverflow(start)
        return overflows ? Double(end) - Double(start) : Double(span)
    }

    /// How far two times are apart.
    static func distance(_ a: Int64, _ b: Int64) -> UInt64 { UInt64(bitPattern: a > b ? a &- b : b &- a) }

    /// The time so long before another, or the earliest there is.
    static func time(_ span: Int64, before time: Int64) -> Int64 {
        let (earlier, overflows) = time.subtractingReportingOverflow(span)
        return overflows ? .min : earlier
    }

    /// The time so long after another, or the latest there is.
    static func time(_ span: Int64, after time: Int64) -> Int64 {
        let (later, overflows) = time.addingReportingOverflow(span)
        return overflows ? .max : later
    }
}
