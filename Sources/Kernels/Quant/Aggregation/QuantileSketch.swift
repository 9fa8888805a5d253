import Glibc

/// Quantiles of any number of values in bounded memory: each answer is within `accuracy`, relatively, of the value at
/// that rank. Sketches of parts merge into that of the whole, exactly. DDSketch of Masson, Rim and Lee 2019, with
/// logarithmic buckets for both signs and one for zero.
///
/// The rank of quantile q among n values is ⌊q·(n − 1)⌋, counted from 0. Beyond `bucketLimit` buckets of a sign those
/// nearest to zero are joined: then small quantiles of that sign lose their bound. No answer lies below the smallest or
/// above the largest value taken.
public struct QuantileSketch: Sendable, Equatable {
    /// Most buckets of a sign; at an accuracy of 1 % they span a factor of 10^17.
    public static let bucketLimit = 2048

    /// The relative error of an answer.
    public let accuracy: Double
    /// Values taken.
    public private(set) var count = 0
    private let logBase: Double
    private var zeros = 0
    private var least = Double.infinity
    private var most = -Double.infinity
    private var positive: [Int: Int] = [:]
    private var negative: [Int: Int] = [:]

    /// `accuracy` in (0, 0.5].
    public init(accuracy: Double = 0.01) {
        precondition(accuracy > 0 && accuracy <= 0.5, "an accuracy is in (0, 0.5]")
        self.accuracy = accuracy
        logBase = log((1 + accuracy) / (1 - accuracy))
    }

    /// Takes a value; one that is not finite is passed over.
    public mutating func insert(_ value: Double) {
        guard value.isFinite else { return }
        count += 1
        least = Swift.min(least, value)
        most = Swift.max(most, value)
        if value.magnitude < .leastNormalMagnitude {
            zeros += 1
        } else if value > 0 {
            Self.add(1, at: bucket(value), to: &positive)
        } else {
            Self.add(1, at: bucket(-value), to: &negative)
        }
    }

    /// Takes all values of another sketch of the same accuracy.
    public mutating func merge(_ other: QuantileSketch) {
        precondition(other.accuracy == accuracy, "sketches of one accuracy merge")
        count += other.count
        zeros += other.zeros
        least = Swift.min(least, other.least)
        most = Swift.max(most, other.most)
        for (key, number) in other.positive { Self.add(number, at: key, to: &positive) }
        for (key, number) in other.negative { Self.add(number, at: key, to: &negative) }
    }

    /// The value at quantile `q` in [0, 1]; NaN of no values.
    public func quantile(_ q: Double) -> Double {
        guard count > 0, q >= 0, q <= 1 else { return .nan }
        // The point of a bucket may lie beyond the values that are in it.
        return Swift.min(most, Swift.max(least, point(q)))
    }

    private func point(_ q: Double) -> Double {
        var left = Int(q * Double(count - 1))
        for (key, number) in negative.sorted(by: { $0.key > $1.key }) {
            if left < number { return -value(key) }
            left -= number
        }
        if left < zeros { return 0 }
        left -= zeros
        for (key, number) in positive.sorted(by: { $0.key < $1.key }) {
            if left < number { return value(key) }
            left -= number
        }
        return .nan
    }

    private func bucket(_ value: Double) -> Int { Int((log(value) / logBase).rounded(.up)) }

    /// The point of a bucket that is as far, relatively, from both its ends.
    private func value(_ key: Int) -> Double { 2 * exp(Double(key) * logBase) / (exp(logBase) + 1) }

    private static func add(_ number: Int, at key: Int, to buckets: inout [Int: Int]) {
        buckets[key, default: 0] += number
        guard buckets.count > bucketLimit else { return }
        let lowest = buckets.keys.sorted().prefix(2)
        guard let first = lowest.first, let second = lowest.last, let joined = buckets.removeValue(forKey: first) else { return }
        buckets[second, default: 0] += joined
    }
}
