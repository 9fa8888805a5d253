extension FixedPoint: CustomStringConvertible {
    /// Decimal digits without trailing zeros: `12.5`, `-0.000000001`, `3`.
    public var description: String {
        var bytes: [UInt8] = []
        appendText(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Appends `description`'s bytes.
    public func appendText(to out: inout [UInt8]) {
        let size = raw.magnitude
        if raw < 0 { out.append(UInt8(ascii: "-")) }
        let whole = size / UInt128(Self.scale)
        if whole <= UInt128(UInt64.max) {
            out.append(contentsOf: UInt64(whole).description.utf8)
        } else {
            out.append(contentsOf: whole.description.utf8)
        }
        var part = UInt64(size % UInt128(Self.scale))
        if part == 0 { return }
        out.append(UInt8(ascii: "."))
        var unit: UInt64 = 100_000_000
        while part > 0 {
            out.append(UInt8(48 + part / unit))
            part %= unit
            unit /= 10
        }
    }

    /// A value from decimal text: sign, digits, an optional fraction and exponent. Places beyond nine round half to
    /// even. Nil where the text is not a number or its magnitude is above `limit`: what callers may send, unless said
    /// otherwise.
    public init?(text: some StringProtocol, limit: FixedPoint = .limit) {
        var digits: UInt128 = 0, exponent = 0, seenDigit = false, seenPoint = false, sticky = false
        var negative = false, index = 0
        let bytes = Array(text.utf8)
        if let first = bytes.first, first == UInt8(ascii: "-") || first == UInt8(ascii: "+") {
            negative = first == UInt8(ascii: "-")
            index = 1
        }
        while index < bytes.count {
            let byte = bytes[index]
            if byte == UInt8(ascii: ".") {
                if seenPoint { return nil }
                seenPoint = true
            } else if (48...57).contains(byte) {
                seenDigit = true
                if digits <= (UInt128.max - 9) / 10 {
                    digits = digits * 10 + UInt128(byte - 48)
                    if seenPoint { exponent -= 1 }
                } else {
                    sticky = sticky || byte != 48
                    if !seenPoint { exponent += 1 }
                }
            } else { break }
            index += 1
        }
        guard seenDigit else { return nil }
        if index < bytes.count {
            guard let shift = Self.exponent(bytes[index...]) else { return nil }
            exponent += shift
        }
        guard let units = Self.units(digits, exponent: exponent + 9, sticky: sticky) else { return nil }
        self.init(raw: negative ? -units : units)
        if magnitude > limit { return nil }
    }

    private static func exponent(_ bytes: ArraySlice<UInt8>) -> Int? {
        guard let mark = bytes.first, mark == UInt8(ascii: "e") || mark == UInt8(ascii: "E") else { return nil }
        let text = String(decoding: bytes.dropFirst(), as: UTF8.self)
        guard let value = Int(text), (-400...400).contains(value) else { return nil }
        return value
    }

    /// `digits × 10^exponent`, half to even.
    private static func units(_ digits: UInt128, exponent: Int, sticky: Bool) -> Int128? {
        if digits == 0 { return 0 }
        if exponent >= 0 {
            var value = digits
            for _ in 0..<exponent {
                let (next, overflow) = value.multipliedReportingOverflow(by: 10)
                if overflow || next > UInt128(Int128.max) { return nil }
                value = next
            }
            return value > UInt128(Int128.max) ? nil : Int128(value)
        }
        if exponent < -38 { return 0 }
        var divisor: UInt128 = 1
        for _ in 0..<(-exponent) { divisor *= 10 }
        let (quotient, rest) = digits.quotientAndRemainder(dividingBy: divisor)
        let half = divisor - rest
        let up = rest > half || (rest == half && (sticky || quotient & 1 != 0))
        return Int128(up ? quotient + 1 : quotient)
    }
}
