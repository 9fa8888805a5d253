import Runtime
import Wire

/// The loop's JSON parser: one document at a time, decoded before the next.
@LoopActor private let parser = JSONParser()

extension Route {
    static func parameters<P: RequestParameters>(
        _ type: P.Type, _ request: Request, _ path: [(name: String, value: String)]
    ) throws(Problem) -> P {
        guard let query = request.query.isEmpty ? [] : PercentCoding.query(request.query) else {
            throw Problem(400, "the query has a percent escape that is broken or stands for no text")
        }
        let reader = ParameterReader(path: path, query: query)
        let value = P.read(reader)
        if !reader.errors.isEmpty { throw Problem.invalid(reader.errors) }
        return value
    }

    /// Decodes a JSON body, or throws the problem to answer with; for raw routes that take JSON among others, and for
    /// bodies that were stored. Read strictly, it is one of a request that changes something: what is not read of it is
    /// refused.
    @LoopActor public static func body<B: RequestBody>(
        _ type: B.Type, _ request: Request, strictly: Bool = false
    ) throws -> B {
        if let content = request.headers["Content-Type"], !isJSON(content) {
            throw Problem(415, "the body must be application/json, not \(content)")
        }
        if request.body.isEmpty { throw Problem(400, "the body is empty; send a JSON object") }
        do {
            return try parser.withDocument(request.body) { root in try FieldReader.decode(type, from: root, strictly: strictly) }
        } catch let error as JSONError {
            if error.tooDeep { throw Problem(422, "the body is nested deeper than 64 levels") }
            throw Problem(400, "the body is not JSON: \(error.text)")
        }
    }

    /// The value of a body type that has no fields.
    static func noBody<B: RequestBody>(_ type: B.Type) throws(Problem) -> B {
        B.read(FieldReader(context: .init(describing: false), object: nil))
    }

    private static func isJSON(_ type: String) -> Bool {
        if type == "application/json" { return true }
        let name = type.prefix { $0 != ";" }.lowercased().trimmingBlanks
        return name == "application/json" || name.hasSuffix("+json")
    }

    /// The answer in the form the caller's `Accept` prefers.
    static func render(_ result: some ResponseBody, _ request: Request) -> Response {
        if let type = Table.mediaType(request), let table = result.table {
            return Response(
                status: result.status, contentType: type, headers: result.headers, body: table.bytes(as: type))
        }
        if let written = result.written {
            return Response(status: result.status, headers: result.headers, body: written)
        }
        var json = JSONWriter()
        result.write(to: &json)
        return Response(status: result.status, headers: result.headers, body: json.bytes)
    }
}
