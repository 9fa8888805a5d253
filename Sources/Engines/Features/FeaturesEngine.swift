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
            guard let (key, first) = try JSONParser().withDocument(message.data, { json in
                BarStreamKey(history: json).map { key in
                    (key, json.member("first")?.string.flatMap { Timestamp(iso8601: $0) })
                }
            }) else { throw UnreadableMessage(topic: message.topic.description) }
            if let remade = try await streams.remake(key) { tell(remade, of: key, since: first, message) }
        default:
            guard let bar = try JSONParser().withDocument(message.data, { Bar(json: $0) }) else {
                throw UnreadableMessage(topic: message.topic.description)
            }
            switch try await streams.take(bar) {
            case .next(let vector):
                publish(FeatureUpdate(symbol: bar.symbol, timeframe: bar.timeframe, replay: bar.replay, vector: vector),
                        at: bar.closeTime, cause: message)
            case .remade(let remade):
                tell(remade, of: BarStreamKey(symbol: bar.symbol, timeframe: bar.timeframe), since: bar.time, message)
            case nil: break
            }
        }
    }

    private func publish(_ update: FeatureUpdate, at time: Timestamp, cause: Message) {
        var json = JSONWriter(capacity: 2048)
        update.write(to: &json)
        context.publish([context.message(Topics.feature, update.symbol.text, time: time, cause: cause,
                                         data: json.bytes)])
        vectors.increment()
    }

    /// Stored bars were added or restated under a vector that is kept: it was made again, and is told where it is no
    /// longer what was told. It is a correction where the stored bars now give other values for the bar that was told
    /// last; one that comes a second time changes nothing, and nothing is told.
    private func tell(
        _ remade: RemadeStream<FeatureVector>, of key: BarStreamKey, since first: Timestamp?, _ cause: Message
    ) {
        let vector = remade.after
        guard !vector.isSame(as: remade.before), let time = vector.time else { return }
        var update = FeatureUpdate(symbol: key.symbol, timeframe: key.timeframe, replay: nil, vector: vector)
        if !remade.again.isSame(as: remade.before) { update.correction = FeatureUpdate.Correction(since: first) }
        publish(update, at: time, cause: cause)
    }

    /// The newest vector over the stored bars and the live ones after them; nil where there is no bar.
    func latest(_ symbol: Symbol, _ timeframe: Timeframe) async throws -> FeatureVector? {
        try await streams.newest(BarStreamKey(symbol: symbol, timeframe: timeframe))
    }

    public var checks: [HealthCheck] {
        [HealthCheck("vectors", .healthy, streams.summary)]
    }
}
