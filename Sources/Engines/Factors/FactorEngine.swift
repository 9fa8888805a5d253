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
    private(set) lazy var remakes = LiveRemakes(context) { [unowned self] symbol, cause in
        for (key, remade) in try await streams.remake(symbol) { tell(remade, of: key, since: nil, cause) }
    }

    public init(_ context: EngineContext) {
        self.context = context
        stored = StoredColumns(context)
        streams = LiveBarStreams(context) { LiveFactors(facts: try await FactsClient(context).facts($0)) }
    }

    public nonisolated static var migrations: [Migration] { JobRecords.migrations }

    public func start() async throws {
        try await jobs.start { [unowned self] in try await adding($1, to: bars($0)) }
    }

    public func stop() async {
        await remakes.stop()
        await jobs.stop()
    }

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
            group: Self.name.rawValue, families: [Topics.bar, Topics.history, Topics.facts],
            workers: 1...context.configuration.workers(of: Self.name), batchLimit: 64
        ) { [weak self] batch in
            for message in batch { try await self?.take(message) }
        }]
    }

    private func take(_ message: Message) async throws {
        switch message.topic.family {
        case Topics.history.name:
            guard let (key, first) = try JSONParser().withDocument(message.data, { json in
                BarStreamKey(history: json).map { key in
                    (key, json.member("first")?.string.flatMap { Timestamp(iso8601: $0) })
                }
            }) else { throw UnreadableMessage(topic: message.topic.description) }
            // Columns are of daily bars.
            if key.timeframe == .day1 { stored.invalidate(key.symbol) }
            try await remakes.catchUp(key.symbol)
            if let remade = try await streams.remake(key) { tell(remade, of: key, since: first, message) }
        case Topics.facts.name:
            guard let symbols = try JSONParser().withDocument(message.data, { Self.symbols($0) }) else {
                throw UnreadableMessage(topic: message.topic.description)
            }
            for symbol in symbols { stored.invalidate(symbol) }
            // A filing season may name thousands: they are made again one by one, behind bars and whatever else comes.
            let followed = streams.symbols
            remakes.add(symbols.filter(followed.contains), message)
        default:
            guard let bar = try JSONParser().withDocument(message.data, { Bar(json: $0) }) else {
                throw UnreadableMessage(topic: message.topic.description)
            }
            let key = BarStreamKey(symbol: bar.symbol, timeframe: bar.timeframe, replay: bar.replay)
            try await remakes.catchUp(bar.symbol)
            switch try await streams.take(bar) {
            case .next(let factors):
                context.publish([context.message(Topics.factor, bar.symbol.text, time: bar.closeTime, cause: message,
                                                 data: factors.update(key))])
            case .remade(let remade): tell(remade, of: key, since: bar.time, message)
            case nil: return
            }
        }
    }

    /// The symbols that a `market.facts` message names; nil where it is none.
    private nonisolated static func symbols(_ json: JSONValue) -> [Symbol]? {
        guard let list = json.member("symbols") else { return nil }
        var symbols: [Symbol] = []
        list.forEachElement { if let symbol = $0.string.flatMap({ Symbol($0) }) { symbols.append(symbol) } }
        return symbols
    }

    /// Stored bars or facts were added or restated, or a live bar came late: live factors that are kept were made again,
    /// and are told where their values or their time are no longer what was told. It is a correction where the bar that
    /// was told last would have other values now.
    private func tell(
        _ remade: RemadeStream<LiveFactors>, of key: BarStreamKey, since first: Timestamp?, _ cause: Message
    ) {
        let factors = remade.after
        guard !factors.isSame(as: remade.before), let time = factors.time else { return }
        let isOther = !remade.again.isSame(as: remade.before)
        context.publish([context.message(
            Topics.factor, key.symbol.text, time: time, cause: cause,
            data: factors.update(key, correction: isOther ? LiveFactors.Correction(since: first) : nil))])
    }
}
