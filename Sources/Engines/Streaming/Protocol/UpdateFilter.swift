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

    /// The most conditions of one filter.
    static let limit = 20
    private var conditions: [(path: [String], condition: Condition)] = []

    var isEmpty: Bool { conditions.isEmpty }

    /// Nil where the shape is wrong.
    init?(_ json: JSONValue) {
        guard json.kind == .object, json.count <= Self.limit else { return nil }
        var isGood = true
        var found: [(path: [String], condition: Condition)] = []
        json.forEachMember { name, wanted in
            guard let condition = Self.condition(wanted) else {
                isGood = false
                return
            }
            found.append((name.split(separator: ".").map(String.init), condition))
        }
        if !isGood { return nil }
        conditions = found
    }

    private static func condition(_ json: JSONValue) -> Condition? {
        switch json.kind {
        case .array:
            var wanted: [Scalar] = [], isGood = true
            json.forEachElement { element in
                if let scalar = Scalar(element) { wanted.append(scalar) } else { isGood = false }
            }
            return isGood ? .any(wanted) : nil
        case .object:
            let low = json.member("min"), high = json.member("max")
            guard low != nil || high != nil, low?.double != nil || low == nil,
                high?.double != nil || high == nil else { return nil }
            return .range(low?.double ?? -.infinity, high?.double ?? .infinity)
        default: return Scalar(json).map { .any([$0]) }
        }
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
