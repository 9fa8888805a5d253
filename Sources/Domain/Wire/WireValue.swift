import Market

/// A domain value with one JSON form: on the bus, on sockets and in answers alike.
public protocol WireValue: Sendable {
    /// Nil where a member is missing or has the wrong type.
    init?(json: JSONValue)
    func write(to json: inout JSONWriter)
}

extension WireValue {
    /// The value as JSON bytes.
    public var jsonBytes: [UInt8] {
        var json = JSONWriter()
        write(to: &json)
        return json.bytes
    }
}

extension JSONValue {
    func text(_ name: String) -> String? { member(name)?.string }
    func number(_ name: String) -> Double { member(name)?.double ?? .nan }
    func symbol(_ name: String) -> Symbol? { text(name).flatMap { Symbol($0) } }
    func time(_ name: String) -> Timestamp? { text(name).flatMap { Timestamp(iso8601: $0) } }

    /// A decimal: text, so that no digit is lost; a number is taken too. Sums that engines tell may be above what a
    /// caller may send.
    func fixed(_ name: String) -> FixedPoint? {
        guard let value = member(name) else { return nil }
        return value.string.flatMap { FixedPoint(text: $0, limit: .furthest) } ?? value.double.flatMap { FixedPoint($0) }
    }
}

extension JSONWriter {
    mutating func member(_ name: String, _ value: String) {
        key(name)
        string(value)
    }

    mutating func member(_ name: String, _ value: Double) {
        key(name)
        double(value)
    }

    mutating func member(_ name: String, _ value: Timestamp) {
        key(name)
        time(value)
    }

    /// Decimals between engines travel as text: exact in every language.
    mutating func member(_ name: String, _ value: FixedPoint) {
        key(name)
        string(value.description)
    }
}
