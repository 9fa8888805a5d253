import Runtime
public import Wire

/// What a handler answers with.
public protocol ResponseBody: Sendable {
    /// The HTTP status, 200 unless said.
    var status: Int { get }
    /// Further header fields.
    var headers: Headers { get }
    /// Writes one JSON value.
    func write(to json: inout JSONWriter)
    /// The same as bytes, where it is written already.
    var written: [UInt8]? { get }
    /// The same as rows, for bulk answers that are also served as CSV and Arrow.
    var table: Table? { get }
}

extension ResponseBody {
    public var status: Int { 200 }
    public var headers: Headers { Headers() }
    public var written: [UInt8]? { nil }
    public var table: Table? { nil }
}

/// A JSON value written by a closure, where a type of its own would say nothing more.
public struct JSONBody: ResponseBody {
    public let status: Int
    public let headers: Headers
    private let bytes: [UInt8]

    public init(status: Int = 200, headers: Headers = Headers(), _ write: (inout JSONWriter) -> Void) {
        self.status = status
        self.headers = headers
        var json = JSONWriter()
        write(&json)
        bytes = json.bytes
    }

    /// Bytes that are one JSON value already.
    public init(status: Int = 200, bytes: [UInt8]) {
        self.status = status
        headers = Headers()
        self.bytes = bytes
    }

    public func write(to json: inout JSONWriter) { json.raw(bytes) }
    public var written: [UInt8]? { bytes }
}

/// What the OpenAPI document and the gateway know of a route.
public struct RouteDeclaration: Sendable {
    public let method: Method
    /// With parameters in braces: `/risk/check/{portfolio_id}`.
    public let path: String
    public let summary: String
    /// What is missing, for a route that answers 501.
    public let missing: String?
    /// Whether its answer depends on the request and on stored bars alone and nothing is changed by it: then any
    /// instance of the engine may be asked, and asked again.
    public private(set) var isCalculation = false
    /// Whether it is carried out while the records are away; it looks to keys that come with it itself.
    public fileprivate(set) var worksWithoutRecords = false
    /// Whether what nobody reads of its body is refused.
    fileprivate(set) var isStrict = true
    let parameters: [ParameterDeclaration]
    let request: Schema?
    let requestExample: String?
    let requestTypes: [String]
    let responseExample: String?
    let status: Int
    let errors: [Int]
    let produces: [String]

    /// The same as a calculation.
    func asCalculation(_ isCalculation: Bool = true) -> RouteDeclaration {
        var copy = self
        copy.isCalculation = isCalculation
        return copy
    }
}

/// A route: its declaration and its work.
public struct Route: Sendable {
    /// Takes a request and the values of the path's parameters; throws what the application turns into a problem.
    public typealias Handler =
        @Sendable @LoopActor (_ request: Request, _ path: [(name: String, value: String)]) throws -> Work<Response>

    public let declaration: RouteDeclaration
    public let handler: Handler
    /// The same over a body of which not everything has to be read; nil where that is no question.
    private let tolerantHandler: Handler?

    init(declaration: RouteDeclaration, handler: @escaping Handler, tolerantHandler: Handler? = nil) {
        self.declaration = declaration
        self.handler = handler
        self.tolerantHandler = tolerantHandler
    }

    /// A JSON route. Its body is read strictly (`FieldReader.finish`), unless the route is `tolerant`. `example` is a request body that works, `answer` an example of what comes back; both are shown in
    /// the OpenAPI document, and the answer's schema is inferred from it.
    public static func json<P: RequestParameters, B: RequestBody, R: ResponseBody>(
        _ method: Method, _ path: String, _ summary: String, example: String? = nil, answer: String, status: Int = 200,
        errors: [Int] = [], tabular: Bool = false,
        _ work: @escaping @Sendable @LoopActor (P, B, Request) async throws -> R
    ) -> Route {
        calculated(method, path, summary, example: example, answer: answer, status: status, errors: errors,
                   tabular: tabular) { (parameters: P, body: B, request) in
            .later { try await work(parameters, body, request) }
        }
    }

    /// A JSON route whose answer may be there at once: a request that never waits needs no task of its own.
    public static func calculated<P: RequestParameters, B: RequestBody, R: ResponseBody>(
        _ method: Method, _ path: String, _ summary: String, example: String? = nil, answer: String, status: Int = 200,
        errors: [Int] = [], tabular: Bool = false,
        _ work: @escaping @Sendable @LoopActor (P, B, Request) throws -> Work<R>
    ) -> Route {
        let hasBody = B.self != NoBody.self
        let described = ParameterReader(path: [], query: [], describing: true)
        _ = P.read(described)
        let declaration = RouteDeclaration(
            method: method, path: path, summary: summary, missing: nil, parameters: described.declarations,
            request: hasBody ? FieldReader.schema(of: B.self) : nil, requestExample: example.map(ExampleAnswer.shown),
            requestTypes: ["application/json"], responseExample: answer, status: status,
            errors: errors + (hasBody ? [400, 415, 422] : []) + (described.declarations.isEmpty ? [] : [422]),
            produces: ["application/json"] + (tabular ? Table.mediaTypes : []))
        func handler(strictly: Bool) -> Handler {
            { request, path in
                let parameters = try Self.parameters(P.self, request, path)
                let body = hasBody ? try Self.body(B.self, request, strictly: strictly) : try Self.noBody(B.self)
                switch try work(parameters, body, request) {
                case .done(let result): return .done(Self.render(result, request))
                case .later(let rest): return .later { Self.render(try await rest(), request) }
                }
            }
        }
        return Route(declaration: declaration, handler: handler(strictly: true),
                     tolerantHandler: handler(strictly: false))
    }

