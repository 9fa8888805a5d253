import EngineKit
import HTTP
import Runtime
import Telemetry
import Wire

extension GatewayEngine {
    private static let healthAnswer = """
        {"status":"healthy","components":[{"name":"risk","kind":"engine","status":"healthy","detail":"healthy",\
        "response_ms":0.4,"report":{"status":"healthy","engine":"risk"}}]}
        """

    private static let componentsAnswer = """
        {"status":"healthy","components":{"gateway":"healthy","risk":"healthy"},\
        "matrix":[{"component":"risk","engine":"healthy","records":"healthy","bus":"healthy"}]}
        """

    private static let metricsAnswer = """
        {"cpu":{"cores":2,"utilization":0.31,"process_utilization":0.04,"load_1m":0.5},\
        "memory":{"total_bytes":8589934592,"available_bytes":6442450944,"process_bytes":41943040},\
        "requests":{"forwarded":1200,"failed":0,"mean_ms":0.4},\
        "engines":[{"name":"risk","cpu_seconds":1.5,"memory_bytes":41943040,"requests":600,"mean_ms":0.2,\
        "failed_requests":0,"forwarded":600,"breaker":"closed"}]}
        """

    private static let coresAnswer = """
        {"cores":[{"core":0,"utilization":0.2,"kind":"unknown"}],"mean":0.2,"performance":null,"efficiency":null}
        """

    /// What is picked from each service's metrics.
    private static let wanted: Set<String> = [
        "process_cpu_seconds_total", "process_resident_memory_bytes", "nautilus_http_request_duration_seconds_sum",
        "nautilus_http_request_duration_seconds_count", "nautilus_http_failed_requests_total",
    ]

    var systemRoutes: [Route] {
        let health = Route.json(.get, "/api/v1/system/health", "Every component, asked now, with its own words.",
                                answer: Self.healthAnswer) { [unowned self] (_: NoParameters, _: NoBody, _) in
            await board.refresh()
            return JSONBody { json in
                json.object { json in
                    json.field("status", board.status)
                    board.write(&json, own: [])
                }
            }
        }
        let components = Route.json(.get, "/api/v1/sprint3/system/components", "Components by status.",
                                    answer: Self.componentsAnswer) { [unowned self] (_: NoParameters, _: NoBody, _) in
            await board.refresh()
            return JSONBody { writeComponents(&$0) }
        }
        let metrics = Route.json(.get, "/api/v1/system/metrics", "Processor, memory, requests and latencies of all services.",
                                 answer: Self.metricsAnswer) { [unowned self] (_: NoParameters, _: NoBody, _) in
            let texts = await scrape()
            return JSONBody { writeMetrics(&$0, texts) }
        }
        return [
            health, health.alias("/api/v1/sprint3/system/health"), metrics, metrics.alias("/api/v1/sprint3/system/metrics"),
            components, components.alias("/api/v1/system/components"), coresRoute,
        ]
    }

    private var coresRoute: Route {
        .document("/api/v1/optimization/core-utilization",
                  "How busy each core was over the last seconds. The kinds of cores are not known on this system.",
                  answer: Self.coresAnswer) { [unowned self] _ in
            Response.json { json in
                json.object { json in
                    json.array("cores", load.perCore.indices) { json, core in
                        json.object { json in
                            json.field("core", core)
                            json.field("utilization", load.perCore[core])
                            json.field("kind", "unknown")
                        }
                    }
                    json.field("mean", load.perCore.reduce(0, +) / Double(max(1, load.perCore.count)))
                    for kind in ["performance", "efficiency"] {
                        json.key(kind)
                        json.null()
                    }
                }
            }
        }
    }

    // MARK: Components

    private func writeComponents(_ json: inout JSONWriter) {
        let engines = context.configuration.engines
        json.object { json in
            json.field("status", board.status)
            json.object("components") { json in
                json.field("gateway", "healthy")
                for name in engines { json.field(name.rawValue, board[name]?.status ?? "unreachable") }
            }
            json.array("matrix", engines) { json, name in
                json.object { json in
                    json.field("component", name.rawValue)
                    for (part, status) in Self.parts(of: board[name]?.report ?? []) { json.field(part, status) }
                }
            }
        }
    }

    /// The checks that a service told of, by their names.
    private static func parts(of report: [UInt8]) -> [(String, String)] {
        var parts: [(String, String)] = []
        try? JSONParser().withDocument(report) { json in
            json.member("checks")?.forEachMember { name, check in
                parts.append((name, check.member("status")?.string ?? "unknown"))
            }
        }
        return parts
    }

    // MARK: Metrics

    private func scrape() async -> [EngineName: MetricsText] {
        var texts: [EngineName: MetricsText] = [:]
        let asked = context.configuration.engines.map { name in
            spawn { [self] in
                let response = try? await context.peers.send(
                    Request(method: .get, path: "/metrics"), to: name, deadlineNanoseconds: HealthBoard.deadlineNanoseconds)
                if let response, response.status == 200 { texts[name] = MetricsText(response.body, wanted: Self.wanted) }
            }
        }
        for task in asked { await task.value }
        return texts
    }

    private func writeMetrics(_ json: inout JSONWriter, _ texts: [EngineName: MetricsText]) {
        let engines = context.configuration.engines
        let figures = engines.map { forwarder.figures(of: $0) }
        let forwarded = figures.reduce(0) { $0 + $1.requests }, seconds = figures.reduce(0) { $0 + $1.seconds }
        let memory = HostMetrics.memory
        json.object { json in
            json.object("cpu") { json in
                json.field("cores", load.perCore.count)
                json.field("utilization", load.perCore.reduce(0, +) / Double(max(1, load.perCore.count)))
                json.field("process_utilization", load.process ?? 0)
                json.field("load_1m", HostMetrics.load)
            }
            json.object("memory") { json in
                json.field("total_bytes", memory.total)
                json.field("available_bytes", memory.available)
                json.field("process_bytes", ProcessMetrics.residentBytes)
            }
            json.object("requests") { json in
                json.field("forwarded", forwarded)
                json.field("failed", figures.reduce(0) { $0 + $1.failures })
                json.field("mean_ms", forwarded > 0 ? seconds / Double(forwarded) * 1000 : 0)
            }
            json.array("engines", zip(engines, figures)) { json, pair in
                json.object { json in
                    json.field("name", pair.0.rawValue)
                    if let text = texts[pair.0] { Self.write(text, &json) }
                    json.field("forwarded", pair.1.requests)
                    json.field("breaker", Self.name(of: pair.1.state))
                }
            }
        }
    }

    private static func write(_ text: MetricsText, _ json: inout JSONWriter) {
        let count = text["nautilus_http_request_duration_seconds_count"] ?? 0
        let seconds = text["nautilus_http_request_duration_seconds_sum"] ?? 0
        json.field("cpu_seconds", text["process_cpu_seconds_total"] ?? 0)
        json.field("memory_bytes", Int(text["process_resident_memory_bytes"] ?? 0))
        json.field("requests", Int(count))
        json.field("mean_ms", count > 0 ? seconds / count * 1000 : 0)
        json.field("failed_requests", Int(text["nautilus_http_failed_requests_total"] ?? 0))
    }

    private static func name(of state: CircuitBreaker.State) -> String {
        switch state {
        case .closed: "closed"
        case .halfOpen: "half_open"
        case .open: "open"
        }
    }
}
