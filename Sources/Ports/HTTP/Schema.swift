import Wire

/// The shape of a JSON value, as OpenAPI 3.0 describes it.
public indirect enum Schema: Sendable {
    case string(format: String?, allowed: [String]?, length: ClosedRange<Int>? = nil)
    case number(minimum: Double?, exclusiveMinimum: Bool, maximum: Double?)
    case integer(minimum: Int?, maximum: Int?)
    case boolean
    case array(Schema)
    case object([Property], additional: Schema?)
    /// An object that has these members and, where its body is read strictly, no others.
    case members([Property])
    /// Any of several shapes.
    case oneOf([Schema])
    case any
    /// The same or null.
    case nullable(Schema)

    /// A symbol, as `Symbol` takes it.
    static let symbol = Schema.string(format: nil, allowed: nil, length: 1...32)

    /// A member of an object.
    public struct Property: Sendable {
        public let name: String
        public let schema: Schema
        public let required: Bool
        public let doc: String
    }

    /// Appends the schema as JSON; `closed` is one of a body that is read strictly.
    func write(_ json: inout JSONWriter, doc: String? = nil, closed: Bool = false) {
        json.beginObject()
        if let doc, !doc.isEmpty {
            json.key("description")
            json.string(doc)
        }
        writeMembers(&json, closed)
        json.endObject()
    }

    private func writeMembers(_ json: inout JSONWriter, _ closed: Bool) {
        switch self {
        case .string(let format, let allowed, let length): writeString(&json, format, allowed, length)
        case .number(let minimum, let exclusive, let maximum):
            type("number", &json)
            if let minimum { json.key("minimum"); json.double(minimum) }
            if minimum != nil, exclusive { json.key("exclusiveMinimum"); json.bool(true) }
            if let maximum { json.key("maximum"); json.double(maximum) }
        case .integer(let minimum, let maximum):
            type("integer", &json)
            if let minimum { json.key("minimum"); json.int(minimum) }
            if let maximum { json.key("maximum"); json.int(maximum) }
        case .boolean: type("boolean", &json)
        case .array(let element):
            type("array", &json)
            json.key("items")
            element.write(&json, closed: closed)
        case .object(let properties, let additional): writeObject(&json, properties, additional, closed)
        case .members(let properties):
            writeObject(&json, properties, nil, closed)
            if closed { json.key("additionalProperties"); json.bool(false) }
        case .oneOf(let options):
            json.key("oneOf")
            json.beginArray()
            for option in options { option.write(&json, closed: closed) }
            json.endArray()
        case .any: break
        case .nullable(let schema):
            schema.writeMembers(&json, closed)
            json.key("nullable")
            json.bool(true)
        }
    }

    private func type(_ name: String, _ json: inout JSONWriter) {
        json.key("type")
        json.string(name)
    }

    private func writeString(
        _ json: inout JSONWriter, _ format: String?, _ allowed: [String]?, _ length: ClosedRange<Int>?
    ) {
        type("string", &json)
        if let format { json.key("format"); json.string(format) }
        if let length {
            if length.lowerBound > 0 { json.key("minLength"); json.int(length.lowerBound) }
            json.key("maxLength")
            json.int(length.upperBound)
        }
        if let allowed {
            json.key("enum")
            json.beginArray()
            for value in allowed { json.string(value) }
            json.endArray()
        }
    }

    private func writeObject(
        _ json: inout JSONWriter, _ properties: [Property], _ additional: Schema?, _ closed: Bool
    ) {
        type("object", &json)
        if !properties.isEmpty {
            json.key("properties")
            json.beginObject()
            for property in properties {
                json.key(property.name)
                property.schema.write(&json, doc: property.doc, closed: closed)
            }
            json.endObject()
        }
        let required = properties.filter(\.required)
        if !required.isEmpty {
            json.key("required")
            json.beginArray()
            for property in required { json.string(property.name) }
            json.endArray()
        }
        if let additional {
            json.key("additionalProperties")
            additional.write(&json, closed: closed)
        }
    }
}
