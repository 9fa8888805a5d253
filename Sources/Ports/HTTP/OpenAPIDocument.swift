import Wire

/// The OpenAPI 3.0.3 document of a set of routes.
public enum OpenAPIDocument {
    /// One engine's routes under a tag.
    public struct Section: Sendable {
        public let tag: String
        public let routes: [RouteDeclaration]
        public init(tag: String, routes: [RouteDeclaration]) {
            self.tag = tag
            self.routes = routes
        }
    }

    /// The document's bytes. Of two routes with one method and path the first counts.
    public static func render(title: String, version: String, description: String, _ sections: [Section]) -> [UInt8] {
        var json = JSONWriter(capacity: 65_536)
        json.beginObject()
        json.key("openapi")
        json.string("3.0.3")
        json.key("info")
        json.beginObject()
        json.key("title")
        json.string(title)
        json.key("version")
        json.string(version)
        json.key("description")
        json.string(description)
        json.key("license")
        json.beginObject()
        json.key("name")
        json.string("MIT")
        json.endObject()
        json.endObject()
        json.key("paths")
        json.beginObject()
        for (path, operations) in grouped(sections) {
            json.key(path)
            json.beginObject()
            for (tag, route) in operations {
                json.key(route.method.rawValue.lowercased())
                writeOperation(tag, route, &json)
            }
            json.endObject()
        }
        json.endObject()
        writeComponents(&json)
        // One or none: whether a key is asked for is the address's affair.
        json.key("security")
        json.raw(Array(#"[{},{"apiKey":[]}]"#.utf8))
        json.endObject()
        return json.bytes
    }

    private static func grouped(_ sections: [Section]) -> [(String, [(String, RouteDeclaration)])] {
        var order: [String] = [], byPath: [String: [(String, RouteDeclaration)]] = [:]
        for section in sections {
            for route in section.routes {
                let path = route.path.replacing("*}", with: "}")
                if byPath[path] == nil { order.append(path) }
                if byPath[path]?.contains(where: { $0.1.method == route.method }) ?? false { continue }
                byPath[path, default: []].append((section.tag, route))
            }
        }
        return order.map { ($0, byPath[$0] ?? []) }
    }

    private static func writeOperation(_ tag: String, _ route: RouteDeclaration, _ json: inout JSONWriter) {
        json.beginObject()
        json.key("tags")
        json.beginArray()
        json.string(tag)
        json.endArray()
        json.key("operationId")
        json.string(operationID(tag, route))
        json.key("summary")
        json.string(route.summary)
        if let missing = route.missing {
            json.key("description")
            json.string("Answers 501 for now: \(missing)")
            json.key("x-nautilus-status")
            json.string("not-implemented")
        }
        if !route.parameters.isEmpty { writeParameters(route, &json) }
        if route.request != nil || !route.requestTypes.isEmpty && route.requestExample != nil {
            writeRequest(route, &json)
        } else if [.post, .put, .patch].contains(route.method) {
            json.key("requestBody")
            json.raw(Array(emptyBody.utf8))
        }
        json.key("responses")
        writeResponses(route, &json)
        json.endObject()
    }

    /// For routes that take no body, or do not yet: an object that is not looked at.
    private static let emptyBody =
        #"{"required":false,"content":{"application/json":{"schema":{"type":"object"},"example":{}}}}"#

    private static func operationID(_ tag: String, _ route: RouteDeclaration) -> String {
        let words = route.path.split { !($0.isLetter || $0.isNumber) }.joined(separator: "_")
        return "\(tag)_\(route.method.rawValue.lowercased())_\(words)"
    }

    private static func writeParameters(_ route: RouteDeclaration, _ json: inout JSONWriter) {
        json.key("parameters")
        json.beginArray()
        for parameter in route.parameters {
            json.beginObject()
            json.key("name")
            json.string(parameter.name)
            json.key("in")
            json.string(parameter.place)
            json.key("required")
            json.bool(parameter.required)
            json.key("description")
            json.string(parameter.doc)
            json.key("schema")
            parameter.schema.write(&json)
            if let example = ParameterExamples.example(of: parameter, in: route.path) {
                json.key("example")
                json.raw(example)
            }
            json.endObject()
        }
        json.endArray()
    }

    private static func writeRequest(_ route: RouteDeclaration, _ json: inout JSONWriter) {
        json.key("requestBody")
        json.beginObject()
        json.key("required")
        json.bool(true)
        json.key("content")
        json.beginObject()
        for type in route.requestTypes {
            json.key(type)
            json.beginObject()
            json.key("schema")
            let isBody = type == "application/json"
            (isBody ? route.request ?? .any : .string(format: nil, allowed: nil)).write(&json, closed: route.isStrict)
            if type == "application/json" {
                json.key("example")
                let isJSON = route.requestExample?.utf8.first.map { $0 == 123 || $0 == 91 } ?? false
                json.raw(Array((isJSON ? route.requestExample ?? "{}" : "{}").utf8))
            } else if let example = route.requestExample {
                json.key("example")
                json.string(example)
            }
            json.endObject()
        }
        json.endObject()
        json.endObject()
    }

    private static func writeResponses(_ route: RouteDeclaration, _ json: inout JSONWriter) {
        json.beginObject()
        if route.missing == nil {
            json.key("\(route.status)")
            json.beginObject()
            json.key("description")
            json.string(route.summary)
            if route.status != 204 {
                json.key("content")
                json.beginObject()
                for type in route.produces { writeContent(type, route, &json) }
                json.endObject()
            }
            json.endObject()
        }
        var seen: Set<Int> = [route.missing == nil ? route.status : 0]
        // 400: a request that is not HTTP, or has a broken percent escape.
        for status in (route.errors + [400]).sorted() where seen.insert(status).inserted {
            json.key("\(status)")
            json.beginObject()
            json.key("description")
            json.string(Problem.title(of: status))
            json.key("content")
            json.beginObject()
            json.key("application/problem+json")
            json.beginObject()
            json.key("schema")
            json.beginObject()
            json.key("$ref")
            json.string("#/components/schemas/Problem")
            json.endObject()
            json.endObject()
            json.endObject()
            json.endObject()
        }
        json.endObject()
    }

    private static func writeContent(_ type: String, _ route: RouteDeclaration, _ json: inout JSONWriter) {
        json.key(type)
        json.beginObject()
        json.key("schema")
        if type == "application/json", let example = route.responseExample {
            (ExampleAnswer.schema(example) ?? .any).write(&json)
            json.key("example")
            json.raw(Array(ExampleAnswer.shown(example).utf8))
        } else if type == "application/json" {
            Schema.object([], additional: nil).write(&json)
        } else {
            Schema.string(format: nil, allowed: nil).write(&json)
        }
        json.endObject()
    }

    private static func writeComponents(_ json: inout JSONWriter) {
        json.key("components")
        json.beginObject()
        json.key("schemas")
        json.beginObject()
        json.key("Problem")
        let text = Schema.string(format: nil, allowed: nil)
        let error = Schema.object([
            .init(name: "pointer", schema: text, required: true, doc: "JSON pointer into the body, or ?name in the query."),
            .init(name: "message", schema: text, required: true, doc: "What is wrong with it."),
        ], additional: nil)
        Schema.object([
            .init(name: "type", schema: text, required: true, doc: "A URI of the kind of problem."),
            .init(name: "title", schema: text, required: true, doc: "The status's phrase."),
            .init(name: "status", schema: .integer(minimum: 400, maximum: 599), required: true, doc: "The HTTP status."),
            .init(name: "detail", schema: text, required: true, doc: "What went wrong, for people."),
            .init(name: "instance", schema: text, required: true, doc: "The path asked for."),
            .init(name: "errors", schema: .array(error), required: false, doc: "Every wrong field."),
        ], additional: nil).write(&json, doc: "RFC 9457 problem details.")
        json.endObject()
        json.key("securitySchemes")
        json.beginObject()
        json.key("apiKey")
        json.raw(Array(#"{"type":"apiKey","in":"header","name":"X-API-Key"}"#.utf8))
        json.endObject()
        json.endObject()
    }
}
