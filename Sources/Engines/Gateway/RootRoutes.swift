import Bus
import EngineKit
import HTTP
import Runtime
import Wire

extension GatewayEngine {
    private static let rootAnswer = """
        {"name":"Nautilus","version":"0.1.0","engines":[{"name":"risk","url":"http://127.0.0.1:8200","enabled":true}],\
        "links":{"docs":"/docs","redoc":"/redoc","openapi":"/api/v1/openapi.json","health":"/health",\
        "status":"/api/v1/status","websocket":"ws://127.0.0.1:8600/ws"}}
        """

    private static let statusAnswer = """
        {"api_version":"v1","version":"0.1.0","status":"healthy","engines":[{"name":"risk","enabled":true,\
        "status":"healthy","port":8200,"routes":31,"not_implemented":14}],"features":{"login":false,"api_keys":false,\
        "bus":"memory","records":"sqlite","documentation":true},"routes":{"total":268,"not_implemented":139}}
        """

    var rootRoutes: [Route] {
        [
            .document("/", "What this is, its services and where to go on.", answer: Self.rootAnswer) {
                [unowned self] _ in Response.json { writeRoot(&$0) }
            },
            .document("/api/v1/status", "The version, and which services and features are switched on.",
                      answer: Self.statusAnswer) { [unowned self] _ in Response.json { writeStatus(&$0) } },
        ]
    }

    private func writeRoot(_ json: inout JSONWriter) {
        let configuration = context.configuration
        json.object { json in
            json.field("name", "Nautilus")
            json.field("version", Version.text)
            json.array("engines", EngineName.engines) { json, name in
                json.object { json in
                    json.field("name", name.rawValue)
                    json.field("url", "http://\(configuration.host(of: name)):\(configuration.port(of: name))")
                    json.field("enabled", configuration.engines.contains(name))
                }
            }
            json.object("links") { json in
                json.field("docs", "/docs")
                json.field("redoc", "/redoc")
                json.field("openapi", "/api/v1/openapi.json")
                json.field("health", "/health")
                json.field("metrics", "/metrics")
                json.field("status", "/api/v1/status")
                json.field("system_health", "/api/v1/system/health")
                json.field("websocket",
                           "ws://\(configuration.host(of: .websocket)):\(configuration.port(of: .websocket))/ws")
            }
        }
    }

    private func writeStatus(_ json: inout JSONWriter) {
        let configuration = context.configuration
        json.object { json in
            json.field("api_version", "v1")
            json.field("version", Version.text)
            json.field("status", board.status)
            json.array("engines", EngineName.engines) { json, name in
                let enabled = configuration.engines.contains(name)
                json.object { json in
                    json.field("name", name.rawValue)
                    json.field("enabled", enabled)
                    json.field("status", enabled ? board[name]?.status ?? "unreachable" : "off")
                    json.field("port", configuration.port(of: name))
                    json.field("routes", counts.byEngine[name]?.total ?? 0)
                    json.field("not_implemented", counts.byEngine[name]?.missing ?? 0)
                }
            }
            json.object("features") { json in
                json.field("login", false)
                json.field("api_keys", configuration.requiresKey)
                json.field("bus", context.bus.health.transport)
                json.field("records", configuration.text("DATABASE_URL").isEmpty ? "sqlite" : "postgresql")
                json.field("documentation", context.assets(Pages.swaggerScript) != nil)
            }
            json.object("routes") { json in
                json.field("total", counts.total)
                json.field("not_implemented", counts.missing)
            }
        }
    }
}
