/// Philox4x32-10, the counter-based generator of Salmon, Moraes, Dror and Shaw (2011).
///
/// A block of four words is a pure function of key and counter: any part of a stream can be made on any thread, in any
/// order, with the same bits.
public struct Philox: Sendable, Equatable {
    /// Key, one stream each.
    public let key: SIMD2<UInt32>

    /// The stream of a seed.
    public init(seed: UInt64) { key = SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32)) }

    /// The stream of a key.
    public init(key: SIMD2<UInt32>) { self.key = key }

    /// Four random words of a counter.
    @inlinable
    public func block(_ counter: SIMD4<UInt32>) -> SIMD4<UInt32> {
        var state = counter
        var key = key
        for _ in 0..<10 {
            let first = UInt64(state.x) &* 0xD251_1F53
            let second = UInt64(state.z) &* 0xCD9E_8D57
            state = SIMD4(
                UInt32(truncatingIfNeeded: second >> 32) ^ state.y ^ key.x, UInt32(truncatingIfNeeded: second),
                UInt32(truncatingIfNeeded: first >> 32) ^ state.w ^ key.y, UInt32(truncatingIfNeeded: first))
            key = SIMD2(key.x &+ 0x9E37_79B9, key.y &+ 0xBB67_AE85)
        }
        return state
    }

    /// Two uniform numbers strictly between 0 and 1, of 52 random bits each, for a place in a stream.
    @inlinable
    public func uniforms(_ index: UInt64, stream: UInt64 = 0) -> SIMD2<Double> {
        let words = block(
            SIMD4(
                UInt32(truncatingIfNeeded: index), UInt32(truncatingIfNeeded: index >> 32),
                UInt32(truncatingIfNeeded: stream), UInt32(truncatingIfNeeded: stream >> 32)))
        let first = (UInt64(words.x) << 32 | UInt64(words.y)) >> 12
        let second = (UInt64(words.z) << 32 | UInt64(words.w)) >> 12
        return SIMD2(Double(first) + 0.5, Double(second) + 0.5) * 0x1p-52
    }

    /// A standard normal number for a place in a stream, by inversion.
    public func normal(_ index: UInt64, stream: UInt64 = 0) -> Double {
        NormalDistribution.quantile(uniforms(index, stream: stream).x)
    }
}
