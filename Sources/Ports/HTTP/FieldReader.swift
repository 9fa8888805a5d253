import Wire

/// A request body, or an object inside one, declared once.
///
/// `read` names each field with its type, bounds and words. Run on a body it decodes and collects every error; run on
/// nothing it describes itself, which is where the OpenAPI schema comes from. When anything was wrong the returned
/// value holds placeholders and is thrown away, so `read` never needs to stop early.
public protocol RequestBody: Sendable {
    static func read(_ fields: FieldReader) -> Self
}

/// Reads the members of one JSON object; see `RequestBody`.
public final class FieldReader {
    /// What is shared by the readers of one body.
    final class Context {
        var errors: [FieldError] = []
        var path: [String] = []
        let describing: Bool
        /// Whether members that nobody reads are refused, and null where it is no value.
        let isStrict: Bool
        /// Errors beyond this many are counted and not collected: the caller has enough to mend.
        static let errorLimit = 100
        private(set) var uncollected = 0

        init(describing: Bool, isStrict: Bool = false) {
            self.describing = describing
            self.isStrict = isStrict
        }

        func report(_ message: String, at names: [String] = []) {
            if describing { return }
            if errors.count >= Self.errorLimit {
                uncollected += 1
                return
            }
            errors.append(FieldError(pointer: Self.pointer(path + names), message: message))
        }

        private static func pointer(_ parts: [String]) -> String {
            parts.map { "/" + escape($0) }.joined()
        }

        private static func escape(_ part: String) -> String {
            guard part.contains("~") || part.contains("/") else { return part }
            return part.map { $0 == "~" ? "~0" : $0 == "/" ? "~1" : String($0) }.joined()
        }
    }

    let context: Context
    private let object: JSONValue?
    private(set) var properties: [Schema.Property] = []
    private var isStrict: Bool
    /// Where the schema is made: members that may be there, whether they are declared or not.
    private var mentioned: [String] = []
    /// Of a strict reader: members that were asked for, and those of them that may be null.
    private var known: [String] = [], nullable: [String] = []

    init(context: Context, object: JSONValue?) {
        self.context = context
        self.object = object
        isStrict = context.isStrict && object != nil
        if let object { refuseDuplicates(object) }
    }

    private func refuseDuplicates(_ object: JSONValue) {
        for name in object.repeatedMembers() { context.report("appears twice", at: [name]) }
    }

    /// Whether the body has the field, and not as null.
    public func has(_ name: String) -> Bool {
        note(name)
        guard let value = object?.member(name) else { return false }
        return !value.isNull
    }

    /// Whether a field is there and is an array of nothing.
    public func isEmptyArray(_ name: String) -> Bool {
        note(name)
        return object?.member(name).map { $0.kind == .array && $0.count == 0 } ?? false
    }

    /// Reports a rule over several fields.
    public func require(_ holds: Bool, _ name: String, _ message: String) {
        if !holds { context.report(message, at: name.isEmpty ? [] : [name]) }
    }

    /// Reports a column that is not as long as the array of times beside it. One that is no array has its own errors.
    public func requireAsLong(_ column: [Double], as times: String, at path: String...) {
        guard let given = object?.member(times), given.kind == .array, given.count != column.count else { return }
        context.report("has \(column.count) values for \(given.count) times", at: path)
    }

    /// Reports a rule at a place inside a field, for example `["symbols", "3"]`.
    public func refuse(at path: [String], _ message: String) { context.report(message, at: path) }

    /// Reads this object strictly, whatever the body around it: members that are none of these are refused, as a
    /// misspelt one would be passed over, and so is null. For files that people write by hand.
    public func refuseOthers(than names: String...) {
        isStrict = object != nil
        known += names
        mentioned += names
    }

    /// The names of all members, in the order written; none where the schema is made.
    public var memberNames: [String] {
        var names: [String] = []
        object?.forEachMember { name, _ in names.append(name) }
        return names
    }

    /// Members that may be sent and decide nothing here.
    public func passOver(_ names: String...) {
        if isStrict { known += names }
        mentioned += names
    }

