import HTTP
import Runtime
import Store

/// Stored limits, read by the same declaration that reads a request's.
enum LimitRows {
    @LoopActor static func decode(_ rows: ResultSet) throws -> [Limit] {
        try rows.records.map { row in
            try decode(try row.value(0))
        }
    }

    @LoopActor static func decode(_ bytes: [UInt8]) throws -> Limit {
        try Route.body(Limit.self, Request(method: .post, path: "/", body: bytes))
    }
}
