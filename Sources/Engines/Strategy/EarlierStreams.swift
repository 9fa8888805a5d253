import EngineKit
import Market
import Store
import Wire

/// Streams of bars that a deployment has left. What a crash left unacknowledged comes once more, and by then the
/// deployment may follow another replay: such bars would pass for a new stream and trade again.
struct EarlierStreams: Sendable, Equatable {
    /// Streams that are kept, of which a crash can leave bars of the last seconds only.
    static let kept = 64

    private struct Stream: Equatable {
        /// The replay; nil for live bars.
        let replay: String?
        /// The newest of its bars that was taken.
        let last: Timestamp
    }

    private var streams: [Stream] = []

    /// Whether a bar was taken while its stream was followed.
    func hold(_ bar: Bar) -> Bool { streams.contains { $0.replay == bar.replay && bar.time <= $0.last } }

    /// A stream is followed instead of one whose newest bar is told, where it had any.
    mutating func leave(_ replay: String?, last: Timestamp?, for next: String?) {
        streams.removeAll { $0.replay == replay || $0.replay == next }
        if let last { streams.append(Stream(replay: replay, last: last)) }
        if streams.count > Self.kept { streams.removeFirst() }
    }

    // MARK: Rows

    static let migration = Migration(version: 10, name: "streams of deployments", statements: [
        "CREATE TABLE streams (deployment_id TEXT PRIMARY KEY, earlier BYTEA NOT NULL)",
    ])

    func upsert(of deployment: String) -> Statement {
        var json = JSONWriter()
        json.beginArray()
        for stream in streams {
            json.object { json in
                if let replay = stream.replay { json.field("replay", replay) }
                json.field("last", stream.last)
            }
        }
        json.endArray()
        return Statement(
            """
            INSERT INTO streams (deployment_id, earlier) VALUES ($1, $2)
            ON CONFLICT (deployment_id) DO UPDATE SET earlier = excluded.earlier
            """, [.text(deployment), .blob(json.bytes)])
    }

    /// Of each deployment.
    static func stored(_ records: any RecordStore) async throws -> [String: EarlierStreams] {
        var all: [String: EarlierStreams] = [:]
        for row in try await records.query(Statement("SELECT deployment_id, earlier FROM streams")).records {
            var found = EarlierStreams()
            try JSONParser().withDocument(try row.value(1, as: [UInt8].self)) { json in
                json.forEachElement { item in
                    guard let last = item.member("last")?.string.flatMap({ Timestamp(iso8601: $0) }) else { return }
                    found.streams.append(Stream(replay: item.member("replay")?.string, last: last))
                }
            }
            all[try row.value(0)] = found
        }
        return all
    }
}
