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

    /// Instruments kept up to date at once, and replays followed.
    static let liveLimit = 2048, replayLimit = 256

    let context: EngineContext
    let stored: StoredColumns
    private(set) lazy var jobs = FactorJobs(context, turn: JobTurn())
    /// Calculations under way, and what the last one was.
    private(set) var running = 0
    var lastRun: FactorRun?
    private let locks = KeyedLock()
    private var live = BarStreams<FactorStreamKey, LiveFactors>(limit: FactorEngine.liveLimit)
    private var replays = BarStreams<FactorStreamKey, LiveFactors>(limit: FactorEngine.replayLimit)

    public init(_ context: EngineContext) {
        self.context = context
        stored = StoredColumns(context)
    }

    public nonisolated static var migrations: [Migration] { JobRecords.migrations }

    public func start() async throws {
        try await jobs.start { [unowned self] in try await bars($0) }
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
            guard let key = try JSONParser().withDocument(message.data, { FactorStreamKey(history: $0) }) else {
                throw FactorMessageError(topic: message.topic.description)
            }
            stored.invalidate()
            await locks.with(key.text) { live.remove(key) }
        default:
            guard let bar = try JSONParser().withDocument(message.data, { Bar(json: $0) }) else {
                throw FactorMessageError(topic: message.topic.description)
            }
            guard let factors = bar.replay == nil ? try await advanceLive(bar) : try await advanceReplay(bar)
            else { return }
            context.publish([context.message(Topics.factor, bar.symbol.text, time: bar.closeTime, cause: message,
                                             data: factors.update(bar))])
        }
    }

    /// A live bar was stored before it was published: a stream that it is not the next of is made from stored bars.
    private func advanceLive(_ bar: Bar) async throws -> LiveFactors? {
        let key = FactorStreamKey(symbol: bar.symbol, timeframe: bar.timeframe, replay: nil)
        return try await locks.with(key.text) {
            if live.place(key, bar.time.nanoseconds) != .next {
                live.remove(key)
                let bars = try await BarsClient(context).bars(bar.symbol, bar.timeframe)
                guard let last = bars.times.last else { return nil }
                let factors = await context.compute { Self.factors(bars) }
                live.put(key, factors, last: last)
            }
            _ = live.advance(key, bar.time.nanoseconds) { $0.push(bar) }
            return live[key]
        }
    }

    /// A replay's stream starts with its first bar and sees each once; bars that went before this engine was there, as
    /// after a restart, are taken from the store.
    private func advanceReplay(_ bar: Bar) async throws -> LiveFactors? {
        let key = FactorStreamKey(symbol: bar.symbol, timeframe: bar.timeframe, replay: bar.replay)
        return try await locks.with(key.text) {
            if replays.place(key, bar.time.nanoseconds) == .missing {
                let before = try await BarsClient(context).replayed(before: bar)
                let factors = await context.compute(over: before.count) { Self.factors(before) }
                replays.put(key, factors, last: before.times.last)
            }
            return replays.advance(key, bar.time.nanoseconds) { (factors: inout LiveFactors) in
                factors.push(bar)
                return factors
            }
        }
    }

    /// The factors after some bars.
    private nonisolated static func factors(_ bars: BarColumns) -> LiveFactors {
        var factors = LiveFactors()
        for row in 0..<bars.count { factors.push(bars, row: row) }
        return factors
    }
}

/// Whose bars a stream is fed.
struct FactorStreamKey: Hashable, Sendable {
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
struct FactorMessageError: Error, CustomStringConvertible {
    let topic: String
    var description: String { "a message of \(topic) cannot be read" }
}
