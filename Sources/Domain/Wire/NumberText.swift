/// Numbers as text, written straight into memory.
///
/// Digits are made eight at a time, as the bytes of one word. All of a number's seventeen digits are made; words that
/// begin at the first one that counts are then stored whole, beyond the number's end too: the next one is written over
/// what is too much.
enum NumberText {
    /// Bytes of memory that must be there for one number, whatever its length.
    static let room = 48

    /// Below this a whole number is written with its digits and ".0", as every one is exact.
    private static let wholeLimit = 1e15
    /// Below this a number is written with an exponent.
    private static let plainLimit = 1e-4

    /// The shortest text that reads back as the same number, a point or an exponent always in it, as the standard
    /// library has it; `null` for NaN and infinity. Answers the number of bytes.
    @inline(__always)
    static func write(_ value: Double, to out: UnsafeMutablePointer<UInt8>) -> Int {
        let raw = UnsafeMutableRawPointer(out)
        guard value.isFinite else {
            raw.storeBytes(of: 0x6C6C_756E, as: UInt32.self)
            return 4
        }
        out[0] = 0x2D
        let sign = value.sign == .minus ? 1 : 0
        let magnitude = value.magnitude
        if magnitude < wholeLimit {
            let whole = UInt64(magnitude)
            if Double(whole) == magnitude {
                let count = sign &+ writeWhole(whole, to: out + sign)
                (raw + count).storeBytes(of: 0x302E, as: UInt16.self)
                return count &+ 2
            }
            let decimal = ShortestDecimal(magnitude)
            return sign &+ (magnitude >= plainLimit ? plain(decimal, to: out + sign) : small(decimal, to: out + sign))
        }
        return large(value, to: out)
    }

    /// The digits of a whole number below 10^17.
    @inline(__always)
    static func writeWhole(_ value: UInt64, to out: UnsafeMutablePointer<UInt8>) -> Int {
        if value < 10 {
            out[0] = 48 &+ UInt8(truncatingIfNeeded: value)
            return 1
        }
        let digits = Digits(value)
        digits.store(from: digits.leading, to: UnsafeMutableRawPointer(out))
        return Digits.count &- digits.leading
    }

    /// Seventeen digits, a byte each, the first at the lowest address.
    private struct Digits {
        static let count = 17
        private let first: UInt64
        private let upper: UInt64
        private let lower: UInt64

        @inline(__always)
        init(_ value: UInt64) {
            let head = value / 100_000_000
            first = head / 100_000_000
            upper = Self.eight(head &- first &* 100_000_000)
            lower = Self.eight(value &- head &* 100_000_000)
        }

        /// Eight digits in the bytes of a word: fours, twos, ones.
        @inline(__always)
        private static func eight(_ value: UInt64) -> UInt64 {
            let top = value / 10_000
            let fours = top | (value &- top &* 10_000) << 32
            let hundreds = (fours &* 10_486) >> 20 & 0x0000_007F_0000_007F
            let twos = hundreds | (fours &- hundreds &* 100) << 16
            let tens = (twos &* 103) >> 10 & 0x000F_000F_000F_000F
            return tens | (twos &- tens &* 10) << 8
        }

        /// Zeros at the beginning.
        @inline(__always)
        var leading: Int {
            if first != 0 { return 0 }
            return upper != 0 ? 1 &+ upper.trailingZeroBitCount >> 3 : 9 &+ lower.trailingZeroBitCount >> 3
        }

        /// Zeros at the end.
        @inline(__always)
        var trailing: Int {
            lower != 0 ? lower.leadingZeroBitCount >> 3 : 8 &+ upper.leadingZeroBitCount >> 3
        }

        /// Stores all digits from one on as text; 17 bytes are written.
        @inline(__always)
        func store(from place: Int, to out: UnsafeMutableRawPointer) {
            let ascii: UInt64 = 0x3030_3030_3030_3030
            var text: (UInt64, UInt64, UInt64, UInt64, UInt64) = (
                (first | 0x30) << 56, upper | ascii, lower | ascii, 0, 0)
            withUnsafeBytes(of: &text) { text in
                let from = text.baseAddress.unsafelyUnwrapped + 7 + place
                out.storeBytes(of: from.loadUnaligned(as: UInt64.self), as: UInt64.self)
                (out + 8).storeBytes(of: (from + 8).loadUnaligned(as: UInt64.self), as: UInt64.self)
                (out + 16).storeBytes(of: (from + 16).load(as: UInt8.self), as: UInt8.self)
            }
        }
    }

    /// With a point and no exponent: 0.00012 to below 10^15.
    @inline(__always)
    private static func plain(_ decimal: ShortestDecimal, to out: UnsafeMutablePointer<UInt8>) -> Int {
        let raw = UnsafeMutableRawPointer(out)
        let digits = Digits(decimal.digits)
        let leading = digits.leading
        let count = Digits.count &- leading &- digits.trailing
        // Digits in front of the point.
        let before = Digits.count &- leading &+ decimal.exponent
        if before > 0 {
            digits.store(from: leading, to: raw)
            digits.store(from: leading &+ before, to: raw + before + 1)
            out[before] = 0x2E
            return count &+ 1
        }
        raw.storeBytes(of: 0x3030_3030_3030_2E30, as: UInt64.self)
        digits.store(from: leading, to: raw + 2 - before)
        return 2 &- before &+ count
    }

    /// With an exponent of at least two digits: 1.5e-05.
    @inline(never)
    private static func small(_ decimal: ShortestDecimal, to out: UnsafeMutablePointer<UInt8>) -> Int {
        let raw = UnsafeMutableRawPointer(out)
        let digits = Digits(decimal.digits)
        let leading = digits.leading
        let count = Digits.count &- leading &- digits.trailing
        digits.store(from: leading, to: raw)
        var end = 1
        if count > 1 {
            digits.store(from: leading &+ 1, to: raw + 2)
            out[1] = 0x2E
            end = count &+ 1
        }
        let power = -(Digits.count &- leading &+ decimal.exponent &- 1)
        out[end] = 0x65
        out[end + 1] = 0x2D
        end += 2
        if power < 10 {
            out[end] = 48
            end += 1
        }
        return end &+ writeWhole(UInt64(power), to: out + end)
    }

    /// From 10^15 on, as the standard library has it.
    @inline(never)
    private static func large(_ value: Double, to out: UnsafeMutablePointer<UInt8>) -> Int {
        var text = value.description
        return text.withUTF8 { utf8 in
            UnsafeMutableRawPointer(out).copyMemory(from: utf8.baseAddress.unsafelyUnwrapped, byteCount: utf8.count)
            return utf8.count
        }
    }
}
