public import Market
import Wire

extension FieldReader {
    // MARK: Text

    public func string(_ name: String, _ doc: String, length: ClosedRange<Int> = 1...1000) -> String {
        text(name, doc, length, required: true) ?? ""
    }

    public func optionalString(_ name: String, _ doc: String, length: ClosedRange<Int> = 0...1000) -> String? {
        text(name, doc, length, required: false)
    }

    private func text(_ name: String, _ doc: String, _ length: ClosedRange<Int>, required: Bool) -> String? {
        let text = field(
            name, doc, .string(format: nil, allowed: nil, length: length), required: required,
            expected: "must be a string of \(length.lowerBound) to \(length.upperBound) characters"
        ) { value -> String? in
            guard let text = value.string, length.contains(text.utf8.count) else { return nil }
            return text
        }
        if let text, Self.hasNull(text) { context.report(Self.nullRefused, at: [name]) }
        return text
    }

    /// Whether the character U+0000 is in a text: no store keeps it.
    static func hasNull(_ text: String) -> Bool { text.utf8.contains(0) }

    static let nullRefused = "must not have the character U+0000 in it"

    /// One of an enumeration's raw values.
    public func choice<E: RawRepresentable & CaseIterable>(_ name: String, _ doc: String, _ type: E.Type) -> E
    where E.RawValue == String {
        optionalChoice(name, doc, type, required: true) ?? E.allCases.first!
    }

    /// One of an enumeration's raw values; nil when left out.
    public func optionalChoice<E: RawRepresentable & CaseIterable>(
        _ name: String, _ doc: String, _ type: E.Type, required: Bool = false
    ) -> E? where E.RawValue == String {
        field(name, doc, .string(format: nil, allowed: E.allCases.map { $0.rawValue }), required: required,
              expected: "must be one of " + E.allCases.map { $0.rawValue }.joined(separator: ", ")) { value in
            value.string.flatMap { E(rawValue: $0) }
        }
    }

    /// A symbol: 1–32 of `A-Z a-z 0-9 . _ : / -`.
    public func symbol(_ name: String, _ doc: String) -> Symbol {
        optionalSymbol(name, doc, required: true) ?? Symbol("PLACEHOLDER")!
    }

    public func optionalSymbol(_ name: String, _ doc: String, required: Bool = false) -> Symbol? {
        let expected = "must be a symbol: 1 to 32 of A-Z a-z 0-9 . _ : / -"
        return field(name, doc, .symbol, required: required, expected: expected) {
            $0.string.flatMap { Symbol($0) }
        }
    }

    // MARK: Numbers

    /// A finite number within bounds. `above` excludes its bound, `from` includes it.
    public func number(
        _ name: String, _ doc: String, above: Double? = nil, from: Double? = nil, upTo: Double? = nil
    ) -> Double {
        optionalNumber(name, doc, above: above, from: from, upTo: upTo, required: true) ?? 0
    }

    public func optionalNumber(
        _ name: String, _ doc: String, above: Double? = nil, from: Double? = nil, upTo: Double? = nil,
        required: Bool = false
    ) -> Double? {
        field(name, doc, .number(minimum: above ?? from, exclusiveMinimum: above != nil, maximum: upTo), required: required,
              expected: "must be a finite number" + Self.bounds(above, from, upTo)) { value in
            guard let number = value.double, number.isFinite, above.map({ number > $0 }) ?? true,
                  from.map({ number >= $0 }) ?? true, upTo.map({ number <= $0 }) ?? true else { return nil }
            return number
        }
    }

    static func bounds(_ above: Double?, _ from: Double?, _ upTo: Double?) -> String {
        var parts: [String] = []
        if let above { parts.append("above \(short(above))") }
        if let from { parts.append("of at least \(short(from))") }
        if let upTo { parts.append("at most \(short(upTo))") }
        return parts.isEmpty ? "" : " " + parts.joined(separator: " and ")
    }

    private static func short(_ value: Double) -> String {
        value == value.rounded() && value.magnitude < 1e15 ? "\(Int(value))" : "\(value)"
    }

    public func int(_ name: String, _ doc: String, _ range: ClosedRange<Int>) -> Int {
        optionalInt(name, doc, range, required: true) ?? range.lowerBound
    }

    public func optionalInt(_ name: String, _ doc: String, _ range: ClosedRange<Int>, required: Bool = false) -> Int? {
        field(name, doc, .integer(minimum: range.lowerBound, maximum: range.upperBound), required: required,
              expected: "must be a whole number from \(range.lowerBound) to \(range.upperBound)") { value in
            guard let number = value.int, range.contains(number) else { return nil }
            return number
        }
    }

    public func bool(_ name: String, _ doc: String, default fallback: Bool) -> Bool {
        field(name, doc, .boolean, required: false, expected: "must be true or false") { $0.bool } ?? fallback
    }

    /// Money, a price or a quantity: a number, or decimal text where a Double would not be exact.
    public func fixed(_ name: String, _ doc: String, above: FixedPoint? = nil, from: FixedPoint? = nil) -> FixedPoint {
        optionalFixed(name, doc, above: above, from: from, required: true) ?? .zero
    }

    public func optionalFixed(
        _ name: String, _ doc: String, above: FixedPoint? = nil, from: FixedPoint? = nil, required: Bool = false
    ) -> FixedPoint? {
        func schema() -> Schema {
            let number = Schema.number(minimum: (above ?? from)?.double, exclusiveMinimum: above != nil, maximum: nil)
            return .oneOf([number, .string(format: "decimal", allowed: nil)])
        }
        func expected() -> String {
            "must be a finite number (or decimal text)" + Self.bounds(above?.double, from?.double, nil) + ", at most 1e15 in size"
        }
        return field(name, doc, schema(), required: required, expected: expected()) { value in
            let parsed = value.double.flatMap { FixedPoint($0) } ?? value.string.flatMap { FixedPoint(text: $0) }
            guard let parsed, above.map({ parsed > $0 }) ?? true, from.map({ parsed >= $0 }) ?? true else { return nil }
            return parsed
        }
    }

    // MARK: Times

    public func time(_ name: String, _ doc: String) -> Timestamp {
        optionalTime(name, doc, required: true) ?? Timestamp(nanoseconds: 0)
    }

    /// ISO-8601 text or epoch milliseconds.
    public func optionalTime(_ name: String, _ doc: String, required: Bool = false) -> Timestamp? {
        field(name, doc, .oneOf([.string(format: "date-time", allowed: nil), .integer(minimum: nil, maximum: nil)]),
              required: required, expected: Self.timeExpected, Self.time)
    }

    static let timeExpected = "must be an ISO-8601 time or epoch milliseconds, within 1678 to 2261"

    static func time(_ value: JSONValue) -> Timestamp? {
        if let text = value.string { return Timestamp(iso8601: text) }
        guard let milliseconds = value.int, milliseconds.magnitude < 9_200_000_000_000 else { return nil }
        return Timestamp(milliseconds: Int64(milliseconds))
    }
}
