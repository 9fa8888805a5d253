/// `ht_dcperiod(x)`: length of the dominant cycle in bars (Ehlers 2001). TA-Lib HT_DCPERIOD; look-back 32. Converging.
/// A null is passed over.
public struct HilbertPeriod: Kernel {
    private var transform = HilbertTransform(lookBack: HilbertTransform.shortLookBack)
    private var left = HilbertTransform.shortLookBack

    /// Takes one series.
    public init() {}

    /// 24.
    public var scratchCount: Int { HilbertTransform.scratchCount }
    /// 32.
    public var lookBack: Int { HilbertTransform.shortLookBack }

    /// Takes the next value.
    @inline(__always)
    public mutating func step(_ value: Double, _ scratch: Scratch) -> Double {
        guard value == value else { return .nan }
        transform.push(value, scratch)
        if left > 0 {
            left -= 1
            return .nan
        }
        return transform.smoothPeriod
    }
}

/// `ht_phasor(x)`: outputs `inphase` and `quadrature`, the parts of the dominant cycle (Ehlers 2001). TA-Lib HT_PHASOR;
/// look-back 32. Converging. A null is passed over.
public struct HilbertPhasor: Kernel {
    private var transform = HilbertTransform(lookBack: HilbertTransform.shortLookBack)
    private var left = HilbertTransform.shortLookBack

    /// Takes one series.
    public init() {}

    /// 24.
    public var scratchCount: Int { HilbertTransform.scratchCount }
    /// 32.
    public var lookBack: Int { HilbertTransform.shortLookBack }

    /// Takes the next value.
    @inline(__always)
    public mutating func step(_ value: Double, _ scratch: Scratch) -> TwoValues {
        guard value == value else { return .null }
        transform.push(value, scratch)
        if left > 0 {
            left -= 1
            return .null
        }
        return TwoValues(transform.inPhase, transform.quadrature)
    }
}
