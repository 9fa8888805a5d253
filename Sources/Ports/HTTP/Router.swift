/// Finds the route of a method and path. Literal segments win over parameters; a last segment `{name*}` takes the rest.
struct Router: Sendable {
    private final class Node: Sendable {
        let literals: [String: Node]
        let parameter: (name: String, node: Node)?
        let rest: (name: String, routes: [Method: Int])?
        let routes: [Method: Int]

        init(_ entries: [(segments: ArraySlice<String>, method: Method, index: Int)]) {
            var literals: [String: [(ArraySlice<String>, Method, Int)]] = [:]
            var inner: [(ArraySlice<String>, Method, Int)] = [], name = ""
            var rest: (name: String, routes: [Method: Int])?
            var routes: [Method: Int] = [:]
            for (segments, method, index) in entries {
                guard let head = segments.first else {
                    routes[method] = index
                    continue
                }
                if head.hasPrefix("{") && head.hasSuffix("*}") {
                    rest = (String(head.dropFirst().dropLast(2)), (rest?.routes ?? [:]).merging([method: index]) { $1 })
                } else if head.hasPrefix("{") {
                    name = String(head.dropFirst().dropLast())
                    inner.append((segments.dropFirst(), method, index))
                } else {
                    literals[head, default: []].append((segments.dropFirst(), method, index))
                }
            }
            self.literals = literals.mapValues { Node($0) }
            parameter = inner.isEmpty ? nil : (name, Node(inner))
            self.rest = rest
            self.routes = routes
        }
    }

    /// What a path leads to.
    struct Match {
        let routes: [Method: Int]
        let path: [(name: String, value: String)]
    }

    private let root: Node
    /// Paths without parameters, found at once.
    private let exact: [String: [Method: Int]]

    init(_ declarations: [RouteDeclaration]) {
        var exact: [String: [Method: Int]] = [:]
        var entries: [(segments: ArraySlice<String>, method: Method, index: Int)] = []
        for (index, declaration) in declarations.enumerated() {
            entries.append((Self.segments(declaration.path)[...], declaration.method, index))
            if !declaration.path.contains("{") { exact[declaration.path, default: [:]][declaration.method] = index }
        }
        root = Node(entries)
        self.exact = exact
    }

    /// The routes at a path, by method; nil where there are none.
    func match(_ path: String) -> Match? {
        if let routes = exact[path] { return Match(routes: routes, path: []) }
        var values: [(name: String, value: String)] = []
        guard let routes = walk(root, Self.segments(path)[...], &values), !routes.isEmpty else { return nil }
        return Match(routes: routes, path: values)
    }

    private func walk(
        _ node: Node, _ segments: ArraySlice<String>, _ values: inout [(name: String, value: String)]
    ) -> [Method: Int]? {
        guard let head = segments.first else { return node.routes.isEmpty ? nil : node.routes }
        if let next = node.literals[head], let found = walk(next, segments.dropFirst(), &values) { return found }
        if let (name, next) = node.parameter, let text = PercentCoding.decode(head, plusIsSpace: false) {
            values.append((name, text))
            if let found = walk(next, segments.dropFirst(), &values) { return found }
            values.removeLast()
        }
        if let rest = node.rest, let text = PercentCoding.decode(segments.joined(separator: "/"), plusIsSpace: false) {
            values.append((rest.name, text))
            return rest.routes
        }
        return nil
    }

    private static func segments(_ path: String) -> [String] {
        path.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map(String.init)
    }
}
