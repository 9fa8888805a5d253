/// `stoch(k,slow,type,d,type)`: outputs `slowk` and `slowd`: 100·(close − L)/(H − L) over k bars, averaged over `slow`
/// bars, and that averaged over d bars (Lane 1957). TA-Lib STOCH; defaults 5, 3, 0, 3, 0. The look-back of both is
/// k − 1 + slow − 1 + d − 1; 0 where H = L.
public struct StochasticOscillator: Kernel {
    private let slowPeriod: Int
    private let signalPeriod: Int
    private var highest: WindowMaximum
    private var lowest: WindowMinimum
    private var run = ValidRun()
    private var slow: MovingAverage
    private var signal: MovingAverage

    /// Periods of at least 1; the kinds are TA-Lib's numbers of averages, 0 to 2.
    public init(period: Int, slow: Int, slowKind: Int, signal: Int, signalKind: Int) {
        slowPeriod = slow
        signalPeriod = signal
        highest = WindowMaximum(period)
        lowest = WindowMinimum(period)
        self.slow = MovingAverage(kind: slowKind, period: slow)
        self.signal = MovingAverage(kind: signalKind, period: signal)
    }

    /// Two windows and two averages.
    public var scratchCount: Int {
        2 * highest.period + MovingAverage.scratchCount(period: slowPeriod)
            + MovingAverage.scratchCount(period: signalPeriod)
    }
    /// k − 1 + slow − 1 + d − 1.
    public var lookBack: Int { highest.period + slowPeriod + signalPeriod - 3 }

    /// Takes the next bar.
    @inline(__always)
    public mutating func step(_ bar: Triple, _ scratch: Scratch) -> TwoValues {
        let period = highest.period
        let top = highest.push(bar.high, scratch)
        let bottom = lowest.push(bar.low, scratch + period)
        let valid = run.push(bar.high + bar.low, atLeast: period)
        let span = (top - bottom) / 100
        let raw = valid ? (span == 0 ? 0 * bar.close : (bar.close - bottom) / span) : .nan
        let slowK = slow.push(raw, scratch + 2 * period)
        let slowD = signal.push(slowK, scratch + 2 * period + MovingAverage.scratchCount(period: slowPeriod))
        return slowD == slowD ? TwoValues(slowK, slowD) : .null
    }
}
