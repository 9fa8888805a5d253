/// A decimal number with nine places, kept as a whole number of 1e-9 units in 128 bits.
///
/// Prices, quantities and money use it, so that sums are exact and a ledger balances to the last unit. Products and
/// quotients round half to even. What callers send is limited to ±`limit`. A sum or product that leaves 128 bits stays
/// at ±`furthest` (1.7e29): a service is not ended by an amount, and no large amount becomes a small one. Who keeps
/// amounts (the ledger, orders) refuses what is above `limit` long before.
public struct FixedPoint: Hashable, Comparable, Sendable {
    /// The number of units of 1e-9.
    public var raw: Int128

    /// Units in one.
    public static let scale: Int128 = 1_000_000_000
    /// The largest magnitude accepted from outside: 1e15.
    public static let limit = FixedPoint(raw: 1_000_000_000_000_000 * scale)
    /// Where sums and products end.
    public static let furthest = FixedPoint(raw: .max)
    public static let zero = FixedPoint(raw: 0)
    public static let one = FixedPoint(raw: scale)

    /// A value from its units of 1e-9.
    @inlinable public init(raw: Int128) { self.raw = raw }

    /// A whole number.
    @inlinable public init(_ whole: Int) { raw = Int128(whole) * Self.scale }

    /// The nearest value to a finite binary number, by its shortest decimal text: 0.1 gives exactly 0.1.
    /// Nil for NaN, infinity and magnitudes over `limit`.
    public init?(_ value: Double) {
        guard value.isFinite, value.magnitude <= 1e15 else { return nil }
        self.init(text: value.description)
    }

    @inlinable public static func < (a: FixedPoint, b: FixedPoint) -> Bool { a.raw < b.raw }
    @inlinable public static prefix func - (a: FixedPoint) -> FixedPoint { .zero - a }
    @inlinable public static func += (a: inout FixedPoint, b: FixedPoint) { a = a + b }
    @inlinable public static func -= (a: inout FixedPoint, b: FixedPoint) { a = a - b }

    @inlinable public static func + (a: FixedPoint, b: FixedPoint) -> FixedPoint {
        let (sum, overflow) = a.raw.addingReportingOverflow(b.raw)
        return overflow ? furthest(isNegative: a.raw < 0) : FixedPoint(raw: sum)
    }

    @inlinable public static func - (a: FixedPoint, b: FixedPoint) -> FixedPoint {
        let (difference, overflow) = a.raw.subtractingReportingOverflow(b.raw)
        return overflow ? furthest(isNegative: a.raw < 0) : FixedPoint(raw: difference)
    }

    /// `furthest` with a sign.
    @usableFromInline static func furthest(isNegative: Bool) -> FixedPoint {
        FixedPoint(raw: isNegative ? -Int128.max : Int128.max)
    }

    /// The product, rounded half to even at 1e-9.
    public static func * (a: FixedPoint, b: FixedPoint) -> FixedPoint {
        let (product, overflow) = a.raw.multipliedReportingOverflow(by: b.raw)
        if !overflow { return FixedPoint(raw: divideHalfEven(product, scale)) }
        return wideMultiplyDivide(a.raw, b.raw, scale)
    }

    /// The quotient, rounded half to even at 1e-9. Dividing by zero is a programming error.
    public static func / (a: FixedPoint, b: FixedPoint) -> FixedPoint {
        precondition(b.raw != 0, "division of \(a) by zero")
        let (product, overflow) = a.raw.multipliedReportingOverflow(by: scale)
        if !overflow { return FixedPoint(raw: divideHalfEven(product, b.raw)) }
        return wideMultiplyDivide(a.raw, scale, b.raw)
    }

    /// `self × numerator ÷ denominator` with one rounding, half to even.
    public func scaled(by numerator: FixedPoint, over denominator: FixedPoint) -> FixedPoint {
        precondition(denominator.raw != 0, "division of \(self) by zero")
        let (product, overflow) = raw.multipliedReportingOverflow(by: numerator.raw)
        if !overflow && product != .min { return FixedPoint(raw: divideHalfEven(product, denominator.raw)) }
        return wideMultiplyDivide(raw, numerator.raw, denominator.raw)
    }

    /// The largest multiple of `step` not above the magnitude, keeping the sign: how a quantity meets its lot.
    public func rounded(downTo step: FixedPoint) -> FixedPoint {
        precondition(step.raw > 0, "a lot step must be above zero")
        return FixedPoint(raw: raw - raw % step.raw)
    }

    @inlinable public var magnitude: FixedPoint { raw < 0 ? -self : self }
    /// Whether a caller might have sent it.
    @inlinable public var isWithinLimit: Bool { magnitude <= Self.limit }
    @inlinable public var isZero: Bool { raw == 0 }
    @inlinable public var isNegative: Bool { raw < 0 }

    /// The nearest binary number, for statistics; money is never computed with it.
    public var double: Double {
        // The standard library converts 128 bits through generic code, some hundred times slower than 64.
        let units = Int64(truncatingIfNeeded: raw)
        if Int128(units) == raw {
            let (whole, part) = units.quotientAndRemainder(dividingBy: 1_000_000_000)
            return Double(whole) + Double(part) / 1e9
        }
        let (whole, part) = raw.quotientAndRemainder(dividingBy: Self.scale)
        let narrow = Int64(truncatingIfNeeded: whole), rest = Double(Int64(truncatingIfNeeded: part)) / 1e9
        return (Int128(narrow) == whole ? Double(narrow) : Double(whole)) + rest
    }
}

/// The quotient rounded half to even.
func divideHalfEven(_ dividend: Int128, _ divisor: Int128) -> Int128 {
    let (quotient, remainder) = dividend.quotientAndRemainder(dividingBy: divisor)
    if remainder == 0 { return quotient }
    let rest = remainder.magnitude, half = divisor.magnitude - rest
    let up = rest > half || (rest == half && quotient & 1 != 0)
    if !up { return quotient }
    return (dividend < 0) == (divisor < 0) ? quotient + 1 : quotient - 1
}

/// `a × b ÷ c`, half to even, through 256 bits; `furthest` where the result does not fit 128 bits.
func wideMultiplyDivide(_ a: Int128, _ b: Int128, _ c: Int128) -> FixedPoint {
    let isNegative = ((a < 0) != (b < 0)) != (c < 0)
    let product = a.magnitude.multipliedFullWidth(by: b.magnitude)
    let divisor = c.magnitude
    guard product.high < divisor else { return .furthest(isNegative: isNegative) }
    let (quotient, rest) = divisor.dividingFullWidth(product)
    guard quotient < UInt128(Int128.max) else { return .furthest(isNegative: isNegative) }
    let half = divisor - rest
    let rounded = Int128(rest > half || (rest == half && quotient & 1 != 0) ? quotient + 1 : quotient)
    return FixedPoint(raw: isNegative ? -rounded : rounded)
}

/// An amount of money in a portfolio's or an instrument's currency.
public typealias Money = FixedPoint
/// A price in the instrument's currency.
public typealias Price = FixedPoint
/// A signed number of shares, contracts or coins.
public typealias Quantity = FixedPoint
