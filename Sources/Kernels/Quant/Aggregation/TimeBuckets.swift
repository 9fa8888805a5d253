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
            let start = times[row] - ((times[row] % length) + length) % length
            var end = row + 1
            while end < times.count && times[end] - start < length { end += 1 }
            starts.append(start)
            ranges.append(row..<end)
            row = end
        }
        self.starts = starts
        self.ranges = ranges
    }
}

/// What is told of the values in a bucket. Nulls (NaN) are passed over; of none left the count is 0 and all else null.
public enum BucketFunction: String, CaseIterable, Sendable {
    case first, last, min, max, sum, mean, stddev, count, median, p05, p95

    /// The figure over some rows. `stddev` has ddof 1, about the mean, in two passes; `median`, `p05` and `p95` are of a
    /// `QuantileSketch` within 1 %.
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

    private static func quantile(_ values: ArraySlice<Double>, _ q: Double) -> Double {
        var sketch = QuantileSketch()
        for value in values { sketch.insert(value) }
        return sketch.quantile(q)
    }
}
