import EngineKit
public import HTTP
import Store
import Wire

extension StrategyEngine {
    public var routes: [Route] { audit.audited(ownRoutes, Self.actions) }

    private nonisolated static let actions: [AuditedAction] = [
        AuditedAction("order.place", .post, "/orders"), AuditedAction("order.cancel", .delete, "/orders/{order_id}"),
        AuditedAction("strategy.version", .post, "/api/v1/strategies/versions/{strategy_id}"),
        AuditedAction("strategy.version", .post, "/api/v1/sprint3/strategy/versions"),
        AuditedAction("strategy.deploy", .post, "/api/v1/strategies/deploy"),
        AuditedAction("strategy.deploy", .post, "/api/v1/sprint3/strategy/deploy"),
        AuditedAction("deployment.stop", .post, "/api/v1/strategies/deployments/{deployment_id}/stop"),
        AuditedAction("deployment.start", .post, "/api/v1/strategies/deployments/{deployment_id}/start"),
    ]

    private var ownRoutes: [Route] {
        [
            .document("/api/v1/strategies/health", "Strategies, deployments and orders under way.",
                      answer: #"{"status":"healthy","strategies":1,"deployments":1,"running":1,"open_orders":0}"#) {
                [unowned self] _ in
                Response.json { json in
                    json.beginObject()
                    json.key("status")
                    json.string(context.records.isAvailable ? "healthy" : "degraded")
                    for (name, count) in [
                        ("strategies", versions.count), ("deployments", deployments.count),
                        ("running", deployments.values.filter(\.isRunning).count), ("open_orders", openOrders.count),
                    ] {
                        json.key(name)
                        json.int(count)
                    }
                    json.endObject()
                }
            },
            .document("/api/v1/strategies/latencies",
                "The newest times from a market message's receipt to the approved order.",
                      answer: #"{"tick_to_order_micros":[412.5,398.1]}"#) { [unowned self] _ in
                Response.json { json in
                    json.beginObject()
                    json.key("tick_to_order_micros")
                    json.doubles(latencies.nanoseconds.map { Double($0) / 1000 })
                    json.endObject()
                }
            },
        ] + versionRoutes + deploymentRoutes + orderRoutes
    }
}
