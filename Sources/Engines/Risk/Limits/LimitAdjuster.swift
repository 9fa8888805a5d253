import EngineKit
import HTTP
import Market
import Quant
import Runtime
import Store
import Telemetry
import Wire

/// The newest change of a limit's threshold by volatility.
struct AdjustedThreshold: Sendable, Equatable {
    let limitID: String
    /// A day's volatility that led to it.
    let volatility: Double
    let threshold: Double
    let time: Timestamp

    func write(to json: inout JSONWriter, _ limit: Limit?) {
        json.object { json in
            json.field("limit_id", limitID)
            json.field("threshold", threshold)
            json.key("own_threshold")
            json.double(limit?.threshold ?? .nan)
            json.field("volatility", volatility)
            json.key("reference_volatility")
            json.double(limit?.adjust?.reference ?? .nan)
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

    static func upsert(_ adjusted: AdjustedThreshold) -> Statement {
        Statement(
            """
            INSERT INTO adjusted_thresholds (limit_id, volatility, threshold, time) VALUES ($1, $2, $3, $4)
            ON CONFLICT (limit_id) DO UPDATE SET volatility = excluded.volatility, threshold = excluded.threshold,
                time = excluded.time
            """,
            [.text(adjusted.limitID), .real(adjusted.volatility), .real(adjusted.threshold),
             .integer(adjusted.time.nanoseconds)])
    }

    static func all(_ records: any RecordStore) async throws(StoreError) -> [AdjustedThreshold] {
        try await records.query(Statement("SELECT limit_id, volatility, threshold, time FROM adjusted_thresholds"))
            .map { (row) throws(StoreError) in
                AdjustedThreshold(
                    limitID: try row.value(0), volatility: try row.value(1), threshold: try row.value(2),
                    time: Timestamp(nanoseconds: try row.value(3)))
            }
    }
}

/// Has thresholds follow volatility, each half minute: of today's holdings over stored daily bars, or of the instrument
/// that the limit looks at. The same bars and holdings give the same threshold.
@LoopActor final class LimitAdjuster {
    private static let everyNanoseconds: Int64 = 30_000_000_000
    private let context: EngineContext
    private weak var engine: RiskEngine?
    private(set) var newest: [String: AdjustedThreshold] = [:]
    private let rounds: Rounds

    init(_ context: EngineContext, _ engine: RiskEngine) {
        self.context = context
        self.engine = engine
        rounds = Rounds(every: Self.everyNanoseconds, context.clock)
    }

    func start() async throws {
        let stored = try await AdjustmentRecords.all(context.records)
        newest = Dictionary(uniqueKeysWithValues: stored.map { ($0.limitID, $0) })
        rounds.start { [weak self] in await self?.round() }
    }

    func stop() { rounds.stop() }

    /// Looks at every limit that follows volatility; what fails is told in the log and tried again.
    func round() async {
        guard let engine else { return }
        for limit in engine.limits where limit.isActive {
            guard let adjust = limit.adjust else { continue }
            do {
                guard let returns = try await engine.dailyReturns(of: limit.scope),
                      let volatility = LimitAdjustment.volatility(returns) else { continue }
                try await set(limit, adjust.threshold(limit.threshold, at: volatility), volatility)
            } catch {
                context.logger.warning("a limit was not adjusted", [
                    "limit": .string(limit.id), "error": .string("\(error)")])
            }
        }
    }

    private func set(_ limit: Limit, _ threshold: Double, _ volatility: Double) async throws {
        guard let engine else { return }
        let before = limit.adjusted ?? limit.threshold
        guard abs(threshold - before) > LimitAdjustment.leastChange * before else { return }
        let adjusted = AdjustedThreshold(
            limitID: limit.id, volatility: volatility, threshold: threshold, time: context.clock.now)
        var body = JSONWriter()
        adjusted.write(to: &body, limit)
        try await context.commit([AdjustmentRecords.upsert(adjusted)], audit: [AuditEntry(
            engine: .risk, action: "limit.adjust", object: "limit/\(limit.id)", body: body.bytes)])
        newest[limit.id] = adjusted
        engine.adjust(limit)
    }

    /// The threshold in force of a limit; nil where it is its own. It stays within bounds that were changed since.
    func threshold(of limit: Limit) -> Double? {
        guard let adjust = limit.adjust, let found = newest[limit.id] else { return nil }
        return min(adjust.most, max(adjust.least, found.threshold))
    }
}

extension RiskEngine {
    /// Puts a limit in with the threshold that is in force, unless it was changed in the meantime.
    func adjust(_ limit: Limit) {
        guard let index = limits.firstIndex(where: { $0.id == limit.id && $0.version == limit.version }) else { return }
        limits[index].adjusted = adjuster.threshold(of: limits[index])
    }

    /// Daily returns of an instrument, or of a portfolio's holdings as a share of its equity; nil where they are not
    /// known.
    func dailyReturns(of scope: LimitScope) async throws -> [Double]? {
        switch scope {
        case .symbol(let name): return await returns.returns(of: [name])[name]
        case .portfolio(let name):
            guard let picture = state.picture(of: name, order: nil, rate: 0) else { return nil }
            let held = picture.positions.filter { $0.quantity != 0 }
            let equity = picture.cash + held.reduce(0) { $0 + $1.marketValue }
            let columns = await returns.returns(of: held.map(\.symbol).sorted())
            guard equity > 0, !held.isEmpty, columns.count == held.count else { return nil }
            return LossMeasures.portfolioReturns(
                held.compactMap { columns[$0.symbol] }, weights: held.map { $0.marketValue / equity })
        default: return nil
        }
    }

    /// Thresholds that follow volatility.
    var adjustmentRoute: Route {
        .json(
            .get, "/api/v1/risk/limit-adjustments", "The thresholds in force of limits that follow volatility.",
            answer: """
                {"items":[{"limit_id":"gross","threshold":180000,"own_threshold":250000,"volatility":0.0139,\
                "reference_volatility":0.01,"ts":"2026-01-02T03:04:05Z"}],"next_cursor":null}
                """
        ) { [unowned self] (_: NoParameters, _: NoBody, _) in
            let rows = adjuster.newest.values.sorted { $0.limitID < $1.limitID }
            return JSONBody.page(rows) { json, row in row.write(to: &json, limits.first { $0.id == row.limitID }) }
        }
    }
}
