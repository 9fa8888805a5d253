import Wire

/// One wrong field of a request.
public struct FieldError: Equatable, Sendable {
    /// JSON pointer into the body, or `?name` for a query parameter.
    public let pointer: String
    public let message: String
    public init(pointer: String, message: String) {
        self.pointer = pointer
        self.message = message
    }
}

/// A refusal as RFC 9457 has it; thrown by handlers, written by the application.
public struct Problem: Error, Sendable {
    public var status: Int
    public var title: String
    public var detail: String
    public var errors: [FieldError]
    /// Extra members of the document, each one JSON value.
    public var extra: [(name: String, json: [UInt8])]
    public var headers: Headers

    public init(
        _ status: Int, _ detail: String, errors: [FieldError] = [], extra: [(name: String, json: [UInt8])] = [],
        headers: Headers = Headers()
    ) {
        self.status = status
        self.title = Self.title(of: status)
        self.detail = detail
        self.errors = errors
        self.extra = extra
        self.headers = headers
    }

    public static func notFound(_ detail: String) -> Problem { Problem(404, detail) }
    public static func conflict(_ detail: String) -> Problem { Problem(409, detail) }

    /// 422 for one field that is well-formed and wrong.
    public static func invalid(_ pointer: String, _ message: String) -> Problem {
        Problem(422, "\(pointer): \(message)", errors: [FieldError(pointer: pointer, message: message)])
    }

    /// 422 with every wrong field; of so many that they are not listed, `untold` says how many there are beside.
    public static func invalid(_ errors: [FieldError], untold: Int = 0) -> Problem {
        let first = errors.first.map { "\($0.pointer): \($0.message)" } ?? "the request is not valid"
        let more = errors.count - 1 + untold
        let listed = untold > 0 ? "; the first \(errors.count) are listed" : ""
        return Problem(422, more > 0 ? "\(first) (and \(more) more\(listed))" : first, errors: errors)
    }

    /// 503 that names the part that is not there.
    public static func unavailable(_ part: String, _ detail: String) -> Problem {
        Problem(503, "\(part): \(detail)", extra: [("component", quoted(part))], headers: ["Retry-After": "1"])
    }

    /// 502 or 504 that names the service that gave no answer.
    public static func unanswered(_ status: Int, _ part: String, _ detail: String) -> Problem {
        Problem(status, "\(part): \(detail)", extra: [("component", quoted(part))])
    }

    /// 501 for a route whose work comes later.
    public static func notImplemented(missing: String) -> Problem {
        Problem(501, missing, extra: [("missing", quoted(missing))])
    }

    private static func quoted(_ text: String) -> [UInt8] {
        var out: [UInt8] = []
        JSONWriter.appendQuoted(text, to: &out)
        return out
    }

    /// The `application/problem+json` answer.
    public func response(instance: String) -> Response {
        var json = JSONWriter()
        json.beginObject()
        json.key("type")
        json.string("about:blank")
        json.key("title")
        json.string(title)
        json.key("status")
        json.int(status)
        json.key("detail")
        json.string(detail)
        json.key("instance")
        json.string(instance)
        if !errors.isEmpty {
            json.key("errors")
            json.beginArray()
            for error in errors {
                json.beginObject()
                json.key("pointer")
                json.string(error.pointer)
                json.key("message")
                json.string(error.message)
                json.endObject()
            }
            json.endArray()
        }
        for member in extra {
            json.key(member.name)
            json.raw(member.json)
        }
        json.endObject()
        return Response(status: status, contentType: "application/problem+json", headers: headers, body: json.bytes)
    }

    /// The registered phrase of a status.
    public static func title(of status: Int) -> String {
        switch status {
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 408: "Request Timeout"
        case 409: "Conflict"
        case 413: "Content Too Large"
        case 414: "URI Too Long"
        case 415: "Unsupported Media Type"
        case 417: "Expectation Failed"
        case 422: "Unprocessable Content"
        case 426: "Upgrade Required"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        case 505: "HTTP Version Not Supported"
        default: "Error"
        }
    }
}

extension Headers: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (String, String)...) {
        self.init()
        for (name, value) in elements { add(name, value) }
    }
}
