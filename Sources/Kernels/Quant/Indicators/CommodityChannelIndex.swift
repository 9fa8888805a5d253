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
        let shift = Self.sum(scratch, period, less: price, mask: ~0) / count
        let center = price + shift
        let deviation = Self.sum(scratch, period, less: center, mask: ~(1 << 63)) / count
        guard shift != 0, deviation != 0 else { return 0 }
        return -shift / (0.015 * deviation)
    }

    /// Σ of x − center with the bits of `mask`: as they are, or without their signs. Four partial sums by position in
    /// the ring: the same order in both forms.
    @inline(__always)
    private static func sum(_ scratch: Scratch, _ count: Int, less center: Double, mask: UInt64) -> Double {
        let raw = UnsafeRawPointer(scratch)
        let wideCenter = SIMD4<Double>(repeating: center)
        let wideMask = SIMD4<UInt64>(repeating: mask)
        var partial = SIMD4<Double>.zero
        var index = 0
        while index + 4 <= count {
            let values = raw.loadUnaligned(
                fromByteOffset: index * MemoryLayout<Double>.stride, as: SIMD4<Double>.self)
            let bits = unsafeBitCast(values - wideCenter, to: SIMD4<UInt64>.self) & wideMask
            partial += unsafeBitCast(bits, to: SIMD4<Double>.self)
            index += 4
        }
        var total = (partial.x + partial.y) + (partial.z + partial.w)
        while index < count {
            total += Double(bitPattern: (scratch[index] - center).bitPattern & mask)
            index += 1
        }
        return total
    }
}
