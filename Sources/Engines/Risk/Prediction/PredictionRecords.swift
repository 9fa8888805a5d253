import Market
import Models
import Quant
import Store
import Wire

/// Rows of what limits used at each scheduled check, of fitted models, and of predictions that people were told of.
enum PredictionRecords {
    static let migration = Migration(version: 50, name: "breach prediction", statements: [
        """
        CREATE TABLE limit_samples (portfolio_id TEXT NOT NULL, limit_id TEXT NOT NULL, time BIGINT NOT NULL,
            utilization DOUBLE PRECISION NOT NULL, PRIMARY KEY (portfolio_id, limit_id, time))
        """,
        "CREATE INDEX limit_samples_by_time ON limit_samples (time)",
        """
        CREATE TABLE breach_models (version BIGINT PRIMARY KEY, fitted BIGINT NOT NULL, kind TEXT NOT NULL,
            logistic BYTEA NOT NULL, trees BYTEA, quality BYTEA NOT NULL, is_shown BIGINT NOT NULL)
        """,
        """
        CREATE TABLE predicted_breaches (portfolio_id TEXT NOT NULL, limit_id TEXT NOT NULL, time BIGINT NOT NULL,
            PRIMARY KEY (portfolio_id, limit_id))
        """,
    ])

    // MARK: Samples

    /// Several checks' utilisations in few statements.
    static func insert(_ samples: [(key: LimitKey, utilization: Double)], at time: Timestamp) -> [Statement] {
        stride(from: 0, to: samples.count, by: 50).map { start in
            let part = samples[start..<min(start + 50, samples.count)]
            let marks = part.indices.map { index in
                let first = 4 * (index - start)
                return "($\(first + 1), $\(first + 2), $\(first + 3), $\(first + 4))"
            }
            let values: [SQLValue] = part.flatMap {
                [.text($0.key.portfolio), .text($0.key.limit), .integer(time.nanoseconds), .real($0.utilization)]
            }
            return Statement(
                "INSERT INTO limit_samples (portfolio_id, limit_id, time, utilization) VALUES "
                    + marks.joined(separator: ", ") + " ON CONFLICT (portfolio_id, limit_id, time) DO NOTHING", values)
        }
    }

    /// The newest samples since a time, at most so many, each series in order of time.
    static func samples(
        since time: Timestamp, limit: Int, _ records: any RecordStore
    ) async throws(StoreError) -> [LimitKey: [(time: Int64, utilization: Double)]] {
        let rows = try await records.query(Statement(
            "SELECT portfolio_id, limit_id, time, utilization FROM limit_samples WHERE time >= $1 ORDER BY time DESC LIMIT $2",
            [.integer(time.nanoseconds), .integer(Int64(limit))]))
        var found: [LimitKey: [(time: Int64, utilization: Double)]] = [:]
        for row in rows.records.reversed() {
            let key = LimitKey(portfolio: try row.value(0), limit: try row.value(1))
            found[key, default: []].append((try row.value(2), try row.value(3)))
        }
        return found
    }

    // MARK: Models

    static func insert(_ model: BreachModel) -> Statement {
        var json = JSONWriter()
        json.beginArray()
        json.double(model.logistic.intercept)
        for list in [model.logistic.weights, model.logistic.means, model.logistic.deviations] {
            for value in list { json.double(value) }
        }
        json.endArray()
        return Statement(
            """
            INSERT INTO breach_models (version, fitted, kind, logistic, trees, quality, is_shown)
            VALUES ($1, $2, $3, $4, $5, $6, $7)
            """,
            [.integer(Int64(model.version)), .integer(model.fitted.nanoseconds), .text(model.kind.rawValue),
             .blob(json.bytes), model.trees.map { .blob($0.bytes) } ?? .null, .blob(model.quality),
             .integer(model.isShown ? 1 : 0)])
    }

    /// The newest model; nil where none was fitted, or its drivers are not today's.
    static func model(_ records: any RecordStore, _ booster: any TreeBooster) async throws -> BreachModel? {
        guard let row = try await records.query(Statement("""
            SELECT version, fitted, kind, logistic, trees, quality, is_shown FROM breach_models
            ORDER BY version DESC LIMIT 1
            """)).first else { return nil }
        let version: Int64 = try row.value(0), fitted: Int64 = try row.value(1), kind: String = try row.value(2)
        let logistic: [UInt8] = try row.value(3), trees: [UInt8]? = try row.value(4), isShown: Int64 = try row.value(6)
        let numbers = try JSONParser().withDocument(logistic) { root in
            var found: [Double] = []
            root.forEachElement { found.append($0.double ?? .nan) }
            return found
        }
        let width = BreachSamples.width
        guard numbers.count == 3 * width + 1, let kind = BreachModel.Kind(rawValue: kind) else { return nil }
        func part(_ index: Int) -> [Double] { Array(numbers[1 + index * width..<1 + (index + 1) * width]) }
        return BreachModel(
            version: Int(version), fitted: Timestamp(nanoseconds: fitted), kind: kind,
            logistic: LogisticRegression(means: part(1), deviations: part(2), weights: part(0), intercept: numbers[0]),
            trees: try trees.map { try booster.load($0) }, quality: try row.value(5), isShown: isShown != 0)
    }

    // MARK: Told

    static func tell(_ key: LimitKey, at time: Timestamp) -> Statement {
        Statement(
            """
            INSERT INTO predicted_breaches (portfolio_id, limit_id, time) VALUES ($1, $2, $3)
            ON CONFLICT (portfolio_id, limit_id) DO NOTHING
            """, [.text(key.portfolio), .text(key.limit), .integer(time.nanoseconds)])
    }

    static func forget(_ key: LimitKey) -> Statement {
        Statement("DELETE FROM predicted_breaches WHERE portfolio_id = $1 AND limit_id = $2",
                  [.text(key.portfolio), .text(key.limit)])
    }

    static func told(_ records: any RecordStore) async throws(StoreError) -> Set<LimitKey> {
        var keys: Set<LimitKey> = []
        for row in try await records.query(Statement("SELECT portfolio_id, limit_id FROM predicted_breaches")).records {
            keys.insert(LimitKey(portfolio: try row.value(0), limit: try row.value(1)))
        }
        return keys
    }
}
