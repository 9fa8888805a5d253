import Bus
import EngineKit
import Market
import Runtime
import Store
import Wire

/// Splits that portfolios book: what deployments hold of the instrument is split with it.
extension StrategyEngine {
    private static let member = Array("\"split\"".utf8)

    /// What is told of a position; only what bears a split is read.
    func takePosition(_ message: Message) async throws {
        guard Self.bearsSplit(message.data) else { return }
        guard let update = try JSONParser().withDocument(message.data, { PositionUpdate(json: $0) }) else {
            throw Unreadable(message)
        }
        guard let split = update.split else { return }
        // Stopped ones hold their position too.
        for id in deploymentOrder {
            guard let deployment = deployments[id], deployment.portfolioID == update.portfolioID,
                  deployment.runner.definition.symbol == update.symbol else { continue }
            try await locks.with(id) { try await take(split, id, message) }
        }
    }

    private static func bearsSplit(_ data: [UInt8]) -> Bool {
        guard data.count > member.count else { return false }
        return (0...(data.count - member.count)).contains { start in
            data[start] == member[0] && data[start..<(start + member.count)].elementsEqual(member)
        }
    }

    /// Each message is taken once, also by deployments that hold nothing then: their stream may come by it yet.
    private func take(_ split: ShareSplit, _ id: String, _ message: Message) async throws {
        let key = hexadecimal(message.id.value)
        guard var deployment = deployments[id], deployment.splits.insert(key).inserted else { return }
        deployment.runner.take(split)
        try await context.commit([deployment.upsert, SplitRecords.insert(split, key, takenBy: id)])
        deployments[id] = deployment
        publishStatus(deployment, context.clock.now, message)
    }
}

/// Rows of the splits that deployments have taken.
enum SplitRecords {
    static let migration = Migration(version: 8, name: "splits of deployments", statements: [
        "ALTER TABLE deployments ADD COLUMN entered BIGINT",
        "ALTER TABLE deployments ADD COLUMN adjusted BIGINT",
        """
        CREATE TABLE splits (
            deployment_id TEXT NOT NULL, message TEXT NOT NULL, ratio TEXT NOT NULL, time BIGINT NOT NULL,
            PRIMARY KEY (deployment_id, message))
        """,
    ])

    static func insert(_ split: ShareSplit, _ message: String, takenBy deployment: String) -> Statement {
        Statement(
            """
            INSERT INTO splits (deployment_id, message, ratio, time) VALUES ($1, $2, $3, $4)
            ON CONFLICT (deployment_id, message) DO NOTHING
            """,
            [.text(deployment), .text(message), .text(split.ratio.description), .integer(split.time.nanoseconds)])
    }

    /// Of each deployment, by time.
    static func taken(
        _ records: any RecordStore
    ) async throws(StoreError) -> [String: [(message: String, split: ShareSplit)]] {
        var taken: [String: [(message: String, split: ShareSplit)]] = [:]
        for row in try await records.query(
            Statement("SELECT deployment_id, message, ratio, time FROM splits ORDER BY time, message")).records {
            guard let ratio = FixedPoint(text: try row.value(2, as: String.self)) else {
                throw StoreError(.corrupted, "a split of a deployment cannot be read")
            }
            let split = ShareSplit(ratio: ratio, time: Timestamp(nanoseconds: try row.value(3)))
            taken[try row.value(0, as: String.self), default: []].append((try row.value(1), split))
        }
        return taken
    }
}
