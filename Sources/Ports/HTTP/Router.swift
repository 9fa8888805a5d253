/// The routes of one path by their methods: so few that they are looked through.
struct MethodRoutes: Sendable, Equatable, ExpressibleByDictionaryLiteral {
    private struct Entry: Equatable {
        let method: Method, index: Int
    }

    private var entries: [Entry] = []

    init(dictionaryLiteral elements: (Method, Int)...) { entries = elements.map { Entry(method: $0, index: $1) } }

    var isEmpty: Bool { entries.isEmpty }
    var methods: [Method] { entries.map(\.method) }

    subscript(_ method: Method) -> Int? {
        get {
            for entry in entries where entry.method == method { return entry.index }
            return nil
        }
        set {
            entries.removeAll { $0.method == method }
            if let newValue { entries.append(Entry(method: method, index: newValue)) }
        }
    }
}

/// Finds the route of a method and path. Literal segments win over parameters; a last segment `{name*}` takes the rest.
struct Router: Sendable {
    private typealias Entry = (segments: ArraySlice<String>, method: Method, index: Int)

    private final class Node: Sendable {
        let literals: [String: Node]
        let parameter: Node?
        let rest: MethodRoutes
        let routes: MethodRoutes

        init(_ entries: [Entry]) {
            var literals: [String: [Entry]] = [:], inner: [Entry] = []
            var rest: MethodRoutes = [:], routes: MethodRoutes = [:]
            for (segments, method, index) in entries {
                guard let head = segments.first else {
                    routes[method] = index
                    continue
                }
                if head.hasPrefix("{") && head.hasSuffix("*}") {
                    rest[method] = index
                } else if head.hasPrefix("{") {
                    inner.append((segments.dropFirst(), method, index))
                } else {
                    literals[head, default: []].append((segments.dropFirst(), method, index))
                }
            }
            self.literals = literals.mapValues { Node($0) }
            parameter = inner.isEmpty ? nil : Node(inner)
            self.rest = rest
            self.routes = routes
        }
    }

    /// What a path leads to: a route for each method, and the values of its parameters in their order.
    struct Match {
        let routes: MethodRoutes
        let values: [String]
    }

    private let root: Node
    /// Paths without parameters, found at once.
    private let exact: [String: MethodRoutes]
    /// The names of each route's parameters.
    private let names: [[String]]

    /// Of two routes with one method and shape of path the later counts. `index` tells the number a route is known by
    /// from its place.
    init(_ declarations: [RouteDeclaration], index: (Int) -> Int = { $0 }) {
        var exact: [String: MethodRoutes] = [:], entries: [Entry] = []
        var names: [[String]] = Array(repeating: [], count: declarations.count)
        for (place, declaration) in declarations.enumerated() {
            let segments = Self.segments(declaration.path), index = index(place)
            entries.append((segments[...], declaration.method, index))
            names[index] = segments.filter { $0.hasPrefix("{") }.map { $0.filter { !"{}*".contains($0) } }
            if !declaration.path.contains("{") { exact[declaration.path, default: [:]][declaration.method] = index }
        }
        root = Node(entries)
        self.exact = exact
        self.names = names
    }

    /// The routes at a path, by method; nil where there are none.
    func match(_ path: String) -> Match? {
        if let routes = exact[path] { return Match(routes: routes, values: []) }
        var values: [String] = []
        guard let routes = walk(root, Self.segments(path)[...], &values), !routes.isEmpty else { return nil }
        return Match(routes: routes, values: values)
    }

    /// The parameters of a route by their names.
    func parameters(_ index: Int, _ match: Match) -> [(name: String, value: String)] {
        match.values.isEmpty ? [] : Array(zip(names[index], match.values)).map { (name: $0, value: $1) }
    }

    private func walk(_ node: Node, _ segments: ArraySlice<String>, _ values: inout [String]) -> MethodRoutes? {
        guard let head = segments.first else { return node.routes.isEmpty ? nil : node.routes }
        if let next = node.literals[head], let found = walk(next, segments.dropFirst(), &values) { return found }
        // A parameter is something: `/portfolios/` names no portfolio.
        if !head.isEmpty, let next = node.parameter, let text = PercentCoding.decode(head, plusIsSpace: false) {
            values.append(text)
            if let found = walk(next, segments.dropFirst(), &values) { return found }
            values.removeLast()
        }
        if !node.rest.isEmpty, let text = PercentCoding.decode(segments.joined(separator: "/"), plusIsSpace: false) {
            values.append(text)
            return node.rest
        }
        return nil
    }

    private static func segments(_ path: String) -> [String] {
        path.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map(String.init)
    }
}
