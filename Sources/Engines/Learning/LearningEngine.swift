// Learning: models fitted on stored bars, registered with version and lineage, and their predictions.
public import Bus
public import EngineKit
import Glibc
import HTTP
import Market
import Quant
public import Runtime
public import Store
import Telemetry
import Wire

/// Owns the model registry and the live volatility of every instrument that bars come for.
@LoopActor public final class LearningEngine: Engine {
    public nonisolated static var name: EngineName { .ml }
    public nonisolated static var migrations: [Migration] { ModelRecords.migrations }

    /// Instruments whose volatility is kept up to date at once, and replays followed.
    static let liveLimit = 8192, replayLimit = 256

    let context: EngineContext
    let trainer: ModelTrainer
    private let locks = KeyedLock()
    private var live = BarStreams<VolatilityKey, LiveVolatility>(limit: LearningEngine.liveLimit)
    private var replays = BarStreams<VolatilityKey, LiveVolatility>(limit: LearningEngine.replayLimit)

    private let inferenceSeconds: Histogram

    public init(_ context: EngineContext) {
        self.context = context
        trainer = ModelTrainer(context)
        inferenceSeconds = context.registry.histogram(
            "nautilus_ml_inference_seconds", "Time to take a bar into a model and forecast, on the processor.",
            bounds: [0.000001, 0.0000025, 0.000005, 0.00001, 0.000025] + Histogram.seconds)
    }

    public func start() async throws {
        try await trainer.load()
        trainer.fitStored()
    }

    public func stop() async { trainer.stop() }

    public var subscriptions: [Subscription] {
        [Subscription(
            group: Self.name.rawValue, families: [Topics.bar, Topics.history],
            workers: 1...context.configuration.workers(of: Self.name), batchLimit: 64
        ) { [weak self] batch in
            for message in batch { try await self?.take(message) }
        }]
    }

    // MARK: The bus

    private func take(_ message: Message) async throws {
        switch message.topic.family {
        case Topics.history.name:
            guard let (subject, isUpkeep) = try JSONParser().withDocument(message.data, { json in
                Subject(history: json).map { ($0, json.member("upkeep")?.bool ?? false) }
            }) else { throw Unreadable(message) }
            await locks.with(subject.text) { live.remove(VolatilityKey(subject: subject, replay: nil)) }
            trainer.invalidate(subject)
            let isFollowed = subject.timeframe == .day1 || trainer.newest(.price, subject) != nil
            // Bars that the store makes may change each minute: whoever asks for a prediction has it fitted.
            if isFollowed && !isUpkeep { _ = try await trainer.fit(subject) }
        default:
            guard let bar = try JSONParser().withDocument(message.data, { Bar(json: $0) }) else {
                throw Unreadable(message)
            }
            let start = context.clock.monotonic
            let state = bar.replay == nil ? try await advanceLive(bar) : try await advanceReplay(bar)
            guard let forecast = state?.forecast(bar.timeframe) else { return }
            inferenceSeconds.observe(Double(context.clock.monotonic - start) / 1e9)
            publish(forecast, bar, message)
        }
    }

    /// A live bar was stored before it was published: a stream that it is not the next of is made from stored bars.
    private func advanceLive(_ bar: Bar) async throws -> LiveVolatility? {
        let subject = Subject(symbol: bar.symbol, timeframe: bar.timeframe)
        let key = VolatilityKey(subject: subject, replay: nil)
        trainer.invalidate(subject)
        return try await locks.with(subject.text) {
            if live.place(key, bar.time.nanoseconds) != .next {
                live.remove(key)
                let bars = try await BarsClient(context).bars(bar.symbol, bar.timeframe, last: TrainingData.limit)
                guard let last = bars.times.last else { return nil }
                live.put(key, await context.compute { LiveVolatility(bars) }, last: last)
            }
            _ = live.advance(key, bar.time.nanoseconds) { $0.push(bar.close, at: bar.time.nanoseconds) }
            return live[key]
        }
    }

    /// A replay's stream starts with its first bar and sees each once; where this engine was not there for the first
    /// ones, as after a restart, they are taken from the store.
    private func advanceReplay(_ bar: Bar) async throws -> LiveVolatility? {
        let subject = Subject(symbol: bar.symbol, timeframe: bar.timeframe)
        let key = VolatilityKey(subject: subject, replay: bar.replay)
        return try await locks.with("\(subject.text) \(bar.replay ?? "")") {
            if replays.place(key, bar.time.nanoseconds) == .missing {
                let before = try await BarsClient(context).replayed(before: bar)
                replays.put(key, await context.compute(over: before.count) { LiveVolatility(before) }, last: before.times.last)
            }
            return replays.advance(key, bar.time.nanoseconds) { (state: inout LiveVolatility) in
                state.push(bar.close, at: bar.time.nanoseconds)
                return state
            }
        }
    }

    private func publish(_ forecast: VolatilityForecast, _ bar: Bar, _ cause: Message) {
        let subject = Subject(symbol: bar.symbol, timeframe: bar.timeframe)
        var json = JSONWriter()
        json.beginObject()
        json.key("symbol")
        json.string(bar.symbol.text)
        json.key("timeframe")
        json.string(bar.timeframe.rawValue)
        json.key("ts")
        json.time(bar.time)
        if let replay = bar.replay {
            json.key("replay")
            json.string(replay)
        }
        json.key("kind")
        json.string(ModelName.volatility.kind)
        VolatilityAnswer.write(forecast, &json)
        let reference = trainer.newest(.volatility, subject)?.reference ?? .inline(.volatility, at: bar.closeTime)
        reference.write(to: &json)
        json.endObject()
        context.publish([context.message(Topics.prediction, bar.symbol.text, time: bar.closeTime, cause: cause,
                                         data: json.bytes)])
    }

    public var checks: [HealthCheck] { [trainer.check] }
}

/// Whose bars a stream of volatility is fed.
struct VolatilityKey: Hashable, Sendable {
    let subject: Subject
    /// Nil for live bars.
    let replay: String?
}

/// The volatility of an instrument after its newest close.
struct LiveVolatility: Sendable {
    private var close = Double.nan
    private var stream = try? VolatilityStream()
    private var days = TradingDays()

    init(_ bars: BarColumns = BarColumns()) {
        for (time, value) in zip(bars.times, bars.close) { push(value, at: time) }
    }

    /// Takes the next close; one that is missing is passed over.
    mutating func push(_ value: Double, at time: Int64) {
        guard value.isFinite, value > 0 else { return }
        stream?.push(log(value / close))
        close = value
        days.push(time)
    }

    /// Nil before the second return.
    func forecast(_ timeframe: Timeframe) -> VolatilityForecast? {
        stream?.forecast(periodsPerYear: Horizon.periodsPerYear(barsPerDay: days.bars(timeframe)))
    }
}

extension Subject {
    /// The instrument whose stored bars a `market.history` message says have changed.
    init?(history json: JSONValue) {
        guard let symbol = json.member("symbol")?.string.flatMap({ Symbol($0) }),
              let frame = json.member("timeframe")?.string.flatMap(Timeframe.init(rawValue:)) else { return nil }
        self.init(symbol: symbol, timeframe: frame)
    }
}
