import Glibc

/// Discount factors from zero rates: continuously compounded, linear in rate × time between the points (that is, a flat
/// forward rate between them), the first rate held before them, the last forward rate after.
public struct DiscountCurve: Sendable, Equatable {
    /// Years, rising, above 0.
    public let times: [Double]
    /// Zero rates of the times, a year, continuously compounded.
    public let rates: [Double]

    /// The same rate at all times.
    public init(flat rate: Double) {
        times = [1]
        rates = [rate]
    }

    /// Of points. Throws where times do not rise from above 0 or a rate is not finite.
    public init(times: [Double], rates: [Double]) throws(QuantError) {
        guard !times.isEmpty, times.count == rates.count else {
            throw QuantError(.data, "a curve needs as many rates as times, one at least")
        }
        guard times[0] > 0, zip(times, times.dropFirst()).allSatisfy({ $0 < $1 }), times.allSatisfy(\.isFinite) else {
            throw QuantError(.data, "times of a curve must rise from above 0")
        }
        guard rates.allSatisfy({ $0.isFinite && abs($0) <= 1 }) else {
            throw QuantError(.data, "rates of a curve must lie between -1 and 1")
        }
        self.times = times
        self.rates = rates
    }

    /// −ln P(0, t).
    public func integral(_ time: Double) -> Double {
        guard let first = times.first, time > first else { return rates[0] * time }
        // The first point at or after it.
        var high = 0, end = times.count
        while high < end {
            let middle = (high + end) / 2
            if times[middle] >= time { end = middle } else { high = middle + 1 }
        }
        guard high < times.count else {
            let last = times.count - 1
            guard last > 0 else { return rates[last] * time }
            // The last forward rate goes on.
            let before = rates[last - 1] * times[last - 1], end = rates[last] * times[last]
            return end + (end - before) / (times[last] - times[last - 1]) * (time - times[last])
        }
        let below = rates[high - 1] * times[high - 1], above = rates[high] * times[high]
        return below + (above - below) * (time - times[high - 1]) / (times[high] - times[high - 1])
    }

    /// P(0, t).
    public func discount(_ time: Double) -> Double { exp(-integral(time)) }
}
