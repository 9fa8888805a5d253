import Numerics

/// What was traded around an order: prices over time, with volumes where they are known.
public struct MarketPath: Sendable {
    /// Nanoseconds, strictly rising.
    public let times: [Int64]
    /// Price of one at each time, above 0.
    public let prices: [Double]
    /// Traded at each time; nil where none is known.
    public let volumes: [Double]?

    /// Throws `.data` where lengths differ, times do not rise, or a price is not finite and above 0,
    /// or a volume is below 0.
    public init(times: [Int64], prices: [Double], volumes: [Double]? = nil) throws(QuantError) {
        guard times.count == prices.count, volumes.map({ $0.count == times.count }) ?? true else {
            throw QuantError(.data, "times, prices and volumes must be of one length")
        }
        guard zip(times, times.dropFirst()).allSatisfy(<) else { throw QuantError(.data, "times must rise") }
        guard prices.allSatisfy({ $0.isFinite && $0 > 0 }) else {
            throw QuantError(.data, "prices must be finite and above 0")
        }
        guard volumes?.allSatisfy({ $0.isFinite && $0 >= 0 }) ?? true else {
            throw QuantError(.data, "volumes must be finite and not below 0")
        }
        self.times = times
        self.prices = prices
        self.volumes = volumes
    }

    /// The newest price at or before a time; nil before the first.
    public func price(at time: Int64) -> Double? {
        let index = place(after: time)
        return index > 0 ? prices[index - 1] : nil
    }

    /// The first price at or after a time; nil after the last.
    public func price(from time: Int64) -> Double? {
        let index = place(from: time)
        return index < times.count ? prices[index] : nil
    }

    /// The first price at or after what is `span` nanoseconds after a time; nil after the last, and where that is after
    /// all times there are.
    public func price(_ span: Int64, after time: Int64) -> Double? {
        let (wanted, overflows) = time.addingReportingOverflow(span)
        return overflows ? nil : price(from: wanted)
    }

    /// The last price, which stands at the end of what began before it; nil where it is older than `time`.
    public func close(from time: Int64) -> Double? {
        times.last.flatMap { $0 >= time ? prices.last : nil }
    }

    /// Σ price·volume over Σ volume of what was traded from `start` to `end`, both included; nil without volume.
    public func volumeWeighted(from start: Int64, to end: Int64) -> Double? {
        guard let volumes else { return nil }
        var value = 0.0, total = 0.0
        for index in rows(place(from: start), end) where volumes[index] > 0 {
            value += prices[index] * volumes[index]
            total += volumes[index]
        }
        return total > 0 ? value / total : nil
    }

    /// The average over time of the newest price, from `start` to `end`: each price counts for as long as it stood.
    /// Over no time it is the price then; nil where no price was known at the start.
    public func timeWeighted(from start: Int64, to end: Int64) -> Double? {
        guard var price = price(at: start), end > start else { return price(at: start) }
        var value = 0.0, time = start
        for index in rows(place(after: start), end) {
            value += price * TimeSpan.nanoseconds(from: time, to: times[index])
            (price, time) = (prices[index], times[index])
        }
        value += price * TimeSpan.nanoseconds(from: time, to: end)
        return value / TimeSpan.nanoseconds(from: start, to: end)
    }

    /// Indices from one on to the last whose time is not after `end`.
    private func rows(_ first: Int, _ end: Int64) -> Range<Int> { first..<max(first, place(after: end)) }

    /// The first index whose time is not before `time`.
    private func place(from time: Int64) -> Int { time == .min ? 0 : place(after: time - 1) }

    /// The first index whose time is after `time`.
    private func place(after time: Int64) -> Int { times.firstPlace { $0 > time } }
}
