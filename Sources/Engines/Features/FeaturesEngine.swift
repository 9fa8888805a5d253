// Features: indicators over bars, asked for in bulk or kept up to date bar by bar; both give the same bits.
public import Bus
public import EngineKit
import HTTP
import Market
import Quant
public import Runtime
import Telemetry
import Wire

/// Owns the live feature vector of every instrument that bars come for or someone asks about.
@LoopActor public final class FeaturesEngine: Engine {
    public nonisolated static var name: EngineName { .features }

    /// Instruments kept up to date at once; one that is let go is computed again from the stored bars when asked for.
    static let liveLimit = 2048
    /// Replays followed at once, an instrument each.
    static let replayLimit = 256

    let context: EngineContext
    private let locks = KeyedLock()
    private var live = BarStreams<StreamKey, FeatureVector>(limit: FeaturesEngine.liveLimit)
    private var replays = BarStreams<StreamKey, FeatureVector>(limit: FeaturesEngine.replayLimit)
    private let vectors: Counter

    public init(_ context: EngineContext) {
        self.context = context
        vectors = context.registry.counter("nautilus_features_published_vectors_total", "Feature vectors published.")
    }

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
            guard let key = try JSONParser().withDocument(message.data, { StreamKey(history: $0) }) else {
                throw FeatureMessageError(topic: message.topic.description)
            }
            try await correct(key, message)
        default:
            guard let bar = try JSONParser().withDocument(message.data, { Bar(json: $0) }) else {
                throw FeatureMessageError(topic: message.topic.description)
            }
            guard let vector = bar.replay == nil ? try await advanceLive(bar) : try await advanceReplay(bar)
            else { return }
            publish(FeatureUpdate(symbol: bar.symbol, timeframe: bar.timeframe, replay: bar.replay, vector: vector),
                    at: bar.closeTime, cause: message)
        }
    }

    private func publish(_ update: FeatureUpdate, at time: Timestamp, cause: Message) {
        var json = JSONWriter(capacity: 2048)
        update.write(to: &json)
        context.publish([context.message(Topics.feature, update.symbol.text, time: time, cause: cause,
                                         data: json.bytes)])
        vectors.increment()
    }

    /// Stored bars were added or restated: a vector that is kept is made again, and told where its values or its time
    /// are no longer what was told.
    private func correct(_ key: StreamKey, _ cause: Message) async throws {
        let vector: FeatureVector? = try await locks.with(key.text) {
            guard let before = live[key] else { return nil }
            try await load(key)
            guard let after = live[key], !after.isSame(as: before) else { return nil }
            return after
        }
        guard let vector, let time = vector.time else { return }
        publish(FeatureUpdate(symbol: key.symbol, timeframe: key.timeframe, replay: nil, vector: vector,
                              isCorrection: true), at: time, cause: cause)
    }

    /// A live bar was stored before it was published, so a stream that is not here, or that the bar is not the next
    /// of, is made again from the stored bars.
    private func advanceLive(_ bar: Bar) async throws -> FeatureVector? {
        let key = StreamKey(symbol: bar.symbol, timeframe: bar.timeframe, replay: nil)
        return try await locks.with(key.text) {
            if live.place(key, bar.time.nanoseconds) != .next { try await load(key) }
            _ = live.advance(key, bar.time.nanoseconds) { $0.push(bar) }
            return live[key]
        }
    }

    /// A replay's stream starts with its first bar and sees each once; nil for one that comes again. Where this engine
    /// was not there for the first ones, as after a restart, they are taken from the store.
    private func advanceReplay(_ bar: Bar) async throws -> FeatureVector? {
        let key = StreamKey(symbol: bar.symbol, timeframe: bar.timeframe, replay: bar.replay)
        return try await locks.with(key.text) {
            if replays.place(key, bar.time.nanoseconds) == .missing {
                let before = try await BarsClient(context).replayed(before: bar)
                let vector = await context.compute(over: before.count) { Self.vector(before) }
                replays.put(key, vector, last: before.times.last)
            }
            return replays.advance(key, bar.time.nanoseconds) { (vector: inout FeatureVector) in
                vector.push(bar)
                return vector
            }
        }
    }

    /// The vector after some bars.
    private nonisolated static func vector(_ bars: BarColumns) -> FeatureVector {
        var vector = FeatureVector()
        for row in 0..<bars.count { vector.push(bars, row: row) }
        return vector
    }

    // MARK: Live vectors

    /// The newest vector over the stored bars and the live ones after them; nil where there is no bar.
    func latest(_ symbol: Symbol, _ timeframe: Timeframe) async throws -> FeatureVector? {
        let key = StreamKey(symbol: symbol, timeframe: timeframe, replay: nil)
        return try await locks.with(key.text) {
            if live[key] == nil { try await load(key) }
            return live[key]
        }
    }

    /// Streams every stored bar of an instrument; off the loop, for it may be millions.
    private func load(_ key: StreamKey) async throws {
        let stored = try await BarsClient(context).bars(key.symbol, key.timeframe)
        live.remove(key)
        guard let last = stored.times.last else { return }
        let vector = await context.compute { Self.vector(stored) }
        live.put(key, vector, last: last)
    }

    public var checks: [HealthCheck] {
        [HealthCheck("vectors", .healthy, "\(live.count) instruments and \(replays.count) replays kept up to date")]
    }
}

/// Whose bars a stream is fed.
struct StreamKey: Hashable, Sendable {
    let symbol: Symbol, timeframe: Timeframe
    /// Nil for live bars.
    let replay: String?

    init(symbol: Symbol, timeframe: Timeframe, replay: String?) {
        self.symbol = symbol
        self.timeframe = timeframe
        self.replay = replay
    }

    /// The instrument whose stored bars a `market.history` message says have changed.
    init?(history json: JSONValue) {
        guard let symbol = json.member("symbol")?.string.flatMap({ Symbol($0) }),
              let frame = json.member("timeframe")?.string.flatMap(Timeframe.init(rawValue:)) else { return nil }
        self.init(symbol: symbol, timeframe: frame, replay: nil)
    }

    /// A name to lock by.
    var text: String { "\(timeframe.rawValue) \(symbol)" + (replay.map { " \($0)" } ?? "") }
}

/// A message that is not what its topic says; it goes to the dead letters.
struct FeatureMessageError: Error, CustomStringConvertible {
    let topic: String
    var description: String { "a message of \(topic) cannot be read" }
}
