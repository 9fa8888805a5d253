import Wire

/// An example of an answer, which its schema is read from. A member may be null where its name is written with a question
/// mark (`"since?"`), where an element of an example array shows it as null beside others, and where it is a number: one
/// that is not finite is null on the way out, everywhere.
enum ExampleAnswer {
    /// The example as people see it, without the marks.
    static func shown(_ text: String) -> String { text.replacing("?\":", with: "\":") }

    /// The shape of answers like it; nil where it is not JSON.
    static func schema(_ text: String) -> Schema? {
        try? JSONParser().withDocument(Array(text.utf8)) { infer($0) }
    }

    private static func infer(_ value: JSONValue) -> Schema {
        switch value.kind {
        case .string: return .string(format: nil, allowed: nil)
        case .number: return .nullable(.number(minimum: nil, exclusiveMinimum: false, maximum: nil))
        case .bool: return .boolean
        case .null: return .nullable(.any)
        case .array:
            var element: Schema?
            value.forEachElement { each in
                let schema = infer(each)
                element = element.map { merge($0, schema) } ?? schema
            }
            return .array(element ?? .any)
        case .object:
            var properties: [Schema.Property] = []
            value.forEachMember { name, member in
                properties.append(property(name, infer(member)))
            }
            return .object(properties, additional: nil)
        }
    }

    private static func property(_ marked: String, _ schema: Schema) -> Schema.Property {
        let mayBeNull = marked.hasSuffix("?"), name = mayBeNull ? String(marked.dropLast()) : marked
        // The last page of every list has none.
        if name == "next_cursor" {
            return .init(name: name, schema: .nullable(.string(format: nil, allowed: nil)), required: false, doc: "")
        }
        return .init(name: name, schema: mayBeNull ? nullable(schema) : schema, required: false, doc: "")
    }

    private static func nullable(_ schema: Schema) -> Schema {
        if case .nullable = schema { schema } else { .nullable(schema) }
    }

    /// What both shapes are cases of.
    private static func merge(_ a: Schema, _ b: Schema) -> Schema {
        switch (a, b) {
        case (.nullable(.any), _): nullable(b)
        case (_, .nullable(.any)): nullable(a)
        case (.nullable(let x), .nullable(let y)): nullable(merge(x, y))
        case (.nullable(let x), _): nullable(merge(x, b))
        case (_, .nullable(let y)): nullable(merge(a, y))
        case (.string, .string), (.number, .number), (.boolean, .boolean): a
        case (.array(.any), .array): b
        case (.array, .array(.any)): a
        case (.array(let x), .array(let y)): .array(merge(x, y))
        case (.object(let x, _), .object(let y, _)): .object(merge(x, y), additional: nil)
        default: .any
        }
    }

    private static func merge(_ a: [Schema.Property], _ b: [Schema.Property]) -> [Schema.Property] {
        let both = a.map { property in
            guard let other = b.first(where: { $0.name == property.name }) else { return property }
            return Schema.Property(
                name: property.name, schema: merge(property.schema, other.schema), required: false, doc: "")
        }
        return both + b.filter { property in !a.contains { $0.name == property.name } }
    }
}
