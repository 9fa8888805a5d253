/// `cci(n)`: (p − mean p)/(0.015·mean |p − mean p|) of the typical price p = (high+low+close)/3 (Lambert 1980).
///
/// TA-Lib CCI; default 14, look-back n − 1; 0 where the window is flat. Differences are taken from the newest price
/// before they are summed, so that a flat window is exactly 0.
public struct CommodityChannelIndex: Kernel {
    private let period: Int
    private var slot = 0
    private var run = ValidRun()

    /// Period of at least 2.
    public init(period: Int) { self.period = period }

    /// n.
    public var scratchCount: Int { period }
    /// n − 1.
    public var lookBack: Int { period - 1 }

    /// Takes the next bar.
    @inline(__always)
    public mutating func step(_ bar: Triple, _ scratch: Scratch) -> Double {
        let price = (bar.high + bar.low + bar.close) / 3
        scratch[slot] = price
        slot += 1
        if slot == period { slot = 0 }
        guard run.push(price, atLeast: period) else { return .nan }
        let count = Double(period)
        let shift = Self.sum(scratch, period) { $0 - price } / count
        let center = price + shift
        let deviation = Self.sum(scratch, period) { abs($0 - center) } / count
        guard shift != 0, deviation != 0 else { return 0 }
        return -shift / (0.015 * deviation)
    }

    /// Four partial sums by position in the ring: the same order in both forms.
    @inline(__always)
    private static func sum(_ scratch: Scratch, _ count: Int, _ term: (Double) -> Double) -> Double {
        var a = 0.0
        var b = 0.0
        var c = 0.0
        var d = 0.0
        var index = 0
        while index + 4 <= count {
            a += term(scratch[index])
            b += term(scratch[index + 1])
            c += term(scratch[index + 2])
            d += term(scratch[index + 3])
            index += 4
        }
        while index < count {
            a += term(scratch[index])
            index += 1
        }
        return (a + b) + (c + d)
    }
}
