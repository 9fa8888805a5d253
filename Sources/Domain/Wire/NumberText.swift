/// Numbers as text, written straight into memory.
///
/// Nearly all are `PlainText`; the rest is here. Words are stored whole, beyond a number's end too: the next one is
/// written over what is too much. Nothing that was stored is read again, which would wait for the store.
struct NumberText {
    /// Bytes of memory that must be there for one number, whatever its length.
    static let room = 48

    /// Below this a whole number is written with its digits and ".0", as every one is exact.
    private static let wholeLimit = 1e15
    /// Below this a number is written with an exponent.
    private static let plainLimit = 1e-4

    /// Kept here: to ask for them with every number takes as long as a multiplication.
    private let powers = PowersOfTen.table, steps = PlainPower.table, shapes = PlainText.Shape.table

    /// The shortest text that reads back as the same number, a point or an exponent always in it, as the standard
    /// library has it; `null` for NaN and infinity. Answers the number of bytes.
    @inline(__always)
    func write(_ value: Double, to out: UnsafeMutablePointer<UInt8>) -> Int {
        guard Self.isPlain(value) else { return other(value, to: out) }
        out[0] = 0x2D
        let sign = Self.sign(value)
        let piece = PlainText.Piece(ShortestDecimal(plain: value, steps, powers), shapes)
        piece.store(to: UnsafeMutableRawPointer(out + sign))
        return sign &+ piece.count
    }

    /// The same of up to `blockSize` numbers, a comma behind each; there must be `room` and a byte for every one.
    ///
    /// In three steps of which each goes over all of them, as the processor then has several at work: it does not look
    /// ahead far enough for more than one from end to end.
    @inline(__always)
    func write(block values: UnsafeBufferPointer<Double>, to out: UnsafeMutablePointer<UInt8>) -> Int {
        withUnsafeTemporaryAllocation(of: ShortestDecimal.self, capacity: Self.blockSize) { decimals in
            withUnsafeTemporaryAllocation(of: PlainText.Piece.self, capacity: Self.blockSize) { pieces in
                // A bit for each that is of another kind.
                var others: UInt64 = 0
                for index in 0..<values.count {
                    let isPlain = Self.isPlain(values[index])
                    others |= (isPlain ? 0 : 1) &<< UInt64(truncatingIfNeeded: index)
                    decimals.initializeElement(
                        at: index, to: isPlain ? ShortestDecimal(plain: values[index], steps, powers) : .none)
                }
                for index in 0..<values.count {
                    pieces.initializeElement(at: index, to: PlainText.Piece(decimals[index], shapes))
                }
                var count = 0
                for index in 0..<values.count {
                    if others &>> UInt64(truncatingIfNeeded: index) & 1 == 1 {
                        count &+= other(values[index], to: out + count)
                    } else {
                        out[count] = 0x2D
                        count &+= Self.sign(values[index])
                        pieces[index].store(to: UnsafeMutableRawPointer(out + count))
                        count &+= pieces[index].count
                    }
                    out[count] = 0x2C
                    count &+= 1
                }
                return count
            }
        }
    }

    /// Numbers that are written at once.
    static let blockSize = 16

    /// Whether it is from 0.0001 to below 10^15 and not whole, as nearly all are.
    @inline(__always)
    private static func isPlain(_ value: Double) -> Bool {
        let bits = value.magnitude.bitPattern, exponent = bits &>> 52
        // Of a whole number nothing is left when the bits in front of the point are gone.
        return bits &- plainLimit.bitPattern < wholeLimit.bitPattern &- plainLimit.bitPattern
            && (exponent < 1023 || bits &<< (exponent &- 1011) != 0)
    }

    /// 1 for a minus.
    @inline(__always)
    private static func sign(_ value: Double) -> Int { Int(truncatingIfNeeded: value.bitPattern &>> 63) }

    /// A whole one, none, a very small or a large one.
    @inline(never)
    private func other(_ value: Double, to out: UnsafeMutablePointer<UInt8>) -> Int {
        guard value.isFinite else {
            UnsafeMutableRawPointer(out).storeBytes(of: 0x6C6C_756E, as: UInt32.self)
            return 4
        }
        let magnitude = value.magnitude
        if magnitude >= Self.wholeLimit { return Self.large(value, to: out) }
        out[0] = 0x2D
        let sign = Self.sign(value)
        if magnitude > 0 && magnitude < Self.plainLimit {
            return sign &+ Self.small(ShortestDecimal(magnitude, powers), to: out + sign)
        }
        let count = sign &+ Self.writeWhole(UInt64(magnitude), to: out + sign)
        (UnsafeMutableRawPointer(out) + count).storeBytes(of: 0x302E, as: UInt16.self)
        return count &+ 2
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

    /// Seventeen digits, a byte each, the first at the lowest address: made eight at a time, as the bytes of one word.
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
