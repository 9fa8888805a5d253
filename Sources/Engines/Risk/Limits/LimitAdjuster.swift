import EngineKit
import HTTP
import Market
import Quant
import Runtime
import Telemetry
import Wire

/// Has thresholds follow volatility or its regime, each half minute: of today's holdings over stored daily bars, or of
/// an instrument. The same bars and holdings give the same threshold.
@LoopActor final class LimitAdjuster {
    private static let everyNanoseconds: Int64 = 30_000_000_000

    /// What the returns say.
    private enum Reading {
        case found(volatility: Double, regime: VolatilityRegime?, probability: Double?)
        /// Why they say nothing; the threshold stays.
        case unclear(String)
    }

    private let context: EngineContext
    private weak var engine: RiskEngine?
    private(set) var newest: [String: AdjustedThreshold] = [:]
    /// Why a limit's threshold stays as it is, where its returns say nothing.
    private(set) var reasons: [String: String] = [:]
    /// Fitted regimes by whose returns they are of, and these returns.
    private var fits: [LimitScope: (returns: [Double], fit: Result<VolatilityRegimes, QuantError>)] = [:]
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

    /// Looks at every limit that follows something; what fails is told in the log and tried again.
    func round() async {
        guard let engine else { return }
        var followed: Set<LimitScope> = []
        for limit in engine.limits where limit.isActive {
            guard let adjust = limit.adjust else { continue }
            let scope = adjust.symbol.map { .symbol($0) } ?? limit.scope
            followed.insert(scope)
            do {
                switch await read(limit, adjust, scope) {
                case .found(let volatility, let regime, let probability):
                    reasons[limit.id] = nil
                    let threshold = adjust.threshold(limit.threshold, volatility: volatility, regime: regime)
                    try await set(limit, adjust, AdjustedThreshold(
                        limitID: limit.id, volatility: volatility, regime: regime, probability: probability,
                        threshold: threshold, time: context.clock.now))
                case .unclear(let reason): reasons[limit.id] = reason
                }
            } catch {
                reasons[limit.id] = "\(error)"
                context.logger.warning("a limit was not adjusted", [
                    "limit": .string(limit.id), "error": .string("\(error)")])
            }
        }
        fits = fits.filter { followed.contains($0.key) }
    }

    private func read(_ limit: Limit, _ adjust: LimitAdjustment, _ scope: LimitScope) async -> Reading {
        guard let returns = await engine?.dailyReturns(of: scope) else {
            return .unclear("the daily returns of \(scope.text) are not known")
        }
        guard case .regime(_, _, let clear) = adjust.follows else {
            return LimitAdjustment.volatility(returns).map { .found(volatility: $0, regime: nil, probability: nil) }
                ?? .unclear(
                    "\(LimitAdjustment.returnsNeeded) finite daily returns are needed, there are \(returns.count)")
        }
        switch await fit(returns, of: scope) {
        case .failure(let error): return .unclear(error.message)
        case .success(let model):
            guard model.isTold else { return .unclear("the daily returns of \(scope.text) tell no two regimes apart") }
            guard let probability = model.restless.last, probability.isFinite else {
                return .unclear("the daily returns of \(scope.text) give no regime a probability")
            }
            let before = newest[limit.id]?.regime
            guard let regime = LimitAdjustment.regime(probability, clear: clear, before: before) else {
                let percent = Int((probability * 100).rounded())
                return .unclear("no regime is clear: the restless one has a probability of \(percent) %")
            }
            let deviation = regime == .calm ? model.parameters.calm : model.parameters.restless
            return .found(volatility: deviation, regime: regime, probability: probability)
        }
    }

    /// Fits off the loop, once for the same returns.
    private func fit(_ returns: [Double], of scope: LimitScope) async -> Result<VolatilityRegimes, QuantError> {
        if let known = fits[scope], known.returns == returns { return known.fit }
        let fit = await context.compute {
            Result { () throws(QuantError) in try VolatilityRegimes(fitting: returns) }
        }
        fits[scope] = (returns, fit)
        return fit
    }

    private func set(_ limit: Limit, _ adjust: LimitAdjustment, _ adjusted: AdjustedThreshold) async throws {
        guard let engine else { return }
        let before = limit.adjusted ?? limit.threshold
        let isMoved = abs(adjusted.threshold - before) > LimitAdjustment.leastChange * before
        guard isMoved || (adjusted.regime != nil && adjusted.regime != newest[limit.id]?.regime) else { return }
        var body = JSONWriter()
        adjusted.write(to: &body, limit, adjust)
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
    func dailyReturns(of scope: LimitScope) async -> [Double]? {
        switch scope {
        case .symbol(let name): return await dailyBars.returns(of: [name])[name]
        case .portfolio(let name):
            guard let picture = state.picture(of: name, order: nil, rate: 0) else { return nil }
            let held = picture.positions.filter { $0.quantity != 0 }
            let equity = picture.cash + held.reduce(0) { $0 + $1.marketValue }
            let columns = await dailyBars.returns(of: held.map(\.symbol).sorted())
            guard equity > 0, !held.isEmpty, columns.count == held.count else { return nil }
            return LossMeasures.portfolioReturns(
                held.compactMap { columns[$0.symbol] }, weights: held.map { $0.marketValue / equity })
        default: return nil
        }
    }

    /// Thresholds that follow volatility or its regime.
    var adjustmentRoute: Route {
        .json(
            .get, "/api/v1/risk/limit-adjustments",
            "The thresholds in force of limits that follow volatility or its regime, and why one stays.",
            answer: """
                {"items":[{"limit_id":"gross","by":"volatility","threshold":180000,"own_threshold":250000,\
                "volatility":0.0139,"reference_volatility":0.01,"regime?":"restless",\
                "restless_probability":0.7,"reason":"",\
                "ts?":"2026-01-02T03:04:05Z"}],"next_cursor":null}
                """
        ) { [unowned self] (_: NoParameters, _: NoBody, _) in
            let followed = limits.filter(\.isActive).sorted { $0.id < $1.id }
                .compactMap { limit in limit.adjust.map { (limit, $0) } }
            return JSONBody.page(followed) { json, each in self.write(each.0, each.1, to: &json) }
        }
    }

    private func write(_ limit: Limit, _ adjust: LimitAdjustment, to json: inout JSONWriter) {
        let newest = adjuster.newest[limit.id]
        json.object { json in
            json.field("limit_id", limit.id)
            json.field("by", adjust.name)
            json.field("threshold", limit.adjusted ?? limit.threshold)
            json.field("own_threshold", limit.threshold)
            json.field("volatility", newest?.volatility ?? .nan)
            json.field("reference_volatility", adjust.reference ?? .nan)
            json.key("regime")
            if let regime = newest?.regime { json.string(regime.rawValue) } else { json.null() }
            json.field("restless_probability", newest?.probability ?? .nan)
            json.field("reason", adjuster.reasons[limit.id] ?? "")
            json.key("ts")
            if let newest { json.time(newest.time) } else { json.null() }
        }
    }
}
