import Quant

/// Looks for a text in the ids and expressions of a rule's factors, upper and lower case alike, without making them:
/// each is put together as bytes in the same piece of memory.
struct CatalogueSearch {
    /// One variant of the rule: what its ids begin with, and its expression cut at the series.
    private struct Form {
        let start: [UInt8]
        let pieces: [Piece]
    }

    private enum Piece {
        case text([UInt8])
        case series(Int)
    }

    private let needle: [UInt8]
    private let rule: FactorRule
    private let forms: [Form]
    /// Of the tuple at hand: its part of the id, and each series as expressions name it.
    private var ending: [UInt8] = [], names: [[UInt8]] = []
    private var buffer: [UInt8] = []

    /// For a text that is not empty.
    init(_ text: String, _ rule: FactorRule) {
        needle = Self.lowered(text)
        self.rule = rule
        forms = rule.variants.map { variant in
            // The transform is written around a formula of which nothing is known here.
            let around = variant.transform.expression("\u{0}").split(separator: "\u{0}", omittingEmptySubsequences: false)
            var pieces: [Piece] = [.text(Self.lowered(around[0]))]
            for piece in variant.template.pieces {
                switch piece {
                case .text(let text): pieces.append(.text(Self.lowered(text)))
                case .series(let place): pieces.append(.series(place))
                }
            }
            pieces.append(.text(Self.lowered(around[1])))
            return Form(start: Self.lowered(variant.name) + [UInt8(ascii: "@")], pieces: pieces)
        }
    }

    /// Takes the series of a tuple; to be called before its variants are asked for.
    mutating func take(_ tuple: Int) {
        let fields = rule.fields(tuple)
        ending = Self.lowered(fields.map(\.text).joined(separator: "~"))
        names = fields.map { Self.lowered($0.expression) }
    }

    /// Whether the text is in the id or in the expression of a variant over the tuple at hand.
    mutating func finds(_ variant: Int) -> Bool {
        let form = forms[variant]
        buffer.removeAll(keepingCapacity: true)
        buffer += form.start
        buffer += ending
        // No id and no expression has this in it.
        buffer.append(0)
        for piece in form.pieces {
            switch piece {
            case .text(let text): buffer += text
            case .series(let place): buffer += names[place]
            }
        }
        return Self.contains(buffer, needle)
    }

    private static func lowered(_ text: some StringProtocol) -> [UInt8] { Array(text.lowercased().utf8) }

    private static func contains(_ text: [UInt8], _ needle: [UInt8]) -> Bool {
        guard let first = needle.first else { return true }
        return text.withUnsafeBufferPointer { text in
            needle.withUnsafeBufferPointer { needle in
                var start = 0
                while start + needle.count <= text.count {
                    if text[start] == first {
                        var place = 1
                        while place < needle.count && text[start + place] == needle[place] { place += 1 }
                        if place == needle.count { return true }
                    }
                    start += 1
                }
                return false
            }
        }
    }
}
