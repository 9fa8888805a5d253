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

    let context: EngineContext
    private let streams: LiveBarStreams<FeatureVector>
    private let vectors: Counter

    public init(_ context: EngineContext) {
        self.context = context
        streams = LiveBarStreams(context)
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
            guard let key = try JSONParser().withDocument(message.data, { BarStreamKey(history: $0) }) else {
                throw UnreadableMessage(topic: message.topic.description)
            }
            try await correct(key, message)
        default:
            guard let bar = try JSONParser().withDocument(message.data, { Bar(json: $0) }) else {
                throw UnreadableMessage(topic: message.topic.description)
            }
            guard let vector = try await streams.advance(bar) else { return }
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
    private func correct(_ key: BarStreamKey, _ cause: Message) async throws {
        guard let (before, vector) = try await streams.remake(key), !vector.isSame(as: before), let time = vector.time
        else { return }
        publish(FeatureUpdate(symbol: key.symbol, timeframe: key.timeframe, replay: nil, vector: vector,
                              isCorrection: true), at: time, cause: cause)
    }

    /// The newest vector over the stored bars and the live ones after them; nil where there is no bar.
    func latest(_ symbol: Symbol, _ timeframe: Timeframe) async throws -> FeatureVector? {
        try await streams.newest(BarStreamKey(symbol: symbol, timeframe: timeframe))
    }

    public var checks: [HealthCheck] {
        [HealthCheck("vectors", .healthy, streams.summary)]
    }
}
