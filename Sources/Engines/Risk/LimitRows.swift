import HTTP
import Runtime
import Store

/// Stored limits, read by the same declaration that reads a request's.
enum LimitRows {
    @LoopActor static func decode(_ rows: ResultSet) throws -> [Limit] {
        try rows.records.map { row in
            let bytes: [UInt8] = try row.value(0)
            return try Route.body(Limit.self, Request(method: .post, path: "/", body: bytes))
        }
    }
}
