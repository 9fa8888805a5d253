/// The dominant cycle's phase over a series, from bar 63 on, with what its users need beside it.
struct HilbertCycle: Sendable {
    /// Doubles of scratch.
    static let scratchCount = HilbertTransform.scratchCount + DominantCyclePhase.scratchCount

    private(set) var transform = HilbertTransform(lookBack: HilbertTransform.longLookBack)
    private(set) var phase = DominantCyclePhase()
    private var left = HilbertTransform.longLookBack
    private var hasStarted = false

    /// Takes the next number; true once the look-back is over.
    @inline(__always)
    mutating func push(_ value: Double, _ scratch: Scratch) -> Bool {
        let prices = scratch + HilbertTransform.scratchCount
        if !hasStarted {
            hasStarted = true
            prices.update(repeating: 0, count: DominantCyclePhase.scratchCount)
        }
        transform.push(value, scratch)
        if transform.isRunning { phase.push(transform.smoothed, period: transform.smoothPeriod, prices) }
        if left > 0 {
            left -= 1
            return false
        }
        return true
    }
}

/// `ht_dcphase(x)`: phase of the dominant cycle in degrees, from −45 to 315 (Ehlers 2001). TA-Lib HT_DCPHASE; look-back
/// 63. Converging. A null is passed over.
public struct HilbertPhase: Kernel {
    private var cycle = HilbertCycle()

    /// Takes one series.
    public init() {}

    /// 128.
    public var scratchCount: Int { HilbertCycle.scratchCount }
    /// 63.
    public var lookBack: Int { HilbertTransform.longLookBack }

    /// Takes the next value.
    @inline(__always)
    public mutating func step(_ value: Double, _ scratch: Scratch) -> Double {
        guard value == value else { return .nan }
        return cycle.push(value, scratch) ? cycle.phase.degrees : .nan
    }
}

/// `ht_sine(x)`: outputs `sine` of the dominant cycle's phase and `leadsine`, 45 degrees ahead (Ehlers 2001). TA-Lib
/// HT_SINE; look-back 63. Converging. A null is passed over.
public struct HilbertSine: Kernel {
    private var cycle = HilbertCycle()

    /// Takes one series.
    public init() {}

    /// 128.
    public var scratchCount: Int { HilbertCycle.scratchCount }
    /// 63.
    public var lookBack: Int { HilbertTransform.longLookBack }

    /// Takes the next value.
    @inline(__always)
    public mutating func step(_ value: Double, _ scratch: Scratch) -> TwoValues {
        guard value == value, cycle.push(value, scratch) else { return .null }
        return Self.sines(cycle.phase.degrees)
    }

    /// Sine of an angle in degrees, and of the one 45 degrees ahead.
    @inline(__always)
    static func sines(_ degrees: Double) -> TwoValues {
        TwoValues(Angle.sine(degrees * Angle.radians), Angle.sine((degrees + 45) * Angle.radians))
    }
}
