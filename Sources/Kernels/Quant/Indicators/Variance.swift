/// `var(x,n)`: population variance (ddof 0) of the last n values. TA-Lib VAR; default 5, look-back n − 1; its second
/// parameter changes nothing, there as here. Exact.
public struct Variance: Kernel {
    private let inverse: Double
    private var window: WindowMoments

    /// Period of at least 1.
    public init(period: Int) {
        window = WindowMoments(period)
        inverse = 1 / Double(period)
    }

    /// 2n.
    public var scratchCount: Int { window.scratchCount }
    /// n − 1.
    public var lookBack: Int { window.period - 1 }

    /// Takes the next value.
    @inline(__always)
    public mutating func step(_ value: Double, _ scratch: Scratch) -> Double {
        window.push(value, scratch).deviations * inverse
    }
}

/// `avgdev(x,n)`: mean |x − mean| of the last n values. TA-Lib AVGDEV; default 14, look-back n − 1. Exact; reads the
/// window each bar.
public struct AverageDeviation: Kernel {
    private let inverse: Double
    private var slot = 0
    private var window: WindowMoments

    /// Period of at least 2.
    public init(period: Int) {
        window = WindowMoments(period)
        inverse = 1 / Double(period)
    }

    /// 3n.
    public var scratchCount: Int { window.scratchCount + window.period }
    /// n − 1.
    public var lookBack: Int { window.period - 1 }

    /// Takes the next value.
    @inline(__always)
    public mutating func step(_ value: Double, _ scratch: Scratch) -> Double {
        let ring = scratch + window.scratchCount
        let mean = window.push(value, scratch).mean
        ring[slot] = value
        slot += 1
        if slot == window.period { slot = 0 }
        return CommodityChannelIndex.deviations(ring, window.period, from: mean) * inverse
    }
}
