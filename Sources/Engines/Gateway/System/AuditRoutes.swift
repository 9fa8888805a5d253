import EngineKit
import HTTP
import Market
import Runtime
import Wire

/// The trail of the whole platform: each engine keeps its own rows, in the transactions of its changes.
extension GatewayEngine {
    private static let audited: [EngineName] = [.strategy, .risk, .portfolio, .marketdata]
    private static let auditNanoseconds: Int64 = 5_000_000_000

    /// Rows of several engines, whether some have more, and who told nothing.
    private struct Trails {
        var events: [AuditEvent] = [], hasMore = false, missing: [String] = []
    }

    var auditRoute: Route {
        .json(.get, "/api/v1/audit", "Who changed what in which engine, newest first; engines that did not answer are named.",
              answer: AuditEvent.exampleList, errors: [503]) { [unowned self] (query: AuditQuery, _: NoBody, request) in
            var trails = await others(request)
            let own = try await AuditEvent.page(query, context)
            trails.events += own.items
            trails.hasMore = trails.hasMore || own.next != nil
            let newest = trails.events.sorted { ($0.time.nanoseconds, $0.id) > ($1.time.nanoseconds, $1.id) }
            let page = AuditEvent.cut(newest, to: query.page.limit, hasMore: trails.hasMore)
            return JSONBody { [missing = trails.missing] json in
                AuditEvent.write(page.items, next: page.next, missing: missing, to: &json)
            }
        }
    }

    /// The page that each engine has for a query: the page of all is among them.
    private func others(_ request: Request) async -> Trails {
        var trails = Trails()
        let tasks = Self.audited.filter(context.configuration.engines.contains).map { engine in
            spawn { [self] in
                guard let page = await trail(of: engine, request) else { return trails.missing.append(engine.rawValue) }
                trails.events += page.events
                trails.hasMore = trails.hasMore || page.hasMore
            }
        }
        for task in tasks { await task.value }
        trails.missing.sort()
        return trails
    }

    private func trail(of engine: EngineName, _ request: Request) async -> (events: [AuditEvent], hasMore: Bool)? {
        let asked = Request(method: .get, path: "/audit", query: request.query, headers: request.headers)
        guard let response = try? await context.peers.send(
            asked, to: engine, deadlineNanoseconds: Self.auditNanoseconds), response.status == 200 else { return nil }
        var events: [AuditEvent] = [], hasMore = false
        try? JSONParser().withDocument(response.body) { json in
            json.member("items")?.forEachElement { if let event = AuditEvent(json: $0) { events.append(event) } }
            hasMore = json.member("next_cursor")?.string != nil
        }
        return (events, hasMore)
    }
}
