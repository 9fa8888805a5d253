import HTTP
import Wire

/// Which updates of a topic a subscriber wants, by members of their data.
///
/// `{"symbol":"AAPL"}` is equality, `{"symbol":["AAPL","MSFT"]}` any of several, `{"close":{"min":100,"max":200}}` a
/// range; all conditions hold at once. A dot in a name goes into an object: `check.type`.
struct UpdateFilter: Equatable {
    private enum Scalar: Equatable {
        case text(String), number(Double), bool(Bool)

        init?(_ json: JSONValue) {
            switch json.kind {
            case .string: self = .text(json.string ?? "")
            case .number: self = .number(json.double ?? .nan)
            case .bool: self = .bool(json.bool ?? false)
            default: return nil
            }
        }
    }

    private enum Condition: Equatable {
        case any([Scalar])
        case range(Double, Double)

        func holds(_ value: JSONValue) -> Bool {
            switch self {
            case .any(let wanted): return Scalar(value).map(wanted.contains) ?? false
            case .range(let low, let high): return value.double.map { $0 >= low && $0 <= high } ?? false
            }
        }
    }

    /// What is wrong with a filter, by pointers into it.
    struct Faults: Error, Equatable {
        private(set) var list: [FieldError] = []

        init() {}
        init(_ pointer: String, _ message: String) { add(pointer, message) }

        mutating func add(_ pointer: String, _ message: String) {
            // An answer names a hundred.
            if list.count <= 100 { list.append(FieldError(pointer: pointer, message: message)) }
        }

        /// With pointers from where the filter was given.
        func under(_ pointer: String) -> [FieldError] {
            list.map { FieldError(pointer: pointer + $0.pointer, message: $0.message) }
        }
    }

    /// The most conditions of one filter.
    static let limit = 20
    private var conditions: [(path: [String], condition: Condition)] = []

    var isEmpty: Bool { conditions.isEmpty }

    private init(_ conditions: [(path: [String], condition: Condition)]) { self.conditions = conditions }

    /// The filter, or everything that is wrong with it.
    static func read(_ json: JSONValue) -> Result<UpdateFilter, Faults> {
        guard json.kind == .object, json.count <= limit else {
            return .failure(Faults("", "must be an object of at most \(limit) members of the data"))
        }
        var found: [(path: [String], condition: Condition)] = [], faults = Faults()
        json.forEachMember { name, wanted in
            guard let condition = condition(wanted, "/" + pointer(name), &faults) else { return }
            found.append((name.split(separator: ".").map(String.init), condition))
        }
        return faults.list.isEmpty ? .success(UpdateFilter(found)) : .failure(faults)
    }

    /// A name as a part of a JSON pointer.
    private static func pointer(_ name: String) -> String {
        name.prefix(50).map { $0 == "~" ? "~0" : $0 == "/" ? "~1" : String($0) }.joined()
    }

    private static func condition(_ json: JSONValue, _ place: String, _ faults: inout Faults) -> Condition? {
        switch json.kind {
        case .array:
            var wanted: [Scalar] = []
            json.forEachElement { element in if let scalar = Scalar(element) { wanted.append(scalar) } }
            if wanted.count == json.count && !wanted.isEmpty { return .any(wanted) }
            faults.add(place, "must have one element at least, each a string, a number, true or false")
        case .object: return range(json, place, &faults)
        default:
            if let scalar = Scalar(json) { return .any([scalar]) }
            faults.add(place, "must be a value, an array of values or {\"min\",\"max\"}")
        }
        return nil
    }

    /// All members are looked at: a bound that is misspelt would let through what it was to keep back.
    private static func range(_ json: JSONValue, _ place: String, _ faults: inout Faults) -> Condition? {
        let before = faults.list.count
        var low: Double?, high: Double?
        json.forEachMember { name, bound in
            switch (name, bound.double) {
            case ("min", let value?): low = value
            case ("max", let value?): high = value
            case ("min", nil), ("max", nil): faults.add("\(place)/\(name)", "must be a number")
            default: faults.add("\(place)/\(pointer(name))", "is not a member here; there are min, max")
            }
        }
        if faults.list.count > before { return nil }
        if low == nil && high == nil { faults.add(place, "must have min, max or both") }
        if let low, let high, low > high { faults.add(place, "has a min above its max") }
        return faults.list.count > before ? nil : .range(low ?? -.infinity, high ?? .infinity)
    }

    /// Whether an update's data satisfies every condition.
    func matches(_ data: JSONValue) -> Bool {
        conditions.allSatisfy { path, condition in
            var value: JSONValue? = data
            for name in path { value = value?.member(name) }
            return value.map(condition.holds) ?? false
        }
    }

    static func == (a: UpdateFilter, b: UpdateFilter) -> Bool {
        a.conditions.count == b.conditions.count
            && zip(a.conditions, b.conditions).allSatisfy { $0.path == $1.path && $0.condition == $1.condition }
    }
}
