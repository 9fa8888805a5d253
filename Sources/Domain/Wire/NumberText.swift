/// Numbers as text, written straight into memory.
///
/// Digits are made eight at a time, as the bytes of one word. Words are stored whole, beyond the number's end too: the
/// next number is written over what is too much. Nothing that was stored is read again, which would wait for the store.
enum NumberText {
    /// Bytes of memory that must be there for one number, whatever its length.
    static let room = 48

    /// Below this a whole number is written with its digits and ".0", as every one is exact.
    private static let wholeLimit = 1e15
    /// Below this a number is written with an exponent.
    private static let plainLimit = 1e-4
    private static let ascii: UInt64 = 0x3030_3030_3030_3030

    /// The shortest text that reads back as the same number, a point or an exponent always in it, as the standard
    /// library has it; `null` for NaN and infinity. Answers the number of bytes. `powers` is `PowersOfTen.table`.
    @inline(__always)
    static func write(
        _ value: Double, _ powers: UnsafePointer<UInt64>, to out: UnsafeMutablePointer<UInt8>
    ) -> Int {
        let raw = UnsafeMutableRawPointer(out)
        guard value.isFinite else {
            raw.storeBytes(of: 0x6C6C_756E, as: UInt32.self)
            return 4
        }
        out[0] = 0x2D
        let sign = value.sign == .minus ? 1 : 0
        let magnitude = value.magnitude
        if magnitude < wholeLimit {
            // Signed: that is one instruction each way.
            let signed = Int64(magnitude)
            let whole = UInt64(bitPattern: signed)
            if Double(signed) == magnitude {
                let count = sign &+ writeWhole(whole, to: out + sign)
                (raw + count).storeBytes(of: 0x302E, as: UInt16.self)
                return count &+ 2
            }
            let decimal = ShortestDecimal(magnitude, powers)
            if magnitude >= 1 { return sign &+ mixed(decimal, whole, powers, to: out + sign) }
            if magnitude >= plainLimit { return sign &+ fraction(decimal, magnitude, powers, to: out + sign) }
            return sign &+ small(decimal, powers, to: out + sign)
        }
        return large(value, to: out)
    }

    /// The digits of a whole number below 10^17.
    @inline(__always)
    static func writeWhole(_ value: UInt64, to out: UnsafeMutablePointer<UInt8>) -> Int {
        if value < 100_000_000 {
            let digits = eight(value)
            let leading = value == 0 ? 7 : digits.trailingZeroBitCount >> 3
            store((digits | ascii) >> UInt64(8 &* leading), to: UnsafeMutableRawPointer(out))
            return 8 &- leading
        }
        let upper = value / 100_000_000
        let count = upper < 10 ? 1 : writeWhole(upper, to: out)
        if upper < 10 { out[0] = 48 &+ UInt8(truncatingIfNeeded: upper) }
        store(eight(value &- upper &* 100_000_000) | ascii, to: UnsafeMutableRawPointer(out) + count)
        return count &+ 8
    }

    /// Eight digits in the bytes of a word, the first at the lowest address: fours, twos, ones.
    @inline(__always)
    private static func eight(_ value: UInt64) -> UInt64 {
        let top = value / 10_000
        let fours = top | (value &- top &* 10_000) << 32
        let hundreds = (fours &* 10_486) >> 20 & 0x0000_007F_0000_007F
        let twos = hundreds | (fours &- hundreds &* 100) << 16
        let tens = (twos &* 103) >> 10 & 0x000F_000F_000F_000F
        return tens | (twos &- tens &* 10) << 8
    }

    @inline(__always)
    private static func store(_ word: UInt64, to out: UnsafeMutableRawPointer) {
        out.storeBytes(of: word, as: UInt64.self)
    }

    /// Sixteen digits, of which those that count are answered: all but zeros at the end.
    @inline(__always)
    private static func sixteen(_ value: UInt64, to out: UnsafeMutableRawPointer) -> Int {
        let top = value / 100_000_000
        let upper = eight(top)
        let lower = eight(value &- top &* 100_000_000)
        store(upper | ascii, to: out)
        store(lower | ascii, to: out + 8)
        return lower != 0 ? 16 &- lower.leadingZeroBitCount >> 3 : 8 &- upper.leadingZeroBitCount >> 3
    }

    /// A number from 1 to below 10^15 that is not whole: digits on both sides of a point.
    @inline(__always)
    private static func mixed(
        _ decimal: ShortestDecimal, _ whole: UInt64, _ powers: UnsafePointer<UInt64>,
        to out: UnsafeMutablePointer<UInt8>
    ) -> Int {
        let tens = powers + PowersOfTen.whole
        let behind = -decimal.exponent
        let part = (decimal.digits &- whole &* tens[behind]) &* tens[16 &- behind]
        let before = writeWhole(whole, to: out)
        out[before] = 0x2E
        return before &+ 1 &+ sixteen(part, to: UnsafeMutableRawPointer(out) + before + 1)
    }

    /// The digits moved up to be seventeen; the first is written, then the others. `count` is how many there are.
    @inline(__always)
    private static func seventeen(
        _ digits: UInt64, _ count: Int, _ powers: UnsafePointer<UInt64>, first: UnsafeMutablePointer<UInt8>,
        rest: UnsafeMutableRawPointer
    ) -> Int {
        let tens = powers + PowersOfTen.whole
        let all = digits &* tens[17 &- count]
        let leading = all / tens[16]
        first[0] = 48 &+ UInt8(truncatingIfNeeded: leading)
        return sixteen(all &- leading &* tens[16], to: rest)
    }

    /// A number from 0.0001 to below 1.
    @inline(__always)
    private static func fraction(
        _ decimal: ShortestDecimal, _ magnitude: Double, _ powers: UnsafePointer<UInt64>,
        to out: UnsafeMutablePointer<UInt8>
    ) -> Int {
        let zeros = magnitude >= 0.1 ? 0 : magnitude >= 0.01 ? 1 : magnitude >= 0.001 ? 2 : 3
        store(0x3030_3030_3030_2E30, to: UnsafeMutableRawPointer(out))
        let first = out + 2 + zeros
        let count = -decimal.exponent &- zeros
        return 3 &+ zeros
            &+ seventeen(decimal.digits, count, powers, first: first, rest: UnsafeMutableRawPointer(first + 1))
    }

    /// With an exponent of at least two digits: 1.5e-05.
    @inline(never)
    private static func small(
        _ decimal: ShortestDecimal, _ powers: UnsafePointer<UInt64>, to out: UnsafeMutablePointer<UInt8>
    ) -> Int {
        let tens = powers + PowersOfTen.whole
        var count = 1
        while count < 17, decimal.digits >= tens[count] { count &+= 1 }
        out[1] = 0x2E
        let behind = seventeen(decimal.digits, count, powers, first: out, rest: UnsafeMutableRawPointer(out + 2))
        var end = behind == 0 ? 1 : 2 &+ behind
        let power = -(count &+ decimal.exponent &- 1)
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
