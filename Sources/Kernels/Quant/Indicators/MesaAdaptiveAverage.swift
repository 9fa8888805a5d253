/// `mama(x,fast,slow)`: outputs `mama` and `fama`: averages whose weight is `fast` divided by the degrees the phase
/// fell since the bar before, at least `slow`, at most `fast`; fama follows mama with half of it (Ehlers 2001).
///
/// TA-Lib MAMA; defaults 0.5 and 0.05, look-back 32, both start from 0 at bar 12. Converging. A null is passed over.
public struct MesaAdaptiveAverage: Kernel {
    private let fast: Double
    private let slow: Double
    private var transform = HilbertTransform(lookBack: HilbertTransform.shortLookBack)
    private var seen = 0
    private var previousPhase = 0.0
    private var leading = 0.0
    private var following = 0.0

    /// Largest and smallest weight, from 0.01 to 0.99.
    public init(fast: Double, slow: Double) {
        self.fast = fast
        self.slow = slow
    }

    /// 24.
    public var scratchCount: Int { HilbertTransform.scratchCount }
    /// 32.
    public var lookBack: Int { HilbertTransform.shortLookBack }

    /// Takes the next value.
    @inline(__always)
    public mutating func step(_ value: Double, _ scratch: Scratch) -> TwoValues {
        guard value == value else { return .null }
        transform.push(value, scratch)
        guard transform.isRunning else { return .null }
        let phase = transform.inPhase == 0
            ? 0 : Angle.arcTangent(transform.quadrature / transform.inPhase) * Angle.degrees
        let fall = previousPhase - phase
        previousPhase = phase
        let share = fast / fall
        let weight = fall > 1 ? (share < slow ? slow : share) : fast
        leading = weight * value + (1 - weight) * leading
        following = weight * 0.5 * leading + (1 - weight * 0.5) * following
        if seen < 20 {
            seen += 1
            return .null
        }
        return TwoValues(leading, following)
    }
}

/// The `mama` output alone with the usual limits, as an average of kind 7.
struct MesaAverage: Kernel {
    private var average = MesaAdaptiveAverage(fast: 0.5, slow: 0.05)

    var scratchCount: Int { average.scratchCount }
    var lookBack: Int { average.lookBack }

    mutating func step(_ value: Double, _ scratch: Scratch) -> Double { average.step(value, scratch).first }
}
