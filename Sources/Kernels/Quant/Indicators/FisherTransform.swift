/// `fisher(n)`: outputs `fisher` and `trigger`, its value one bar before (Ehlers 2002).
///
/// The position of (high + low)/2 within its range of n bars, from −1 to 1, is smoothed as v = 0.33·position + 0.67·v,
/// held within ±0.999, and f = ½·ln((1 + v)/(1 − v)) + ½·f. Both start from 0; a range of nothing has position 0.
/// Default 9, look-back n − 1, the trigger's n. Converging. A bar with a null in it is passed over.
public struct FisherTransform: Kernel {
    private var window: WindowRange
    private var seen = 0
    private var value = 0.0
    private var line = Double.nan

    /// Period of at least 1.
    public init(period: Int) { window = WindowRange(period) }

    /// 2n.
    public var scratchCount: Int { window.scratchCount }
    /// n − 1.
    public var lookBack: Int { window.period - 1 }
    /// n − 1, and n for the trigger.
    public func lookBack(ofOutput index: Int) -> Int { lookBack + index }

    /// Takes the next high (x) and low (y).
    @inline(__always)
    public mutating func step(_ bar: Pair, _ scratch: Scratch) -> TwoValues {
        let price = (bar.x + bar.y) / 2
        guard price == price else { return .null }
        let (top, bottom) = window.push(price, price, scratch)
        if seen < window.period {
            seen += 1
            guard seen == window.period else { return .null }
        }
        let position = top > bottom ? (price - bottom) / (top - bottom) - 0.5 : 0
        value = min(max(0.66 * position + 0.67 * value, -0.999), 0.999)
        let before = line
        line = 0.5 * NaturalLogarithm.of((1 + value) / (1 - value)) + 0.5 * (before == before ? before : 0)
        return TwoValues(line, before)
    }
}
