/// A word of the expression language with its offset in bytes.
struct Token: Sendable, Equatable {
    enum Kind: Sendable, Equatable {
        case number(Double)
        case name(String)
        case symbol(String)
        case end
    }

    let kind: Kind
    let position: Int
}

/// Cuts a text into tokens.
struct Lexer {
    private let bytes: [UInt8]
    private var offset = 0

    init(_ text: String) { bytes = Array(text.utf8) }

    /// All tokens, the last being `end`.
    static func tokens(of text: String) throws(QuantError) -> [Token] {
        var lexer = Lexer(text)
        var tokens: [Token] = []
        while true {
            let token = try lexer.next()
            tokens.append(token)
            if token.kind == .end { return tokens }
        }
    }

    private mutating func next() throws(QuantError) -> Token {
        while offset < bytes.count, bytes[offset] <= 0x20 { offset += 1 }
        guard offset < bytes.count else { return Token(kind: .end, position: bytes.count) }
        let start = offset
        let byte = bytes[offset]
        if Self.isDigit(byte) || (byte == 0x2E && offset + 1 < bytes.count && Self.isDigit(bytes[offset + 1])) {
            return try number(start)
        }
        if Self.isLetter(byte) {
            while offset < bytes.count, Self.isLetter(bytes[offset]) || Self.isDigit(bytes[offset]) { offset += 1 }
            return Token(kind: .name(text(start)), position: start)
        }
        for symbol in ["<=", ">=", "==", "!="] where bytes[offset...].starts(with: symbol.utf8) {
            offset += 2
            return Token(kind: .symbol(symbol), position: start)
        }
        if "+-*/^()<>,.=".utf8.contains(byte) {
            offset += 1
            return Token(kind: .symbol(text(start)), position: start)
        }
        throw QuantError(.syntax, "a character that means nothing here", position: start)
    }

    private mutating func number(_ start: Int) throws(QuantError) -> Token {
        skipDigits()
        if offset + 1 < bytes.count, bytes[offset] == 0x2E, Self.isDigit(bytes[offset + 1]) {
            offset += 1
            skipDigits()
        } else if offset < bytes.count, bytes[offset] == 0x2E,
            offset + 1 == bytes.count || !Self.isLetter(bytes[offset + 1]) {
            offset += 1
        }
        exponent()
        if offset < bytes.count, Self.isLetter(bytes[offset]) {
            throw QuantError(.syntax, "a number runs into a name", position: offset)
        }
        guard let value = Double(text(start).hasSuffix(".") ? text(start) + "0" : text(start)), value.isFinite else {
            throw QuantError(.syntax, "not a finite number", position: start)
        }
        return Token(kind: .number(value), position: start)
    }

    private mutating func exponent() {
        guard offset < bytes.count, bytes[offset] | 0x20 == 0x65 else { return }
        var look = offset + 1
        if look < bytes.count, bytes[look] == 0x2B || bytes[look] == 0x2D { look += 1 }
        guard look < bytes.count, Self.isDigit(bytes[look]) else { return }
        offset = look
        skipDigits()
    }

    private mutating func skipDigits() {
        while offset < bytes.count, Self.isDigit(bytes[offset]) { offset += 1 }
    }

    private func text(_ start: Int) -> String { String(decoding: bytes[start..<offset], as: UTF8.self) }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A) || byte == 0x5F
    }
}
