/// `linearreg(x,n)`: value at the newest bar of the least-squares line through the last n values. TA-Lib LINEARREG;
/// default 14, look-back n − 1.
public struct LinearRegression: Kernel {
    private var window: WindowTrend

    /// Period of at least 2.
    public init(period: Int) { window = WindowTrend(period) }

    /// 2n.
    public var scratchCount: Int { window.scratchCount }
    /// n − 1.
    public var lookBack: Int { window.period - 1 }

    /// Takes the next value.
    @inline(__always)
    public mutating func step(_ value: Double, _ scratch: Scratch) -> Double {
        let trend = window.push(value, scratch)
        let count = Double(window.period)
        let slope = WindowTrend.slope(period: window.period, sum: trend.sum, weighted: trend.weighted)
        return trend.pivot + trend.sum / count + slope * (count - 1) / 2
    }
}
