import Wire

/// A JSON answer, whole, for tests.
enum JSONTree: Equatable {
    case object([String: JSONTree]), array([JSONTree]), string(String), number(Double), bool(Bool), null

    init(_ bytes: [UInt8]) throws { self = try JSONParser().withDocument(bytes) { JSONTree($0) } }

    init(_ value: JSONValue) {
        switch value.kind {
        case .object:
            var members: [String: JSONTree] = [:]
            value.forEachMember { members[$0] = JSONTree($1) }
            self = .object(members)
        case .array:
            var elements: [JSONTree] = []
            value.forEachElement { elements.append(JSONTree($0)) }
            self = .array(elements)
        case .string: self = .string(value.string ?? "")
        case .number: self = .number(value.double ?? .nan)
        case .bool: self = .bool(value.bool ?? false)
        case .null: self = .null
        }
    }

    /// A member, or nil where there is none.
    subscript(name: String) -> JSONTree? { if case .object(let members) = self { members[name] } else { nil } }
    /// An element, or nil where there is none.
    subscript(index: Int) -> JSONTree? { elements.indices.contains(index) ? elements[index] : nil }

    var elements: [JSONTree] { if case .array(let elements) = self { elements } else { [] } }
    var keys: [String] { if case .object(let members) = self { members.keys.sorted() } else { [] } }
    var text: String? { if case .string(let text) = self { text } else { nil } }
    var double: Double? { if case .number(let number) = self { number } else { nil } }
    var int: Int? { double.flatMap { Int(exactly: $0) } }
    /// Numbers of an array, NaN for null.
    var doubles: [Double] { elements.map { $0.double ?? .nan } }
    /// Pointers of a problem's errors.
    var pointers: [String] { (self["errors"]?.elements ?? []).compactMap { $0["pointer"]?.text } }
    /// Messages of a problem's errors.
    var messages: [String] { (self["errors"]?.elements ?? []).compactMap { $0["message"]?.text } }
}

extension JSONTree {
    /// Written again.
    var json: String {
        var json = JSONWriter()
        write(to: &json)
        return String(decoding: json.bytes, as: UTF8.self)
    }

    private func write(to json: inout JSONWriter) {
        switch self {
        case .object(let members):
            json.beginObject()
            for (name, member) in members.sorted(by: { $0.key < $1.key }) {
                json.key(name)
                member.write(to: &json)
            }
            json.endObject()
        case .array(let elements):
            json.beginArray()
            for element in elements { element.write(to: &json) }
            json.endArray()
        case .string(let text): json.string(text)
        case .number(let number): json.double(number)
        case .bool(let bool): json.bool(bool)
        case .null: json.null()
        }
    }
}
