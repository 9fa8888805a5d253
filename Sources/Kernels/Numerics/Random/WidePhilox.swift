/// Philox4x64-10 (Salmon, Moraes, Dror and Shaw 2011): four words of 64 bits for a counter, about three times as many
/// bits in a second as `Philox` where the processor multiplies 64-bit words at once.
public struct WidePhilox: Sendable, Equatable {
    /// Key, one stream each.
    public let key: SIMD2<UInt64>

    /// The stream of a seed.
    public init(seed: UInt64) { key = SIMD2(seed, 0) }

    /// The stream of a key.
    public init(key: SIMD2<UInt64>) { self.key = key }

    /// Four random words of a counter.
    @inlinable @inline(__always)
    public func block(_ counter: SIMD4<UInt64>) -> SIMD4<UInt64> {
        var (x, y, z, w) = (counter.x, counter.y, counter.z, counter.w)
        var (first, second) = (key.x, key.y)
        for _ in 0..<10 {
            let a = x.multipliedFullWidth(by: 0xD2E7_470E_E14C_6C93)
            let b = z.multipliedFullWidth(by: 0xCA5A_8263_9512_1157)
            (x, y, z, w) = (b.high ^ y ^ first, b.low, a.high ^ w ^ second, a.low)
            first &+= 0x9E37_79B9_7F4A_7C15
            second &+= 0xBB67_AE85_84CA_A73B
        }
        return SIMD4(x, y, z, w)
    }
}
