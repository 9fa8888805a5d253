/// `hull_ma(x,n)`: the weighted average over ⌊√n⌋ bars of 2·wma(x,⌊n/2⌋) − wma(x,n) (Hull 2005). Default 20, look-back
/// n − 1 + ⌊√n⌋ − 1. Exact.
public struct HullMovingAverage: Kernel {
    private var difference: HullDifference
    private var smooth: WeightedMovingAverage

    /// Period of at least 2.
    public init(period: Int) {
        difference = HullDifference(period)
        smooth = WeightedMovingAverage(period: Int(Double(period).squareRoot()))
    }

    /// Those of the difference and of the last average.
    public var scratchCount: Int { difference.scratchCount + smooth.scratchCount }
    /// n − 1 + ⌊√n⌋ − 1.
    public var lookBack: Int { difference.period - 1 + smooth.lookBack }

    /// Takes the next value.
    @inline(__always)
    public mutating func step(_ value: Double, _ scratch: Scratch) -> Double {
        smooth.step(difference.push(value, scratch), scratch + difference.scratchCount)
    }

    /// First the difference, then its average over it: each by itself has what it needs in registers.
    @inline(__always)
    public mutating func advance(_ sources: Sources, into sinks: Sinks, count: Int, _ scratch: Scratch) {
        var part = difference, last = smooth
        for row in 0..<count { sinks.first[row] = part.push(sources.first[row], scratch) }
        let lastScratch = scratch + part.scratchCount
        for row in 0..<count { sinks.first[row] = last.step(sinks.first[row], lastScratch) }
        difference = part
        smooth = last
    }
}

/// `zlema(x,n)`: the EMA of 2x − x of (n − 1)/2 bars ago, rounded down, seeded with the mean of the first n of these
/// (Ehlers, Way 2010). Default 30, look-back (n − 1)/2 + n − 1. Converging. A null is passed over.
public struct ZeroLagAverage: Kernel {
    private let lag: Int
    private var delay: DelayLine
    private var average: ExponentialMovingAverage

    /// Period of at least 1.
    public init(period: Int) {
        lag = (period - 1) / 2
        delay = DelayLine(max(1, lag))
        average = ExponentialMovingAverage(period: period)
    }

    /// The lag, at least 1.
    public var scratchCount: Int { delay.period }
    /// The lag and n − 1.
    public var lookBack: Int { lag + average.lookBack }

    /// Takes the next value.
    @inline(__always)
    public mutating func step(_ value: Double, _ scratch: Scratch) -> Double {
        guard value == value else { return .nan }
        let older = lag == 0 ? value : delay.push(value, scratch)
        return average.push(2 * value - older)
    }
}
