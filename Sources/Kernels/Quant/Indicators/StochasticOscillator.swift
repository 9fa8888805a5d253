/// 100·(close − L)/(H − L) over a window, H and L its highest high and lowest low; 0 where H = L.
struct RangePosition: Sendable {
    private var window: WindowRange
    private var run = ValidRun()

    init(period: Int) { window = WindowRange(period) }

    var period: Int { window.period }
    /// 2n.
    var scratchCount: Int { window.scratchCount }

    @inline(__always)
    mutating func push(_ bar: Triple, _ scratch: Scratch) -> Double {
        let (top, bottom) = window.push(bar.high, bar.low, scratch)
        guard run.push(bar.high + bar.low, atLeast: period) else { return .nan }
        let span = (top - bottom) / 100
        return span == 0 ? 0 * bar.close : (bar.close - bottom) / span
    }
}

/// `stoch(k,slow,type,d,type)`: outputs `slowk` and `slowd`: 100·(close − L)/(H − L) over k bars, averaged over `slow`
/// bars, and that averaged over d bars (Lane 1957). TA-Lib STOCH; defaults 5, 3, 0, 3, 0. The look-back of both is
/// k − 1 and those of the two averages; 0 where H = L. Exact with averages over finite windows.
struct StochasticOscillator<Average: Kernel>: Kernel where Average.Input == Double, Average.Output == Double {
    private var position: RangePosition
    private var slow: Average
    private var signal: Average

    /// Period of at least 1.
    init(period: Int, slow: Average, signal: Average) {
        position = RangePosition(period: period)
        self.slow = slow
        self.signal = signal
    }

    var scratchCount: Int { position.scratchCount + slow.scratchCount + signal.scratchCount }
    var lookBack: Int { position.period - 1 + slow.lookBack + signal.lookBack }

    @inline(__always)
    mutating func step(_ bar: Triple, _ scratch: Scratch) -> TwoValues {
        let raw = position.push(bar, scratch)
        let slowScratch = scratch + position.scratchCount
        let slowK = slow.step(raw, slowScratch)
        let slowD = signal.step(slowK, slowScratch + slow.scratchCount)
        return slowD == slowD ? TwoValues(slowK, slowD) : .null
    }
}

/// `stochf(k,d,type)`: outputs `fastk`, the position in the range of k bars as in `stoch`, and `fastd`, its average
/// over d bars. TA-Lib STOCHF; defaults 5, 3, 0; look-back k − 1 and the average's. Exact with an average over a finite
/// window.
struct FastStochastic<Average: Kernel>: Kernel where Average.Input == Double, Average.Output == Double {
    private var position: RangePosition
    private var signal: Average

    /// Period of at least 1.
    init(period: Int, signal: Average) {
        position = RangePosition(period: period)
        self.signal = signal
    }

    var scratchCount: Int { position.scratchCount + signal.scratchCount }
    var lookBack: Int { position.period - 1 + signal.lookBack }

    @inline(__always)
    mutating func step(_ bar: Triple, _ scratch: Scratch) -> TwoValues {
        let raw = position.push(bar, scratch)
        let average = signal.step(raw, scratch + position.scratchCount)
        return average == average ? TwoValues(raw, average) : .null
    }
}

/// `stochrsi(x,n,k,d,type)`: `stochf` of the relative strength index over n bars (Chande and Kroll 1994): outputs
/// `fastk fastd`. TA-Lib STOCHRSI; defaults 14, 5, 3, 0; look-back n + k − 1 and the average's. Converging. A null is
/// passed over.
struct StochasticStrength<Average: Kernel>: Kernel where Average.Input == Double, Average.Output == Double {
    private var strength: RelativeStrengthIndex
    private var stochastic: FastStochastic<Average>

    /// Strength of at least 2 bars, range of at least 1.
    init(strength: Int, period: Int, signal: Average) {
        self.strength = RelativeStrengthIndex(period: strength)
        stochastic = FastStochastic(period: period, signal: signal)
    }

    var scratchCount: Int { stochastic.scratchCount }
    var lookBack: Int { strength.lookBack + stochastic.lookBack }

    @inline(__always)
    mutating func step(_ value: Double, _ scratch: Scratch) -> TwoValues {
        let index = strength.step(value, scratch)
        guard index == index else { return .null }
        return stochastic.step(Triple(index, index, index), scratch)
    }
}
