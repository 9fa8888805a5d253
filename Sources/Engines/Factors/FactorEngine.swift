// Factors: formulas over many instruments at once, and the streamed ones of each instrument bar by bar.
public import Bus
public import EngineKit
import HTTP
import Market
import Quant
public import Runtime
public import Store
import Telemetry
import Wire

/// Owns the factor catalogue and the live factors of every instrument that bars come for.
@LoopActor public final class FactorEngine: Engine {
    public nonisolated static var name: EngineName { .factor }

    let context: EngineContext
    let stored: StoredColumns
    private(set) lazy var jobs = FactorJobs(context, turn: JobTurn())
    /// Calculations under way, and what the last one was.
    private(set) var running = 0
    var lastRun: FactorRun?
    private let streams: LiveBarStreams<LiveFactors>

    public init(_ context: EngineContext) {
        self.context = context
        stored = StoredColumns(context)
        streams = LiveBarStreams(context)
    }

    public nonisolated static var migrations: [Migration] { JobRecords.migrations }

    public func start() async throws {
        try await jobs.start { [unowned self] in try await withFacts(bars($0), $1) }
    }

    public func stop() async { await jobs.stop() }

    /// A calculation someone waits for begins; jobs let it go first.
    func began() {
        running += 1
        jobs.turn.began()
    }

    func ended() {
        running -= 1
        jobs.turn.ended()
    }

    public var subscriptions: [Subscription] {
        [Subscription(
            group: Self.name.rawValue, families: [Topics.bar, Topics.history],
            workers: 1...context.configuration.workers(of: Self.name), batchLimit: 64
        ) { [weak self] batch in
            for message in batch { try await self?.take(message) }
        }]
    }

    private func take(_ message: Message) async throws {
        switch message.topic.family {
        case Topics.history.name:
            guard let key = try JSONParser().withDocument(message.data, { BarStreamKey(history: $0) }) else {
                throw UnreadableMessage(topic: message.topic.description)
            }
            stored.invalidate()
            await streams.remove(key)
        default:
            guard let bar = try JSONParser().withDocument(message.data, { Bar(json: $0) }) else {
                throw UnreadableMessage(topic: message.topic.description)
            }
            guard let factors = try await streams.advance(bar) else { return }
            context.publish([context.message(Topics.factor, bar.symbol.text, time: bar.closeTime, cause: message,
                                             data: factors.update(bar))])
        }
    }
}
