import EngineKit
import HTTP
import Market
import Quant
import Runtime
import Store
import Telemetry

/// Fits models on stored bars and keeps the newest version of each.
@LoopActor final class ModelTrainer {
    private let context: EngineContext
    private let locks = KeyedLock()
    private var models: [ModelName: [Subject: FittedModel]] = [:]
    /// Closes of the newest fits, until bars change.
    private var fresh: [Subject: TrainingData] = [:]
    /// Instruments that are being fitted: whether their bars are still those that were read.
    private var fitting: [Subject: Bool] = [:]
    private static let freshLimit = 256
    private var background: Task<Void, Never>?
    /// Why the stored bars could not be fitted at the last attempt.
    private var trouble: String?

    private let fitSeconds: Histogram

    init(_ context: EngineContext) {
        self.context = context
        fitSeconds = context.registry.histogram("nautilus_ml_fit_seconds", "Time to fit the models of an instrument.")
        context.registry.computed("nautilus_ml_models", "Models of which a version is kept.") { [weak self] in
            LoopActor.assumeIsolated { Double(self?.models.values.reduce(0) { $0 + $1.count } ?? 0) }
        }
    }

    func load() async throws {
        models = [:]
        for model in try await ModelRecords.newest(context.records) { keep(model) }
    }

    private func keep(_ model: FittedModel) { models[model.name, default: [:]][model.subject] = model }

    /// The bars of an instrument have changed: the next prediction reads them again.
    func invalidate(_ subject: Subject) {
        fresh[subject] = nil
        if fitting[subject] != nil { fitting[subject] = false }
    }

    func stop() { background?.cancel() }

    /// The newest version of a model for an instrument.
    func newest(_ name: ModelName, _ subject: Subject) -> FittedModel? { models[name]?[subject] }

    /// The newest versions of a model, by instrument.
    func newest(_ name: ModelName) -> [FittedModel] {
        (models[name] ?? [:]).values.sorted { $0.subject.text < $1.subject.text }
    }

    var check: HealthCheck {
        let count = models[.price]?.count ?? 0
        if let trouble { return HealthCheck("models", .degraded, trouble) }
        return HealthCheck("models", .healthy, "\(count) instruments fitted")
    }

    /// Fits what was stored before this life began, beside everything else; market data may not be up yet.
    func fitStored() {
        background?.cancel()
        background = spawn { [self] in
            var wait: Int64 = 500_000_000
            while !Task.isCancelled {
                do {
                    for symbol in try await BarsClient(context).symbols(.day1) {
                        if Task.isCancelled { return }
                        _ = try await fit(Subject(symbol: symbol, timeframe: .day1))
                    }
                    trouble = nil
                    return
                } catch {
                    let reason = (error as? Problem)?.detail ?? "\(error)"
                    trouble = "stored bars could not be fitted yet: \(reason)"
                    context.logger.warning("models not fitted", ["error": .string(reason)])
                }
                await context.clock.sleep(nanoseconds: wait)
                wait = min(30_000_000_000, wait * 2)
            }
        }
    }

    /// Fits both models on an instrument's stored bars and registers them, unless the newest version is that fit. The
    /// closes come back for whoever predicts; nil where fewer than three are stored.
    func fit(_ subject: Subject) async throws -> TrainingData? {
        try await locks.with(subject.text) {
            if let known = fresh[subject] { return known }
            fitting[subject] = true
            defer { fitting[subject] = nil }
            let bars = try await BarsClient(context).bars(subject.symbol, subject.timeframe, last: TrainingData.limit)
            guard let data = TrainingData(bars) else { return nil }
            let digest = context.digest
            let start = context.clock.monotonic
            let fit = try await context.compute { try ModelFit(data, subject.timeframe, digest: digest) }
            fitSeconds.observe(Double(context.clock.monotonic - start) / 1e9)
            let new = ModelName.allCases.filter { name in
                models[name]?[subject].map { !fit.isThat(of: $0) } ?? true
            }.map { name in
                FittedModel(
                    name: name, subject: subject, version: (models[name]?[subject]?.version ?? 0) + 1,
                    trained: context.clock.now, digest: fit.digest, observations: fit.observations, first: fit.first,
                    last: fit.last, parameters: fit.parameters[name] ?? [], metrics: fit.metrics[name] ?? [])
            }
            if !new.isEmpty { try await context.commit(new.map { ModelRecords.insert($0) }) }
            for model in new { keep(model) }
            if fresh.count >= Self.freshLimit { fresh = [:] }
            if fitting[subject] == true { fresh[subject] = data }
            return data
        }
    }
}
