public import Market
import Wire

/// The path and query parameters of a route, declared once; the same double run as `RequestBody`.
public protocol RequestParameters: Sendable {
    static func read(_ parameters: ParameterReader) -> Self
}

/// For routes without parameters.
public struct NoParameters: RequestParameters {
    public init() {}
    public static func read(_ parameters: ParameterReader) -> NoParameters { NoParameters() }
}

/// For routes without a body.
public struct NoBody: RequestBody {
    public init() {}
    public static func read(_ fields: FieldReader) -> NoBody { NoBody() }
}

/// The page a list is asked for.
public struct PageParameters: RequestParameters {
    /// The most items, 1–1000.
    public let limit: Int
    /// Where the last page ended.
    public let cursor: String?

    public static func read(_ parameters: ParameterReader) -> PageParameters {
        PageParameters(limit: parameters.int("limit", "The most items.", 1...1000, default: 100),
                       cursor: parameters.optionalText("cursor", "`next_cursor` of the page before."))
    }
}

/// A parameter of the OpenAPI document.
struct ParameterDeclaration: Sendable {
    let name: String, place: String, required: Bool, schema: Schema, doc: String
}

/// Reads path and query parameters and collects what is wrong with them.
public final class ParameterReader {
    private let path: [(name: String, value: String)]
    private let query: [(name: String, value: String)]
    private let describing: Bool
    private(set) var errors: [FieldError] = []
    private(set) var declarations: [ParameterDeclaration] = []

    init(path: [(name: String, value: String)], query: [(name: String, value: String)], describing: Bool = false) {
        self.path = path
        self.query = query
        self.describing = describing
    }

    /// A segment of the path, 1–200 characters.
    public func path(_ name: String, _ doc: String) -> String {
        declare(name, "path", true, .string(format: nil, allowed: nil, length: 1...200), doc)
        let text = path.first { $0.name == name }?.value ?? ""
        if !describing, !(1...200).contains(text.utf8.count) { report(name, "must be 1 to 200 characters") }
        return text
    }

    /// What is left of the path, slashes included; may be empty.
    public func rest(_ name: String, _ doc: String) -> String {
        declare(name, "path", true, .string(format: nil, allowed: nil), doc)
        return path.first { $0.name == name }?.value ?? ""
    }

    /// A symbol in the path.
    public func pathSymbol(_ name: String, _ doc: String) -> Symbol {
        declare(name, "path", true, .symbol, doc)
        let text = path.first { $0.name == name }?.value ?? ""
        return Symbol(text) ?? fail(name, "must be a symbol: 1 to 32 of A-Z a-z 0-9 . _ : / -", Symbol("PLACEHOLDER")!)
    }

    public func optionalText(_ name: String, _ doc: String, required: Bool = false) -> String? {
        declare(name, "query", required, .string(format: nil, allowed: nil), doc)
        return raw(name, required)
    }

    public func text(_ name: String, _ doc: String) -> String { optionalText(name, doc, required: true) ?? "" }

    public func symbol(_ name: String, _ doc: String) -> Symbol {
        optionalSymbol(name, doc, required: true) ?? Symbol("PLACEHOLDER")!
    }

    public func optionalSymbol(_ name: String, _ doc: String, required: Bool = false) -> Symbol? {
        declare(name, "query", required, .symbol, doc)
        guard let text = raw(name, required) else { return nil }
        return Symbol(text) ?? fail(name, "must be a symbol: 1 to 32 of A-Z a-z 0-9 . _ : / -", nil)
    }

    public func choice<E: RawRepresentable & CaseIterable>(
        _ name: String, _ doc: String, _ type: E.Type, default fallback: E? = nil
    ) -> E? where E.RawValue == String {
        let allowed = E.allCases.map(\.rawValue)
        declare(name, "query", false, .string(format: nil, allowed: allowed), doc)
        guard let text = raw(name, false) else { return fallback }
        return E(rawValue: text) ?? fail(name, "must be one of " + allowed.joined(separator: ", "), fallback)
    }

    public func int(_ name: String, _ doc: String, _ range: ClosedRange<Int>, default fallback: Int) -> Int {
        declare(name, "query", false, .integer(minimum: range.lowerBound, maximum: range.upperBound), doc)
        guard let text = raw(name, false) else { return fallback }
        if let value = Int(text), range.contains(value) { return value }
        return fail(name, "must be a whole number from \(range.lowerBound) to \(range.upperBound)", fallback)
    }

    public func number(_ name: String, _ doc: String, _ range: ClosedRange<Double>, default fallback: Double) -> Double {
        declare(name, "query", false,
                .number(minimum: range.lowerBound, exclusiveMinimum: false, maximum: range.upperBound), doc)
        guard let text = raw(name, false) else { return fallback }
        if let value = Double(text), range.contains(value) { return value }
        return fail(name, "must be a number from \(range.lowerBound) to \(range.upperBound)", fallback)
    }

    public func bool(_ name: String, _ doc: String, default fallback: Bool) -> Bool {
        declare(name, "query", false, .boolean, doc)
        switch raw(name, false) {
        case nil: return fallback
        case "true", "1": return true
        case "false", "0": return false
        default: return fail(name, "must be true or false", fallback)
        }
    }

    /// ISO-8601 text or epoch milliseconds.
    public func optionalTime(_ name: String, _ doc: String) -> Timestamp? {
        declare(name, "query", false, .string(format: "date-time", allowed: nil), doc)
        guard let text = raw(name, false) else { return nil }
        if let milliseconds = Int64(text), milliseconds.magnitude < 9_200_000_000_000, text.count != 4 {
            return Timestamp(milliseconds: milliseconds)
        }
        return Timestamp(iso8601: text) ?? fail(name, FieldReader.timeExpected, nil)
    }

    /// Reports a rule over several parameters.
    public func require(_ holds: Bool, _ name: String, _ message: String) { if !holds { report(name, message) } }

    private func raw(_ name: String, _ required: Bool) -> String? {
        if let found = query.first(where: { $0.name == name }) { return found.value }
        if required { report(name, "is required") }
        return nil
    }

    private func fail<T>(_ name: String, _ message: String, _ value: T) -> T {
        report(name, message)
        return value
    }

    private func report(_ name: String, _ message: String) {
        if !describing { errors.append(FieldError(pointer: "?\(name)", message: message)) }
    }

    private func declare(_ name: String, _ place: String, _ required: Bool, _ schema: Schema, _ doc: String) {
        if describing {
            declarations.append(.init(name: name, place: place, required: required, schema: schema, doc: doc))
        }
    }
}
