import EngineKit
import HTTP
import Runtime
import Wire

extension RiskEngine {
    /// The newest place of the log's chain, to be noted elsewhere.
    var auditHeadRoute: Route {
        .json(
            .get, "/api/v1/risk/audit/head", "How many rows the hash-chained log has, and the hash of the last.",
            answer: """
                {"sequence":12,"hash":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}
                """, errors: [503]
        ) { [unowned self] (_: NoParameters, _: NoBody, _) in
            let head = try await AuditLog.head(context.records) ?? .none
            return JSONBody { json in
                json.object { json in
                    json.field("sequence", Int(head.sequence))
                    json.field("hash", head.hash)
                }
            }
        }
    }
}
