import EngineKit
import Market
import Store
import Wire

/// The newest change of a limit's threshold by what it follows.
struct AdjustedThreshold: Sendable, Equatable {
    let limitID: String
    /// A day's volatility that led to it; that of the regime where a regime did.
    let volatility: Double
    /// The regime that led to it and the probability of the restless one; nil where the volatility alone did.
    var regime: VolatilityRegime?, probability: Double?
    let threshold: Double
    let time: Timestamp

    /// The change of a limit by what it follows.
    func write(to json: inout JSONWriter, _ limit: Limit, _ adjust: LimitAdjustment) {
        json.object { json in
            json.field("limit_id", limitID)
            json.field("by", adjust.name)
            json.field("threshold", threshold)
            json.field("own_threshold", limit.threshold)
            json.field("volatility", volatility)
            if let reference = adjust.reference { json.field("reference_volatility", reference) }
            if let regime { json.field("regime", regime.rawValue) }
            if let probability { json.field("restless_probability", probability) }
            json.field("ts", time)
        }
    }
}

/// Rows of adjusted thresholds, the newest of each limit; what came before is in the log.
enum AdjustmentRecords {
    static let migration = Migration(version: 34, name: "adjusted thresholds", statements: [
        """
        CREATE TABLE adjusted_thresholds (limit_id TEXT PRIMARY KEY, volatility DOUBLE PRECISION NOT NULL,
            threshold DOUBLE PRECISION NOT NULL, time BIGINT NOT NULL)
        """,
    ])

    static let regimes = Migration(version: 82, name: "thresholds by regime", statements: [
        "ALTER TABLE adjusted_thresholds ADD COLUMN regime TEXT",
        "ALTER TABLE adjusted_thresholds ADD COLUMN probability DOUBLE PRECISION",
    ])

    static func upsert(_ adjusted: AdjustedThreshold) -> Statement {
        Statement(
            """
            INSERT INTO adjusted_thresholds (limit_id, volatility, threshold, time, regime, probability)
            VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (limit_id) DO UPDATE SET volatility = excluded.volatility, threshold = excluded.threshold,
                time = excluded.time, regime = excluded.regime, probability = excluded.probability
            """,
            [.text(adjusted.limitID), .real(adjusted.volatility), .real(adjusted.threshold),
             .integer(adjusted.time.nanoseconds), adjusted.regime.map { .text($0.rawValue) } ?? .null,
             adjusted.probability.map { .real($0) } ?? .null])
    }

    static func all(_ records: any RecordStore) async throws(StoreError) -> [AdjustedThreshold] {
        try await records.query(Statement(
            "SELECT limit_id, volatility, threshold, time, regime, probability FROM adjusted_thresholds"))
            .map { (row) throws(StoreError) in
                let regime: String? = try row.value(4)
                return AdjustedThreshold(
                    limitID: try row.value(0), volatility: try row.value(1),
                    regime: regime.flatMap { VolatilityRegime(rawValue: $0) }, probability: try row.value(5),
                    threshold: try row.value(2), time: Timestamp(nanoseconds: try row.value(3)))
            }
    }
}