    /// A member that may be null, which is the same as to leave it out.
    public func allowNull(_ name: String) {
        if isStrict { nullable.append(name) }
    }

    private func note(_ name: String) {
        if isStrict { known.append(name) }
        if context.describing { mentioned.append(name) }
    }

    /// Ends the reading of a strict object: what `type` does not declare is refused, as a misspelt member decides scope
    /// or money by not being there; so is null, which is what a caller's missing number is written as.
    func finish<T: RequestBody>(_ type: T.Type) {
        guard isStrict, let object else { return }
        var others: [(name: String, isNull: Bool)] = []
        object.forEachMember { name, value in
            if value.isNull || !known.contains(name) { others.append((name, value.isNull)) }
        }
        if others.isEmpty { return }
        // Some are read only where others ask for them.
        let declared = Self.names(of: type)
        for (name, isNull) in others {
            if !known.contains(name) && !declared.contains(name) {
                context.report("is not a member here; there are \(declared.joined(separator: ", "))", at: [name])
            } else if isNull && !nullable.contains(name) {
                context.report("is null: leave it out, or give a value", at: [name])
            }
        }
    }

    private static func names<T: RequestBody>(of type: T.Type) -> [String] {
        let reader = FieldReader(context: Context(describing: true), object: nil)
        _ = T.read(reader)
        return reader.properties.map(\.name)
    }

    /// Whether this is a run for the schema, with no body behind it.
    public var isDescribing: Bool { context.describing }

    // MARK: Building blocks

    /// `schema` is made only when somebody wants to see it.
    func declare(_ name: String, _ schema: @autoclosure () -> Schema, required: Bool, _ doc: String) {
        if context.describing {
            properties.append(Schema.Property(name: name, schema: schema(), required: required, doc: doc))
        }
    }

    /// The field's value; reports a required one that is not there. Null counts as absent; `finish` may refuse it.
    func value(_ name: String, required: Bool) -> JSONValue? {
        note(name)
        let value = object?.member(name)
        if let value, !value.isNull { return value }
        let isRefused = isStrict && value != nil && !nullable.contains(name)
        if required && !isRefused { context.report("is required", at: [name]) }
        return nil
    }

    /// One field: declared, found, converted. `convert` returns nil and a message for a bad value.
    func field<T>(
        _ name: String, _ doc: String, _ schema: @autoclosure () -> Schema, required: Bool,
        expected: @autoclosure () -> String, _ convert: (JSONValue) -> T?
    ) -> T? {
        declare(name, schema(), required: required, doc)
        guard let value = value(name, required: required) else { return nil }
        if let converted = convert(value) { return converted }
        context.report(expected(), at: [name])
        return nil
    }

    func nested<T>(_ name: String, _ body: () -> T) -> T {
        context.path.append(name)
        defer { context.path.removeLast() }
        return body()
    }

    /// The schema of a body type.
    static func schema<T: RequestBody>(of type: T.Type) -> Schema {
        let reader = FieldReader(context: Context(describing: true), object: nil)
        _ = T.read(reader)
        let names = Set(reader.properties.map(\.name))
        // What may be there and is not declared would be refused by who goes by the schema.
        let isWhole = reader.mentioned.allSatisfy { names.contains($0) }
        return isWhole ? .members(reader.properties) : .object(reader.properties, additional: nil)
    }

    /// Decodes a whole body, or throws every error at once.
    static func decode<T: RequestBody>(
        _ type: T.Type, from root: JSONValue, strictly: Bool = false
    ) throws(Problem) -> T {
        guard root.kind == .object else {
            throw Problem(422, "the body must be a JSON object", errors: [FieldError(pointer: "", message: "must be an object")])
        }
        let context = Context(describing: false, isStrict: strictly)
        let reader = FieldReader(context: context, object: root)
        let value = T.read(reader)
        reader.finish(type)
        if !context.errors.isEmpty { throw Problem.invalid(context.errors, untold: context.uncollected) }
        return value
    }
}
