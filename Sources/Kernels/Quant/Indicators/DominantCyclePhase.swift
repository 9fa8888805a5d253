/// Angle of the newest smoothed price within its dominant cycle: the cycle's share of a Fourier transform over the last
/// cycle of smoothed prices (Ehlers 2001, in TA-Lib's form). Sines and cosines come from a table of every whole period
/// to 50; sums run from the newest bar to the oldest, as TA-Lib's do, for over a flat series they are rounding alone.
struct DominantCyclePhase: Sendable {
    /// Smoothed prices kept.
    static let length = 50
    /// Doubles of scratch: the ring, written twice so that the newest bars lie in one piece.
    static let scratchCount = 2 * length

    private static let stride = length
    /// Sines, then cosines, of i·360°/n for every n to 50.
    private static let table: [Double] = {
        var table = [Double](repeating: 0, count: 2 * (length + 1) * stride)
        for period in 1...length {
            for index in 0..<period {
                let angle = Double(index) * (2 * Double.pi) / Double(period)
                table[2 * period * stride + index] = Angle.sine(angle)
                table[(2 * period + 1) * stride + index] = Angle.cosine(angle)
            }
        }
        return table
    }()

    private var slot = 0
    /// The newest phase in degrees.
    private(set) var degrees = 0.0

    /// Takes the next smoothed price and the smoothed period; the scratch must be zero at the start.
    @inline(__always)
    mutating func push(_ smoothed: Double, period: Double, _ scratch: Scratch) {
        slot = slot == 0 ? Self.length - 1 : slot - 1
        scratch[slot] = smoothed
        scratch[slot + Self.length] = smoothed
        let whole = HilbertTransform.wholeBars(period, atMost: Self.length)
        let parts = Self.sums(scratch + slot, whole)
        if parts.imaginary != 0 {
            degrees = Angle.arcTangent(parts.real / parts.imaginary) * Angle.degrees
        } else if parts.real < 0 {
            degrees -= 90
        } else if parts.real > 0 {
            degrees += 90
        }
        degrees += 90
        degrees += 360 / period
        if parts.imaginary < 0 { degrees += 180 }
        if degrees > 315 { degrees -= 360 }
    }

    /// Σ sin·p and Σ cos·p over the newest `count` prices, newest first.
    @inline(__always)
    private static func sums(_ prices: Scratch, _ count: Int) -> (real: Double, imaginary: Double) {
        table.withUnsafeBufferPointer { table in
            let sines = table.baseAddress.unsafelyUnwrapped + 2 * count * stride
            let cosines = sines + stride
            var real = 0.0
            var imaginary = 0.0
            for index in 0..<count {
                real += sines[index] * prices[index]
                imaginary += cosines[index] * prices[index]
            }
            return (real, imaginary)
        }
    }
}
