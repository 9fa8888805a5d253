import HTTP
import Runtime

/// How many routes there are, and how many of them answer 501 so far.
struct RouteCounts {
    private(set) var total = 0, missing = 0
    private(set) var byEngine: [EngineName: (total: Int, missing: Int)] = [:]

    init() {}

    init(_ sections: [(engine: EngineName, routes: [RouteDeclaration])]) {
        for (engine, routes) in sections {
            let later = routes.count { $0.missing != nil }
            byEngine[engine] = (routes.count, later)
            total += routes.count
            missing += later
        }
    }
}
