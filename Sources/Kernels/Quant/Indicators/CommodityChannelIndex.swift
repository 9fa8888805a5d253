/// `cci(n)`: (p − mean p)/(0.015·mean |p − mean p|) of the typical price p = (high+low+close)/3 (Lambert 1980).
///
/// TA-Lib CCI; default 14, look-back n − 1; exactly 0 where the window is flat. The mean is kept in constant time; the
/// mean deviation reads the window each bar.
public struct CommodityChannelIndex: Kernel {
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

    /// Takes the next bar.
    @inline(__always)
    public mutating func step(_ bar: Triple, _ scratch: Scratch) -> Double {
        let period = window.period
        let ring = scratch + window.scratchCount
        let price = (bar.high + bar.low + bar.close) / 3
        let mean = window.push(price, scratch).mean
        ring[slot] = price
        slot += 1
        if slot == period { slot = 0 }
        let deviation = Self.deviations(ring, period, from: mean) * inverse
        let distance = price - mean
        return deviation == 0 ? 0 * distance : distance / (0.015 * deviation)
    }

    /// Σ|x − mean| in four partial sums by position in the ring: the same order in both forms.
    @inline(__always)
    static func deviations(_ ring: Scratch, _ count: Int, from mean: Double) -> Double {
        var a = 0.0
        var b = 0.0
        var c = 0.0
        var d = 0.0
        var index = 0
        while index &+ 4 <= count {
            a += abs(ring[index] - mean)
            b += abs(ring[index &+ 1] - mean)
            c += abs(ring[index &+ 2] - mean)
            d += abs(ring[index &+ 3] - mean)
            index &+= 4
        }
        while index < count {
            a += abs(ring[index] - mean)
            index &+= 1
        }
        return (a + b) + (c + d)
    }
}
