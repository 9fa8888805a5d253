/// Sixteen digits at once, and where the point goes between them.
///
/// Values are taken apart as fours, twos and ones of digits, all of them side by side: whole numbers by multiplications
/// that are exact for what they are given.
enum PlainText {
    private typealias Words = SIMD2<UInt64>

    /// A byte each, the first at the lowest address; `value` is below 10^16.
    @inline(__always)
    static func digits(_ value: UInt64) -> SIMD2<UInt64> {
        let upper = value / 100_000_000
        let eights = Words(upper & 0xFFFF_FFFF, (value &- upper &* 100_000_000) & 0xFFFF_FFFF)
        let tenThousands = (eights &* Words(repeating: 0xD1B7_1759)) &>> Words(repeating: 45)
        let rest = eights &- tenThousands &* Words(repeating: 10_000)
        let fours = unsafeBitCast(tenThousands | rest &<< Words(repeating: 32), to: SIMD4<UInt32>.self)
            & SIMD4(repeating: 0x3FFF)
        let hundreds = (fours &* SIMD4(repeating: 5243)) &>> SIMD4(repeating: 19)
        let times = unsafeBitCast(hundreds, to: SIMD8<UInt16>.self) &* SIMD8(repeating: 100)
        let below = fours &- unsafeBitCast(times, to: SIMD4<UInt32>.self)
        let twos = unsafeBitCast(hundreds | below &<< SIMD4(repeating: 16), to: SIMD8<UInt16>.self)
        let tens = (twos &* SIMD8(repeating: 103)) &>> SIMD8(repeating: 10)
        let ones = tens | (twos &- tens &* SIMD8(repeating: 10)) &<< SIMD8(repeating: 8)
        return unsafeBitCast(ones, to: Words.self)
    }

    /// A number from 0.0001 to below 10^15 that is not whole, ready to be stored.
    ///
    /// Digits are stored whole, those behind the point a byte further than those in front of it. What stands in front
    /// of a number below 1 is stored before, and the seventeenth digit behind.
    struct Piece {
        private let text: SIMD2<UInt64>
        private let start: Int, end: Int
        /// The sixteenth digit and the seventeenth.
        private let last: UInt16
        /// Bytes of it.
        let count: Int

        @inline(__always)
        init(_ decimal: ShortestDecimal, _ shapes: LookupTable<Shape>) {
            // It has sixteen digits or seventeen, by chance; with sixteen it gets a zero. All ones, then.
            let isShort = Int64(bitPattern: decimal.digits &- 10_000_000_000_000_000) &>> 63
            let number = decimal.digits &+ decimal.digits &* 9 & UInt64(bitPattern: isShort)
            let first = number / 10, seventeenth = number &- first &* 10
            let all = PlainText.digits(first)
            let moved = all &<< Words(repeating: 8) | Words(0, all[0]) &>> Words(repeating: 56)
            let shape = shapes[17 &+ decimal.exponent &+ Int(isShort) &- Shape.first]
            text = all & shape.front | moved & shape.back | shape.signs
            start = shape.start
            end = shape.end
            let tail = all[1] &>> 8 | seventeenth &<< 56
            last = UInt16(truncatingIfNeeded: tail &>> 48) | 0x3030
            // Zeros at the end: of the last eight digits or, seldom, of all of them.
            let zeros = tail != 0 ? tail.leadingZeroBitCount : 64 &+ (all[0] &>> 8 | all[1] &<< 56).leadingZeroBitCount
            count = end &- zeros &>> 3
        }

        @inline(__always)
        func store(to raw: UnsafeMutableRawPointer) {
            raw.storeBytes(of: 0x3030_3030_3030_2E30, as: UInt64.self)
            (raw + start).storeBytes(of: text, as: SIMD2<UInt64>.self)
            (raw + (end &- 2)).storeBytes(of: last, as: UInt16.self)
        }
    }

    /// How numbers with so many digits in front of the point are put together.
    struct Shape: BitwiseCopyable, Sendable {
        /// Which of the sixteen digits stay, and which go a byte further.
        let front: SIMD2<UInt64>, back: SIMD2<UInt64>
        /// What makes digits of their values, and the point.
        let signs: SIMD2<UInt64>
        /// Where the digits begin, and where all of them end.
        let start: Int, end: Int

        /// The fewest digits in front of the point; below 0 for zeros behind it.
        static let first = -3
        private static let last = 16

        /// By digits in front of the point.
        static let table = LookupTable((first...last).map { Shape(before: $0) })

        private init(before: Int) {
            var front = SIMD16<UInt8>(), back = SIMD16<UInt8>(), signs = SIMD16<UInt8>(repeating: 0x30)
            for place in 0..<16 where before <= 0 || place < before { front[place] = 255 }
            if before > 0 {
                for place in 0..<16 where place > before { back[place] = 255 }
                if before < 16 { signs[before] = 0x2E }
            }
            self.front = unsafeBitCast(front, to: SIMD2<UInt64>.self)
            self.back = unsafeBitCast(back, to: SIMD2<UInt64>.self)
            self.signs = unsafeBitCast(signs, to: SIMD2<UInt64>.self)
            start = before > 0 ? 0 : 2 - before
            end = start + (before > 0 ? 18 : 17)
        }
    }
}
