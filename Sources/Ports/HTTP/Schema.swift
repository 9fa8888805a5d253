import Wire

/// The shape of a JSON value, as OpenAPI 3.0 describes it.
public indirect enum Schema: Sendable {
    case string(format: String?, allowed: [String]?)
    case number(minimum: Double?, exclusiveMinimum: Bool, maximum: Double?)
    case integer(minimum: Int?, maximum: Int?)
    case boolean
    case array(Schema)
    case object([Property], additional: Schema?)
    /// Any of several shapes.
    case oneOf([Schema])
    case any
    /// The same or null.
    case nullable(Schema)

    /// A member of an object.
    public struct Property: Sendable {
        public let name: String
        public let schema: Schema
        public let required: Bool
        public let doc: String
    }

    /// Appends the schema as JSON.
    func write(_ json: inout JSONWriter, doc: String? = nil) {
        json.beginObject()
        if let doc, !doc.isEmpty {
            json.key("description")
            json.string(doc)
        }
        writeMembers(&json)
        json.endObject()
    }

    private func writeMembers(_ json: inout JSONWriter) {
        switch self {
        case .string(let format, let allowed): writeString(&json, format, allowed)
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
            element.write(&json)
        case .object(let properties, let additional): writeObject(&json, properties, additional)
        case .oneOf(let options):
            json.key("oneOf")
            json.beginArray()
            for option in options { option.write(&json) }
            json.endArray()
        case .any: break
        case .nullable(let schema):
            schema.writeMembers(&json)
            json.key("nullable")
            json.bool(true)
        }
    }

    private func type(_ name: String, _ json: inout JSONWriter) {
        json.key("type")
        json.string(name)
    }

    private func writeString(_ json: inout JSONWriter, _ format: String?, _ allowed: [String]?) {
        type("string", &json)
        if let format { json.key("format"); json.string(format) }
        if let allowed {
            json.key("enum")
            json.beginArray()
            for value in allowed { json.string(value) }
            json.endArray()
        }
    }

    private func writeObject(_ json: inout JSONWriter, _ properties: [Property], _ additional: Schema?) {
        type("object", &json)
        if !properties.isEmpty {
            json.key("properties")
            json.beginObject()
            for property in properties {
                json.key(property.name)
                property.schema.write(&json, doc: property.doc)
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
            additional.write(&json)
        }
    }
}