    /// A route over raw requests, for bodies that are not JSON; `types` are the content types it takes.
    public static func raw<P: RequestParameters>(
        _ method: Method, _ path: String, _ summary: String, types: [String] = [],
        example: String? = nil, answer: String? = nil, status: Int = 200, errors: [Int] = [], produces: [String] = ["application/json"],
        _ work: @escaping @Sendable @LoopActor (P, Request) async throws -> Response
    ) -> Route {
        let described = ParameterReader(path: [], query: [], describing: true)
        _ = P.read(described)
        let declaration = RouteDeclaration(
            method: method, path: path, summary: summary, missing: nil, parameters: described.declarations,
            request: types.isEmpty ? nil : .any, requestExample: example.map(ExampleAnswer.shown),
            requestTypes: types, responseExample: answer, status: status, errors: errors, produces: produces)
        return Route(declaration: declaration) { request, path in
            let parameters = try Self.parameters(P.self, request, path)
            return .later { try await work(parameters, request) }
        }
    }

    /// A GET that never suspends and takes no parameters: health, metrics, documents.
    public static func document(
        _ path: String, _ summary: String, answer: String? = nil, errors: [Int] = [],
        produces: [String] = ["application/json"], _ work: @escaping @Sendable @LoopActor (Request) throws -> Response
    ) -> Route {
        let declaration = RouteDeclaration(
            method: .get, path: path, summary: summary, missing: nil, parameters: [], request: nil,
            requestExample: nil, requestTypes: [], responseExample: answer, status: 200, errors: errors,
            produces: produces)
        return Route(declaration: declaration, handler: { request, _ in .done(try work(request)) })
    }

    /// A route whose work comes later: 501 with what is missing.
    public static func later(_ method: Method, _ path: String, _ summary: String, missing: String) -> Route {
        let names = path.split(separator: "/").filter { $0.first == "{" }.map { String($0.dropFirst().dropLast()) }
        let declaration = RouteDeclaration(
            method: method, path: path, summary: summary, missing: missing,
            parameters: names.map {
                ParameterDeclaration(name: $0, place: "path", required: true,
                                     schema: .string(format: nil, allowed: nil), doc: "")
            },
            request: nil, requestExample: nil, requestTypes: [], responseExample: nil, status: 501, errors: [501],
            produces: ["application/problem+json"])
        return Route(declaration: declaration, handler: { _, _ in throw Problem.notImplemented(missing: missing) })
    }

    /// The same route: `before` may refuse the request by throwing, `translating` may make another error of what its
    /// work throws.
    public func guarded(
        _ before: @escaping @Sendable @LoopActor () throws -> Void,
        translating: @escaping @Sendable (any Error) -> any Error
    ) -> Route {
        let handler = handler
        return Route(declaration: declaration) { request, path in
            try before()
            do {
                switch try handler(request, path) {
                case .done(let response): return .done(response)
                case .later(let rest):
                    return .later { do { return try await rest() } catch { throw translating(error) } }
                }
            } catch {
                throw translating(error)
            }
        }
    }

    /// The same route with something around its work, where the request asks for it. The work runs in a task then, also
    /// where it would not wait.
    public func wrapped(
        where asks: @escaping @Sendable @LoopActor (Request) -> Bool = { _ in true },
        _ around: @escaping @Sendable @LoopActor (
            Request, @escaping @Sendable @LoopActor () async throws -> Response
        ) async throws -> Response
    ) -> Route {
        let handler = handler
        return Route(declaration: declaration) { request, path in
            guard asks(request) else { return try handler(request, path) }
            return .later {
                try await around(request) {
                    switch try handler(request, path) {
                    case .done(let response): response
                    case .later(let rest): try await rest()
                    }
                }
            }
        }
    }

    /// The same work at another path.
    public func alias(_ path: String, method: Method? = nil, summary: String? = nil) -> Route {
        let old = declaration
        let declaration = RouteDeclaration(
            method: method ?? old.method, path: path, summary: summary ?? old.summary, missing: old.missing,
            parameters: old.parameters, request: old.request, requestExample: old.requestExample,
            requestTypes: old.requestTypes, responseExample: old.responseExample, status: old.status,
            errors: old.errors, produces: old.produces)
        var copy = declaration.asCalculation(old.isCalculation)
        copy.worksWithoutRecords = old.worksWithoutRecords
        copy.isStrict = old.isStrict
        return Route(declaration: copy, handler: handler, tolerantHandler: tolerantHandler)
    }

    /// The same route, marked as one that only calculates; it is tolerant.
    public var calculation: Route {
        let tolerant = tolerant
        return Route(declaration: tolerant.declaration.asCalculation(), handler: tolerant.handler)
    }

    /// The same route, marked as one that must not wait for the records: what stops orders.
    public var withoutRecords: Route {
        var copy = declaration
        copy.worksWithoutRecords = true
        return Route(declaration: copy, handler: handler, tolerantHandler: tolerantHandler)
    }

    /// The same route for a body of which not everything has to be read, and in which null counts as left out: for
    /// questions, which change nothing.
    public var tolerant: Route {
        var copy = declaration
        copy.isStrict = false
        return Route(declaration: copy, handler: tolerantHandler ?? handler)
    }
}
