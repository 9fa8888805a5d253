/// `hull_ma(x,n)`: the weighted average over ⌊√n⌋ bars of 2·wma(x,⌊n/2⌋) − wma(x,n) (Hull 2005). Default 20, look-back
/// n − 1 + ⌊√n⌋ − 1. Exact.
public struct HullMovingAverage: Kernel {
    private var short: WeightedMovingAverage
    private var long: WeightedMovingAverage
    private var smooth: WeightedMovingAverage

    /// Period of at least 2.
    public init(period: Int) {
        short = WeightedMovingAverage(period: period / 2)
        long = WeightedMovingAverage(period: period)
        smooth = WeightedMovingAverage(period: Int(Double(period).squareRoot()))
    }

    /// Three windows.
    public var scratchCount: Int { short.scratchCount + long.scratchCount + smooth.scratchCount }
    /// n − 1 + ⌊√n⌋ − 1.
    public var lookBack: Int { long.lookBack + smooth.lookBack }

    /// Takes the next value.
    @inline(__always)
    public mutating func step(_ value: Double, _ scratch: Scratch) -> Double {
        let quick = short.step(value, scratch)
        let slow = long.step(value, scratch + short.scratchCount)
        return smooth.step(2 * quick - slow, scratch + short.scratchCount + long.scratchCount)
    }

    /// One average after the other: each by itself has what it needs in registers.
    @inline(__always)
    public mutating func advance(_ sources: Sources, into sinks: Sinks, count: Int, _ scratch: Scratch) {
        short.advance(sources, into: sinks, count: count, scratch)
        var slow = long, last = smooth
        let slowScratch = scratch + short.scratchCount
        for row in 0..<count {
            sinks.first[row] = 2 * sinks.first[row] - slow.step(sources.first[row], slowScratch)
        }
        let lastScratch = slowScratch + long.scratchCount
        for row in 0..<count { sinks.first[row] = last.step(sinks.first[row], lastScratch) }
        long = slow
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
