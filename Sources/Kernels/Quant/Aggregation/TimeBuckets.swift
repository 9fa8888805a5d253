/// Rows of a series by stretches of time of one length, counted from the epoch: a day's bucket begins at midnight UTC.
public struct TimeBuckets: Sendable {
    /// When each bucket that holds a row begins, rising, in epoch nanoseconds.
    public let starts: [Int64]
    /// Its rows.
    public let ranges: [Range<Int>]

    /// `times` rise; `length` is in nanoseconds, above 0. Buckets without a row are left out.
    public init(_ times: [Int64], length: Int64) {
        precondition(length > 0, "a bucket has a length")
        var starts: [Int64] = [], ranges: [Range<Int>] = []
        var row = 0
        while row < times.count {
            let number = Self.number(of: times[row], length)
            var end = row + 1
            while end < times.count && Self.number(of: times[end], length) == number { end += 1 }
            let (start, overflows) = number.multipliedReportingOverflow(by: length)
            starts.append(overflows ? .min : start)
            ranges.append(row..<end)
            row = end
        }
        self.starts = starts
        self.ranges = ranges
    }

    /// How many lengths a bucket is from the epoch's. Before the epoch it rounds towards the past.
    private static func number(of time: Int64, _ length: Int64) -> Int64 {
        let (quotient, rest) = time.quotientAndRemainder(dividingBy: length)
        return rest < 0 ? quotient - 1 : quotient
    }
}

/// What is told of the values in a bucket. Nulls (NaN) are passed over; of none left the count is 0 and all else null.
public enum BucketFunction: String, CaseIterable, Sendable {
    case first, last, min, max, sum, mean, stddev, count, median, p05, p95

    /// The figure over some rows. `stddev` has ddof 1, about the mean, in two passes. `median`, `p05` and `p95` of up
    /// to `exactCount` values are linear between the two nearest, at the rank q·(n − 1); of more they are the value of
    /// rank ⌊q·(n − 1)⌋, within 1 %, by a `QuantileSketch`.
    public func value(_ values: ArraySlice<Double>) -> Double {
        let present = values.lazy.filter { $0 == $0 }
        switch self {
        case .first: return present.first ?? .nan
        case .last: return values.last { $0 == $0 } ?? .nan
        case .min: return present.min() ?? .nan
        case .max: return present.max() ?? .nan
        case .count: return Double(present.reduce(0) { count, _ in count + 1 })
        case .sum: return present.isEmpty ? .nan : present.reduce(0, +)
        case .mean: return Self.mean(values)
        case .stddev:
            let mean = Self.mean(values)
            var count = 0.0, squares = 0.0
            for value in present {
                count += 1
                squares += (value - mean) * (value - mean)
            }
            return count < 2 ? .nan : (squares / (count - 1)).squareRoot()
        case .median: return Self.quantile(values, 0.5)
        case .p05: return Self.quantile(values, 0.05)
        case .p95: return Self.quantile(values, 0.95)
        }
    }

    private static func mean(_ values: ArraySlice<Double>) -> Double {
        var count = 0.0, total = 0.0
        for value in values where value == value {
            count += 1
            total += value
        }
        return count == 0 ? .nan : total / count
    }

    /// Quantiles of so many values are read from the values themselves.
    public static let exactCount = 256

    private static func quantile(_ values: ArraySlice<Double>, _ q: Double) -> Double {
        if values.count <= exactCount {
            let sorted = values.filter(\.isFinite).sorted()
            return sorted.isEmpty ? .nan : Percentile.linear(sorted, q)
        }
        var sketch = QuantileSketch()
        for value in values { sketch.insert(value) }
        return sketch.quantile(q)
    }
}
