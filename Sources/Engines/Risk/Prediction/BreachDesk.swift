import EngineKit
import HTTP
import Market
import Quant
import Runtime
import Store
import Telemetry

/// Judges the limits of every portfolio, of the firm, of clients and of traders at a fixed interval, keeps what they
/// used, and predicts which will be breached. What a check finds anew is an event, as of the monitor. A breach that
/// becomes likely makes alerts by the rules, once until it has become unlikely again; that survives a restart.
@LoopActor final class BreachDesk {
    /// From this probability on people are told; below the other it may be told again.
    static let likely = 0.5, unlikely = 0.25
    /// The most stored rows that a fit reads.
    private static let rowsAtMost = 500_000
    private static let day: Int64 = 86_400_000_000_000

    /// What is known of one limit now.
    struct Outlook {
        let check: LimitCheck
        /// nil while too few checks are known, in a breach, and where the model does not beat the base rate.
        let prediction: BreachModel.Prediction?
        let drivers: BreachDrivers?
    }

    private let context: EngineContext
    private weak var engine: RiskEngine?
    let intervalNanoseconds: Int64
    private var trackers: [LimitKey: BreachTracker] = [:]
    private var lastCheck: Int64?
    private(set) var outlooks: [LimitKey: Outlook] = [:]
    private(set) var model: BreachModel?
    /// Checks since the start.
    private(set) var checks = 0
    private var told: Set<LimitKey> = []
    private var isFitting = false
    private let rounds: Rounds
    private let pruner: RecordsPruner

    init(_ context: EngineContext, _ engine: RiskEngine) {
        self.context = context
        self.engine = engine
        intervalNanoseconds = Int64(context.configuration.int("RISK_CHECK_SECONDS")) * 1_000_000_000
        rounds = Rounds(every: intervalNanoseconds, context.clock)
        pruner = RecordsPruner(context, table: "limit_samples", column: "time", setting: "RISK_SAMPLES_DAYS")
    }

    /// Takes up the model, what was told, and the checks of the last hour.
    func start() async throws {
        model = try await PredictionRecords.model(context.records, context.booster)
        told = try await PredictionRecords.told(context.records)
        (trackers, outlooks, lastCheck) = ([:], [:], nil)
        let window = Int64(BreachTracker.window) * max(intervalNanoseconds, 1)
        let since = Timestamp(nanoseconds: context.clock.now.nanoseconds - 2 * window)
        for (key, rows) in try await PredictionRecords.samples(since: since, limit: Self.rowsAtMost, context.records) {
            for part in runs(rows).suffix(1) {
                lastCheck = max(lastCheck ?? .min, rows.last?.time ?? .min)
                for value in part { trackers[key, default: BreachTracker()].update(value) }
            }
        }
        pruner.start()
        if intervalNanoseconds > 0 { rounds.start(later: true) { [weak self] in await self?.round() } }
    }

    func stop() {
        rounds.stop()
        pruner.stop()
    }

    // MARK: Rounds

    /// One round that cannot fail; the log tells what did.
    private func round() async {
        do {
            try await check()
            let isOld = model.map { context.clock.now.nanoseconds - $0.fitted.nanoseconds >= Self.day } ?? true
            // Not before there is something to predict.
            if isOld, outlooks.values.contains(where: { $0.drivers != nil }) { _ = try await fit() }
        } catch {
            context.logger.warning("a scheduled check of limits failed", ["error": .string("\(error)")])
        }
    }

    /// Judges every portfolio now, then what several portfolios or a trader hold as one.
    func check() async throws {
        guard let engine else { return }
        let now = context.clock.now
        // What was followed before a pause says nothing of the changes since.
        if let last = lastCheck, now.nanoseconds - last > 2 * max(intervalNanoseconds, 1) { trackers = [:] }
        lastCheck = now.nanoseconds
        var found: [(key: LimitKey, check: LimitCheck)] = []
        for portfolio in engine.state.portfolios {
            guard let checks = try await engine.judge(portfolio) else { continue }
            try await engine.monitor.note(checks, of: portfolio)
            found += checks.map { (LimitKey(portfolio: portfolio, limit: $0.limit.id), $0) }
            // Orders do not wait until thousands of portfolios are judged.
            await Task.yield()
        }
        try await engine.judgeGroups(engine.groupLimits()) { name, checks in
            try await engine.monitor.note(checks, of: name)
            found += checks.map { (LimitKey(portfolio: name, limit: $0.limit.id), $0) }
            await Task.yield()
        }
        var samples: [(key: LimitKey, utilization: Double)] = [], kept: [LimitKey: BreachTracker] = [:]
        for (key, check) in found {
            var tracker = trackers[key] ?? BreachTracker()
            tracker.update(check.utilization)
            kept[key] = tracker
            if check.utilization.isFinite { samples.append((key, check.utilization)) }
        }
        trackers = kept
        try look(found)
        try await write(samples, found, at: now)
        checks += 1
    }

