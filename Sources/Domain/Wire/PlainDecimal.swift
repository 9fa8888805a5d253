/// The shortest decimal of the numbers that nearly all are: 2^-14 to 2^50.
///
/// The same rule as `ShortestDecimal`'s, from one product alone. The number over its power of ten is a whole part and 64
/// bits behind the point, wrong by less than four in the last of them. The nearest multiple of ten is the answer where
/// it is nearer than half the way to the next double, else the nearest whole number. Where one of these comparisons is
/// closer than the error could be, the exact rule decides: once in some 10^16 numbers, and for ties and powers of two.
extension ShortestDecimal {
    /// Stands where there is no number.
    static let none = ShortestDecimal(digits: 0, exponent: 0)

    /// Of a number's magnitude; `steps` is `PlainPower.table` and `powers` is `PowersOfTen.table`.
    @inline(__always)
    init(plain value: Double, _ steps: LookupTable<PlainPower>, _ powers: LookupTable<PowersOfTen.Entry>) {
        let bits = value.magnitude.bitPattern
        let step = steps[Int(truncatingIfNeeded: bits &>> 52 &- PlainPower.firstExponent)]
        let significand = bits &<< 11 | 1 << 63
        let below = significand.multipliedFullWidth(by: step.low).high
        let above = significand.multipliedFullWidth(by: step.high)
        let (behind, carries) = above.low.addingReportingOverflow(below)
        let whole = above.high &+ (carries ? 1 : 0)
        let last = whole &- whole / 10 &* 10

        // How far the multiples of ten below and above are, less what they may be: in units of 2^-59.
        let rest = last &<< 59 | behind &>> 5
        let down = rest &- step.half, up = 10 << 59 &- rest &- step.half
        let isSure = down &+ 2 > 4 && up &+ 2 > 4 && behind &- (1 << 63 - 4) > 8
        guard isSure && significand != 1 << 63 else {
            self.init(exact: value.magnitude, powers)
            return
        }
        // Which it is goes by chance, so none is chosen by a branch: all ones where it is.
        let isBelow = Self.sign(down), isAbove = Self.sign(up), isTen = isBelow | isAbove
        let nearest = whole &- (last & isTen) &+ (10 & isAbove) &+ (behind &>> 63 & ~isTen)
        self.init(digits: nearest, exponent: step.exponent)
    }

    @inline(never)
    private init(exact value: Double, _ powers: LookupTable<PowersOfTen.Entry>) { self.init(value, powers) }

    /// All ones for a number below 0 in two's complement, else 0.
    @inline(__always)
    private static func sign(_ value: UInt64) -> UInt64 { UInt64(bitPattern: Int64(bitPattern: value) &>> 63) }
}

/// What doubles of one exponent are multiplied by.
struct PlainPower: BitwiseCopyable, Sendable {
    /// The power of ten that makes whole numbers of sixteen or seventeen digits of them, to 128 bits.
    let high: UInt64, low: UInt64
    /// Half the way to the next double, in units of 2^-59.
    let half: UInt64
    /// Of ten, to get back.
    let exponent: Int

    /// The lowest exponent in the table, as the bits have it: of 2^-14.
    static let firstExponent: UInt64 = 1009
    private static let count = 64

    /// By exponent.
    static let table = LookupTable((0..<count).map { PlainPower(power: Int(firstExponent) + $0 - 1075) })

    /// For significands that are multiplied by 2^`power`.
    private init(power: Int) {
        let scale = (power * 1_262_611) >> 22
        let shift = power + (-scale * 1_741_647) >> 19 + 1
        let entry = PowersOfTen.table[-scale - PowersOfTen.first]
        // Significands stand eleven bits higher than they are.
        let factor = (UInt128(entry.high) << 64 | UInt128(entry.low)) >> UInt128(11 - shift)
        high = UInt64(truncatingIfNeeded: factor >> 64)
        low = UInt64(truncatingIfNeeded: factor)
        half = entry.high >> UInt64(6 - shift)
        exponent = scale
    }
}
