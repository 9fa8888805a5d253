/// The shortest decimal that reads back as a double, the nearest to it where several are as short.
///
/// Giulietti's Schubfach (2020, "The Schubfach way to render doubles"): a double stands for every number that is nearer
/// to it than to its neighbours. That interval, scaled by a power of ten so that it is one to ten long, holds one or
/// more whole numbers; if it holds a multiple of ten that is the answer, else the whole number nearest to the double.
/// The scaled ends are kept to two bits beyond the point, with the last bit set where anything was cut off.
///
/// Here the double alone is multiplied: its neighbours are half the power's own bits away on either side. Which of the
/// candidates it is depends on the number by chance, so none is chosen by a branch.
struct ShortestDecimal {
    /// Up to 17 digits; there may be zeros at the end.
    let digits: UInt64
    /// The number is `digits`·10^`exponent`.
    let exponent: Int

    @inline(__always)
    init(digits: UInt64, exponent: Int) {
        self.digits = digits
        self.exponent = exponent
    }

    /// Of a finite number above 0; `powers` is `PowersOfTen.table`.
    @inline(__always)
    init(_ value: Double, _ powers: LookupTable<PowersOfTen.Entry>) {
        let fraction = value.significandBitPattern
        let biased = Int(value.exponentBitPattern)
        let significand = biased == 0 ? fraction : fraction | 1 << 52
        let power = biased == 0 ? -1074 : biased - 1075
        // The neighbour below a power of two is only half as far.
        let isNearBelow: UInt64 = fraction == 0 && biased > 1 ? 1 : 0
        let scale = (power &* 1_262_611 &- (isNearBelow == 1 ? 524_031 : 0)) >> 22
        let shift = UInt64(truncatingIfNeeded: power &+ (-scale &* 1_741_647) >> 19 &+ 1)
        let entry = powers[-scale &- PowersOfTen.first]
        let scaled = Scaled(high: entry.high, low: entry.low)
        let exact = scaled.product(significand &<< (shift &+ 2))
        let above = scaled.moved(shift &+ 1), below = scaled.moved(shift &+ 1 &- isNearBelow)

        let isOdd = significand & 1
        let lowest = Scaled.quarters(exact.minus(below)) &+ isOdd
        let middle = Scaled.quarters(exact.upper)
        let highest = Scaled.quarters(exact.plus(above)) &- isOdd

        let whole = middle >> 2
        let tenth = whole / 10
        let tens = tenth &* 40
        let ones = whole &* 4
        let hasTensBelow = lowest <= tens, hasTensAbove = tens &+ 40 <= highest
        let hasOneBelow = lowest <= ones, hasOneAbove = ones &+ 4 <= highest
        // A half goes to the even one.
        let isNearerAbove = middle & 3 | whole & 1 > 2
        let goesUp = hasOneBelow != hasOneAbove ? hasOneAbove : isNearerAbove
        let nearest = whole &+ (goesUp ? 1 : 0)
        let round = (tenth &+ (hasTensAbove ? 1 : 0)) &* 10
        digits = whole >= 10 && hasTensBelow != hasTensAbove ? round : nearest
        exponent = scale
    }
}

/// A power of ten to 128 bits and what it is multiplied to, to 192: three words, of which the lowest is only carried.
private struct Scaled {
    let high: UInt64
    let low: UInt64

    struct Product {
        /// The upper two words.
        let upper: UInt128
        let lowest: UInt64

        @inline(__always)
        func plus(_ other: Product) -> UInt128 {
            upper &+ other.upper &+ (lowest.addingReportingOverflow(other.lowest).overflow ? 1 : 0)
        }

        @inline(__always)
        func minus(_ other: Product) -> UInt128 {
            upper &- other.upper &- (lowest < other.lowest ? 1 : 0)
        }
    }

    @inline(__always)
    func product(_ factor: UInt64) -> Product {
        let below = low.multipliedFullWidth(by: factor)
        let above = high.multipliedFullWidth(by: factor)
        let upper = UInt128(above.high) << 64 | UInt128(above.low)
        return Product(upper: upper &+ UInt128(below.high), lowest: below.low)
    }

    /// The product with a power of two, from 1 to 63.
    @inline(__always)
    func moved(_ places: UInt64) -> Product {
        let both = UInt128(high) << 64 | UInt128(low)
        return Product(upper: both &>> UInt128(64 &- places), lowest: low &<< places)
    }

    /// The uppermost word, its last bit set where anything below it was lost.
    @inline(__always)
    static func quarters(_ upper: UInt128) -> UInt64 {
        UInt64(truncatingIfNeeded: upper >> 64) | (UInt64(truncatingIfNeeded: upper) > 1 ? 1 : 0)
    }
}

/// Powers of ten to 128 bits, rounded up.
enum PowersOfTen {
    /// The exponent of the first entry.
    static let first = -292
    private static let last = 324

    /// The highest bit is set.
    struct Entry: BitwiseCopyable, Sendable {
        let high: UInt64, low: UInt64

        init(_ value: UInt128) {
            high = UInt64(truncatingIfNeeded: value >> 64)
            low = UInt64(truncatingIfNeeded: value)
        }
    }

    /// By exponent, from the first on.
    static let table = LookupTable(below.reversed() + above)

    /// From 10^0 on. A power of ten has the bits of the same power of five.
    private static var above: [Entry] {
        var words: [UInt64] = [1]
        return (0...last).map { _ in
            defer { multiply(&words) }
            return Entry(upperBits(words))
        }
    }

    /// From 10^-1 down. 2^832 is long enough to keep 128 bits of it over 5^292.
    private static var below: [Entry] {
        var words = [UInt64](repeating: 0, count: 13) + [1]
        return (first..<0).map { _ in
            divide(&words)
            return Entry(upperBits(words, isCut: true))
        }
    }

    /// Times five, exact; the lowest word is first.
    private static func multiply(_ words: inout [UInt64]) {
        var carry: UInt64 = 0
        for index in words.indices {
            let product = UInt128(words[index]) * 5 + UInt128(carry)
            words[index] = UInt64(truncatingIfNeeded: product)
            carry = UInt64(truncatingIfNeeded: product >> 64)
        }
        if carry > 0 { words.append(carry) }
    }

    /// Over five, rounded down.
    private static func divide(_ words: inout [UInt64]) {
        var rest: UInt64 = 0
        for index in words.indices.reversed() {
            let (quotient, remainder) = UInt64(5).dividingFullWidth((rest, words[index]))
            words[index] = quotient
            rest = remainder
        }
        if words.last == 0 { words.removeLast() }
    }

    /// The upper 128 bits, one added where more is below them.
    private static func upperBits(_ words: [UInt64], isCut: Bool = false) -> UInt128 {
        func word(_ place: Int) -> UInt128 { place >= 0 ? UInt128(words[place]) : 0 }
        let top = words.count - 1
        let shift = words[top].leadingZeroBitCount
        let value = word(top) << 64 | word(top - 1)
        let next = word(top - 2) << 64
        let upper = shift == 0 ? value : value << shift | next >> (128 - shift)
        let hasMore = isCut || (shift == 0 ? next : next << shift) != 0 || words.dropLast(3).contains { $0 != 0 }
        return hasMore ? upper + 1 : upper
    }
}
