/// `linearreg(x,n)`: value at the newest bar of the least-squares line through the last n values. TA-Lib LINEARREG;
/// default 14, look-back n − 1.
public struct LinearRegression: Kernel {
    private var line: RegressionLine<LineEnd>

    /// Period of at least 2.
    public init(period: Int) { line = RegressionLine(period: period) }

    /// 2n.
    public var scratchCount: Int { line.scratchCount }
    /// n − 1.
    public var lookBack: Int { line.lookBack }

    /// Takes the next value.
    @inline(__always)
    public mutating func step(_ value: Double, _ scratch: Scratch) -> Double { line.step(value, scratch) }
}
