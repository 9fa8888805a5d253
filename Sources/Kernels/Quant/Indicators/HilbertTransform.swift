/// The phase and quadrature parts of a series and the length of its dominant cycle (Ehlers 2001, in TA-Lib's form).
///
/// Prices are smoothed with weights 4 3 2 1 over four bars, by running sums as in TA-Lib, which are made anew when a
/// much larger price leaves them; each further part is the transform (0.0962x₀ + 0.5769x₂ − 0.5769x₄ −
/// 0.0962x₆)·(0.075·period + 0.54), where x₂ is two bars ago. All of it starts from zeros after `delay` bars, as TA-Lib
/// does, which makes every value depend a little on where the series starts.
struct HilbertTransform: Sendable {
    /// Look-back of those that need the period alone.
    static let shortLookBack = 32
    /// Look-back of those that also look at a whole cycle.
    static let longLookBack = 63
    /// Doubles of scratch: past values of four parts, apart for even and odd bars.
    static let scratchCount = 24

    private let delay: Int
    private var seen = 0
    private var isOdd = false
    private var prices = (0.0, 0.0, 0.0, 0.0)
    private var plainSum = 0.0
    private var weightedSum = 0.0
    private var detrended = (0.0, 0.0, 0.0)
    private var previousI2 = 0.0
    private var previousQ2 = 0.0
    private var real = 0.0
    private var imaginary = 0.0
    private var period = 0.0

    /// The newest smoothed price.
    private(set) var smoothed = 0.0
    /// The newest in-phase part.
    private(set) var inPhase = 0.0
    /// The newest quadrature part.
    private(set) var quadrature = 0.0
    /// The smoothed length of the cycle in bars.
    private(set) var smoothPeriod = 0.0

    /// Starts 20 or 26 bars before the look-back is over: `lookBack` is one of the two above.
    init(lookBack: Int) { delay = lookBack == Self.longLookBack ? 37 : 12 }

    /// A period in whole bars. It is not a number once prices beyond 1e150 have made a product infinite: then the most.
    @inline(__always)
    static func wholeBars(_ period: Double, atMost length: Int) -> Int {
        period < Double(length) ? Int(period + 0.5) : length
    }

    /// True once the transform runs; before, only prices are gathered.
    @inline(__always)
    var isRunning: Bool { seen > delay }

    /// Takes the next price; it must be a number.
    @inline(__always)
    mutating func push(_ price: Double, _ scratch: Scratch) {
        smooth(price)
        isOdd.toggle()
        if seen <= delay {
            if seen == 0 { scratch.update(repeating: 0, count: Self.scratchCount) }
            seen += 1
            guard seen > delay else { return }
        }
        let lines = scratch + (isOdd ? 12 : 0)
        let gain = 0.075 * period + 0.54
        let trend = Self.transform(smoothed, lines, gain)
        inPhase = detrended.0
        detrended = (detrended.1, detrended.2, trend)
        quadrature = Self.transform(trend, lines + 3, gain)
        let advancedI = Self.transform(inPhase, lines + 6, gain)
        let advancedQ = Self.transform(quadrature, lines + 9, gain)
        measure(inPhase - advancedQ, quadrature + advancedI)
    }

    /// Brings the weighted mean of four prices up to date.
    @inline(__always)
    private mutating func smooth(_ price: Double) {
        let oldest = prices.0
        prices = (prices.1, prices.2, prices.3, price)
        if seen < 4 || abs(oldest) > 1e6 * abs(price) {
            plainSum = ((prices.0 + prices.1) + prices.2) + price
            weightedSum = (prices.0 + prices.1 * 2) + prices.2 * 3
        } else {
            plainSum += price
            plainSum -= oldest
        }
        weightedSum += price * 4
        smoothed = weightedSum * 0.1
        weightedSum -= plainSum
    }

    /// One Hilbert transform; `line` holds the values two, four and six bars ago.
    @inline(__always)
    private static func transform(_ value: Double, _ line: Scratch, _ gain: Double) -> Double {
        let two = line[0]
        let four = line[1]
        let six = line[2]
        line[0] = value
        line[1] = two
        line[2] = four
        return (((0.0962 * value - 0.0962 * six) - 0.5769 * four) + 0.5769 * two) * gain
    }

    /// The period from the angle between this bar's phasor and the one before.
    @inline(__always)
    private mutating func measure(_ phase: Double, _ quarter: Double) {
        let q2 = 0.2 * quarter + 0.8 * previousQ2
        let i2 = 0.2 * phase + 0.8 * previousI2
        real = 0.2 * (i2 * previousI2 + q2 * previousQ2) + 0.8 * real
        imaginary = 0.2 * (i2 * previousQ2 - q2 * previousI2) + 0.8 * imaginary
        previousQ2 = q2
        previousI2 = i2
        let before = period
        if imaginary != 0, real != 0 { period = 360 / (Angle.arcTangent(imaginary / real) * Angle.degrees) }
        period = smaller(1.5 * before, period)
        period = larger(0.67 * before, period)
        period = smaller(50, larger(6, period))
        period = 0.2 * period + 0.8 * before
        smoothPeriod = 0.33 * period + 0.67 * smoothPeriod
    }
}