    /// Predicts for what was judged.
    private func look(_ found: [(key: LimitKey, check: LimitCheck)]) throws {
        let drivers = found.map { trackers[$0.key]?.drivers(horizon: BreachModel.horizon) }
        let known = found.indices.filter { drivers[$0] != nil && found[$0].check.verdict != .breach }
        var predictions: [Int: BreachModel.Prediction] = [:]
        if let model, model.isShown {
            let each = try model.predict(known.compactMap { drivers[$0] })
            for (index, prediction) in zip(known, each) { predictions[index] = prediction }
        }
        outlooks = [:]
        for (index, each) in found.enumerated() {
            outlooks[each.key] = Outlook(check: each.check, prediction: predictions[index], drivers: drivers[index])
        }
    }

    /// Keeps samples, and tells of breaches that have become likely.
    private func write(
        _ samples: [(key: LimitKey, utilization: Double)], _ found: [(key: LimitKey, check: LimitCheck)], at now: Timestamp
    ) async throws {
        guard let engine else { return }
        var statements = PredictionRecords.insert(samples, at: now), messages: [Message] = []
        var after = told
        for (key, check) in found {
            guard let probability = outlooks[key]?.prediction?.probability else { continue }
            if probability >= Self.likely, after.insert(key).inserted {
                let (rows, alerts) = engine.alerts(predicting: check, probability, within: horizonSeconds, key.portfolio, at: now)
                statements += [PredictionRecords.tell(key, at: now)] + rows
                messages += alerts
            } else if probability < Self.unlikely, after.remove(key) != nil {
                statements.append(PredictionRecords.forget(key))
            }
        }
        if statements.isEmpty { return }
        let before = told
        told = after
        do {
            try await context.commit(statements, messages)
        } catch {
            told = before
            throw error
        }
    }

    /// Predicts with another model from the next check on.
    func adopt(_ model: BreachModel) { self.model = model }

    /// How far ahead predictions look.
    var horizonSeconds: Int { Int(Int64(BreachModel.horizon) * intervalNanoseconds / 1_000_000_000) }

    // MARK: Fitting

    /// Fits anew on made-up and stored histories, off the loop, and keeps the model; the one that is there where a fit
    /// runs already.
    func fit() async throws -> BreachModel? {
        if isFitting { return model }
        isFitting = true
        defer { isFitting = false }
        let stored = try await PredictionRecords.samples(
            since: Timestamp(nanoseconds: 0), limit: Self.rowsAtMost, context.records)
        let gap = 2 * max(intervalNanoseconds, 1), interval = max(intervalNanoseconds, 1)
        let version = (model?.version ?? 0) + 1, now = context.clock.now, booster = context.booster
        let fitted = try await context.compute {
            var own = BreachSamples(), id = 0
            for (_, rows) in stored.sorted(by: { $0.key < $1.key }) {
                for (start, part) in Self.runs(rows, gap: gap) {
                    own.add(part, series: id, horizon: BreachModel.horizon, every: 10, firstTime: Int(start / interval))
                    id += 1
                }
            }
            return try BreachModel.fit(own: own, version: version, at: now, booster: booster)
        }
        guard let fitted else { return model }
        try await context.commit([PredictionRecords.insert(fitted)])
        adopt(fitted)
        context.logger.info("a breach model was fitted", [
            "version": .int(fitted.version), "model": .string(fitted.kind.rawValue),
            "beats_base_rate": .string("\(fitted.isShown)")])
        return fitted
    }

    private func runs(_ rows: [(time: Int64, utilization: Double)]) -> [[Double]] {
        Self.runs(rows, gap: 2 * max(intervalNanoseconds, 1)).map(\.values)
    }

    /// Parts of a series between which no check was missed.
    private nonisolated static func runs(
        _ rows: [(time: Int64, utilization: Double)], gap: Int64
    ) -> [(start: Int64, values: [Double])] {
        var parts: [(start: Int64, values: [Double])] = [], last = Int64.min
        for row in rows {
            if parts.isEmpty || row.time - last > gap { parts.append((row.time, [])) }
            parts[parts.count - 1].values.append(row.utilization)
            last = row.time
        }
        return parts
    }
}
