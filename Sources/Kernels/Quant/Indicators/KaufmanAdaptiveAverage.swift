/// `kama(x,n)`: kₜ = kₜ₋₁ + s·(xₜ − kₜ₋₁), s = (r·(2/3 − 2/31) + 2/31)², r the net change over n bars as a share of the
/// way gone (Kaufman 1995). TA-Lib KAMA: starts from the value of bar n − 1; where nothing moved, or all of it went up,
/// r is 1. Default 30, look-back n. Converging. A null is passed over.
public struct KaufmanAdaptiveAverage: Kernel {
    private let period: Int
    private var delay: DelayLine
    private var way: WindowSum
    private var previous = Double.nan
    private var average = 0.0
    private var hasStarted = false

    /// Period of at least 1.
    public init(period: Int) {
        self.period = period
        delay = DelayLine(period)
        way = WindowSum(period)
    }

    /// 2n.
    public var scratchCount: Int { 2 * period }
    /// n.
    public var lookBack: Int { period }

    /// Takes the next value.
    @inline(__always)
    public mutating func step(_ value: Double, _ scratch: Scratch) -> Double {
        guard value == value else { return .nan }
        let older = delay.push(value, scratch)
        let last = previous
        previous = value
        guard last == last else { return .nan }
        let total = way.push(abs(value - last), scratch + period)
        guard older == older else { return .nan }
        let net = value - older
        let share = total <= net || total == 0 ? 1 : abs(net / total)
        let root = share * (2.0 / 3 - 2.0 / 31) + 2.0 / 31
        if !hasStarted {
            hasStarted = true
            average = last
        }
        average = (value - average) * (root * root) + average
        return average
    }
}
