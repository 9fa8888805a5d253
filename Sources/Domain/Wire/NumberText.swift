/// Numbers as text, written straight into memory.
///
/// Digits are made eight at a time, as the bytes of one word. All of a number's seventeen digits are made; words that
/// begin at the first one that counts are then stored whole, beyond the number's end too: the next one is written over
/// what is too much. Nothing that was stored is read again, which would wait for the store.
struct NumberText {
    /// Bytes of memory that must be there for one number, whatever its length.
    static let room = 48

    /// Below this a whole number is written with its digits and ".0", as every one is exact.
    private static let wholeLimit = 1e15
    /// Below this a number is written with an exponent.
    private static let plainLimit = 1e-4

    /// Kept here: to ask for it with every number takes as long as a multiplication.
    private let powers = PowersOfTen.table

    /// The shortest text that reads back as the same number, a point or an exponent always in it, as the standard
    /// library has it; `null` for NaN and infinity. Answers the number of bytes.
    @inline(__always)
    func write(_ value: Double, to out: UnsafeMutablePointer<UInt8>) -> Int {
        let raw = UnsafeMutableRawPointer(out)
        guard value.isFinite else {
            raw.storeBytes(of: 0x6C6C_756E, as: UInt32.self)
            return 4
        }
        out[0] = 0x2D
        let sign = value.sign == .minus ? 1 : 0
        let magnitude = value.magnitude
        if magnitude < Self.wholeLimit {
            // Signed: that is one instruction each way.
            let whole = Int64(magnitude)
            if Double(whole) == magnitude {
                let count = sign &+ Self.writeWhole(UInt64(bitPattern: whole), to: out + sign)
                (raw + count).storeBytes(of: 0x302E, as: UInt16.self)
                return count &+ 2
            }
            let decimal = ShortestDecimal(magnitude, powers)
            return sign
                &+ (magnitude >= Self.plainLimit
                    ? Self.plain(decimal, to: out + sign) : Self.small(decimal, to: out + sign))
        }
        return Self.large(value, to: out)
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
            // Which of the words it is that ends in zeros is a matter of chance: it is chosen before it is counted.
            let isLower = lower != 0
            return (isLower ? lower : upper).leadingZeroBitCount >> 3 &+ (isLower ? 0 : 8)
        }

        /// The first sixteen as text.
        @inline(__always)
        var text: UInt128 {
            let low = first | upper << 8, high = upper >> 56 | lower << 8
            return (UInt128(high) << 64 | UInt128(low)) | 0x3030_3030_3030_3030_3030_3030_3030_3030
        }

        /// Stores all digits from one of the first sixteen on as text; seventeen bytes are written.
        @inline(__always)
        func store(from place: Int, to out: UnsafeMutableRawPointer) {
            let rest = text &>> UInt128(truncatingIfNeeded: place &* 8)
            out.storeBytes(of: UInt64(truncatingIfNeeded: rest), as: UInt64.self)
            (out + 8).storeBytes(of: UInt64(truncatingIfNeeded: rest >> 64), as: UInt64.self)
            (out + 16 - place).storeBytes(of: UInt8(truncatingIfNeeded: lower >> 56) | 0x30, as: UInt8.self)
        }
    }

    /// With a point and no exponent: 0.00012 to below 10^15.
    ///
    /// First what is in front of the point is stored, then the point, then what is behind it, each in full words: so
    /// that it is one way for all of them. Such a number has sixteen digits or seventeen; with sixteen it gets a zero.
    @inline(__always)
    private static func plain(_ decimal: ShortestDecimal, to out: UnsafeMutablePointer<UInt8>) -> Int {
        let raw = UnsafeMutableRawPointer(out)
        let isShort = decimal.digits < 10_000_000_000_000_000
        let digits = Digits(isShort ? decimal.digits &* 10 : decimal.digits)
        // Digits in front of the point.
        let before = Digits.count &+ decimal.exponent &- (isShort ? 1 : 0)
        let isLarge = before > 0
        let text = digits.text
        raw.storeBytes(of: isLarge ? UInt64(truncatingIfNeeded: text) : 0x3030_3030_3030_2E30, as: UInt64.self)
        (raw + 8).storeBytes(of: UInt64(truncatingIfNeeded: text >> 64), as: UInt64.self)
        out[isLarge ? before : 1] = 0x2E
        let place = isLarge ? before : 0
        let behind = isLarge ? before &+ 1 : 2 &- before
        digits.store(from: place, to: raw + behind)
        return behind &+ Digits.count &- place &- digits.trailing
    }

    /// With an exponent of at least two digits: 1.5e-05.
    @inline(never)
    private static func small(_ decimal: ShortestDecimal, to out: UnsafeMutablePointer<UInt8>) -> Int {
        let raw = UnsafeMutableRawPointer(out)
        // A single digit gets a zero: then it is one of the first sixteen.
        let isSingle = decimal.digits < 10
        let digits = Digits(isSingle ? decimal.digits &* 10 : decimal.digits)
        let leading = digits.leading
        let count = Digits.count &- leading &- digits.trailing
        digits.store(from: leading, to: raw)
        var end = 1
        if count > 1 {
            digits.store(from: leading &+ 1, to: raw + 2)
            out[1] = 0x2E
            end = count &+ 1
        }
        let power = -(Digits.count &- leading &+ decimal.exponent &- (isSingle ? 2 : 1))
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
