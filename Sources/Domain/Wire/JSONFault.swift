/// Where bytes stop being JSON, for files that people write; the parser itself tells no place.
public struct JSONFault: Equatable, Sendable, CustomStringConvertible {
    /// Both from 1; a column is a byte.
    public let line: Int, column: Int
    /// What stands there instead of what.
    public let reason: String

    public var description: String { "line \(line), column \(column): \(reason)" }

    /// The first fault of a document; nil where none is found by this reader, which looks at the grammar alone.
    public static func first(in bytes: [UInt8]) -> JSONFault? {
        var reader = GrammarReader(bytes: bytes)
        let reason: String
        do throws(Reason) {
            try reader.document()
            return nil
        } catch {
            reason = error.text
        }
        let before = bytes.prefix(reader.place)
        let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        let line = before.count { $0 == UInt8(ascii: "\n") } + 1
        return JSONFault(line: line, column: reader.place - start + 1, reason: reason)
    }

    private struct Reason: Error { let text: String }

    /// Walks over a document and stops at the first fault.
    private struct GrammarReader {
        static let depthLimit = 64
        let bytes: [UInt8]
        private(set) var place = 0
        private var depth = 0

        init(bytes: [UInt8]) { self.bytes = bytes }

        private var next: UInt8? { place < bytes.count ? bytes[place] : nil }

        private mutating func skipSpace() {
            while let byte = next, byte == 32 || (9...10).contains(byte) || byte == 13 { place += 1 }
        }

        private func fail(_ expected: String) -> Reason {
            guard let next else { return Reason(text: "the document ends where \(expected) is expected") }
            let isPlain = (33...126).contains(next)
            let found = isPlain ? "'\(Character(Unicode.Scalar(next)))'" : "byte \(next)"
            return Reason(text: "\(found) stands where \(expected) is expected")
        }

        private mutating func take(_ byte: Character, _ expected: String) throws(Reason) {
            guard let next, next == byte.asciiValue else { throw fail(expected) }
            place += 1
        }

        mutating func document() throws(Reason) {
            try value()
            skipSpace()
            if next != nil { throw fail("the end") }
        }

        private mutating func value() throws(Reason) {
            skipSpace()
            switch next {
            case UInt8(ascii: "{"):
                try list(closedBy: "}") { reader throws(Reason) in
                    reader.skipSpace()
                    try reader.string("a member's name in quotes")
                    reader.skipSpace()
                    try reader.take(":", "a colon")
                    try reader.value()
                }
            case UInt8(ascii: "["): try list(closedBy: "]") { reader throws(Reason) in try reader.value() }
            case UInt8(ascii: "\""): try string("a string")
            case UInt8(ascii: "t"): try word("true")
            case UInt8(ascii: "f"): try word("false")
            case UInt8(ascii: "n"): try word("null")
            default: try number()
            }
        }

        private mutating func list(
            closedBy end: Character, _ item: (inout GrammarReader) throws(Reason) -> Void
        ) throws(Reason) {
            place += 1
            depth += 1
            if depth > Self.depthLimit { throw Reason(text: "nested deeper than \(Self.depthLimit) levels") }
            skipSpace()
            if next == end.asciiValue {
                place += 1
            } else {
                while true {
                    try item(&self)
                    skipSpace()
                    if next == end.asciiValue { break }
                    try take(",", "a comma or '\(end)'")
                }
                place += 1
            }
            depth -= 1
        }

        private mutating func string(_ expected: String) throws(Reason) {
            try take("\"", expected)
            while let byte = next, byte != UInt8(ascii: "\"") {
                if byte < 32 { throw fail("a closing quote") }
                place += byte == UInt8(ascii: "\\") ? 2 : 1
            }
            try take("\"", "a closing quote")
        }

        private mutating func word(_ word: String) throws(Reason) {
            for byte in word.utf8 {
                guard next == byte else { throw fail(word) }
                place += 1
            }
        }

        private mutating func number() throws(Reason) {
            if next == UInt8(ascii: "-") { place += 1 }
            let start = place
            try digits()
            if bytes[start] == UInt8(ascii: "0"), place - start > 1 {
                place = start
                throw Reason(text: "a number begins with 0")
            }
            if next == UInt8(ascii: ".") {
                place += 1
                try digits()
            }
            if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
                place += 1
                if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { place += 1 }
                try digits()
            }
        }

        private mutating func digits() throws(Reason) {
            guard let byte = next, (48...57).contains(byte) else { throw fail("a value") }
            while let byte = next, (48...57).contains(byte) { place += 1 }
        }
    }
}
