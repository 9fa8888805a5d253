public import Market
public import Quant
public import Runtime
public import Wire

/// What an engine computes from the bars of one instrument, bar by bar.
public protocol BarState: Sendable {
    /// Before the first bar.
    init()

    /// Takes the next bar, which began at a time.
    mutating func push(_ values: BarValues, at time: Timestamp)
}

extension BarState {
    /// Takes a bar off the bus as the next.
    public mutating func push(_ bar: Bar) {
        push(BarValues(open: bar.open, high: bar.high, low: bar.low, close: bar.close, volume: bar.volume), at: bar.time)
    }

    /// Takes a stored bar as the next.
    public mutating func push(_ bars: BarColumns, row: Int) {
        push(BarValues(open: bars.open[row], high: bars.high[row], low: bars.low[row], close: bars.close[row],
                       volume: bars.volume[row]),
             at: Timestamp(nanoseconds: bars.times[row]))
    }
}

/// Whose bars a stream is fed.
public struct BarStreamKey: Hashable, Sendable {
    public let symbol: Symbol, timeframe: Timeframe
    /// Nil for live bars.
    public let replay: String?

    /// A stream of live bars, or of a replay's.
    public init(symbol: Symbol, timeframe: Timeframe, replay: String? = nil) {
        self.symbol = symbol
        self.timeframe = timeframe
        self.replay = replay
    }

    /// The instrument whose stored bars a `market.history` message says have changed.
    public init?(history json: JSONValue) {
        guard let symbol = json.member("symbol")?.string.flatMap({ Symbol($0) }),
              let frame = json.member("timeframe")?.string.flatMap(Timeframe.init(rawValue:)) else { return nil }
        self.init(symbol: symbol, timeframe: frame)
    }

    /// A name to lock by.
    var text: String { "\(timeframe.rawValue) \(symbol)" + (replay.map { " \($0)" } ?? "") }
}

/// The states of every instrument that bars come for, live and in replays: advanced in place by each bar, and made again
/// from the stored bars where a stream is not here or history changed under it. The least used are let go beyond a bound.
@LoopActor public final class LiveBarStreams<State: BarState> {
    /// Instruments kept up to date at once, and replays followed.
    private static var liveLimit: Int { 2048 }
    private static var replayLimit: Int { 256 }

    private let context: EngineContext
    private let locks = KeyedLock()
    private var live: BarStreams<BarStreamKey, State>
    private var replays: BarStreams<BarStreamKey, State>

    /// No stream yet.
    public init(_ context: EngineContext) {
        self.context = context
        live = BarStreams(limit: Self.liveLimit)
        replays = BarStreams(limit: Self.replayLimit)
    }

    /// In words, for a health check.
    public var summary: String { "\(live.count) instruments and \(replays.count) replays kept up to date" }

    /// The state after a bar; nil for a replay's bar that comes again, and where nothing is stored of a live one.
    /// Throws `Problem` 503 when stored bars are needed and market data is away.
    public func advance(_ bar: Bar) async throws -> State? {
        let key = BarStreamKey(symbol: bar.symbol, timeframe: bar.timeframe, replay: bar.replay)
        return try await locks.with(key.text) {
            key.replay == nil ? try await advanceLive(key, bar) : try await advanceReplay(key, bar)
        }
    }

    /// A live bar was stored before it was published, so a stream that is not here, or that the bar is not the next
    /// of, is made again from the stored bars.
    private func advanceLive(_ key: BarStreamKey, _ bar: Bar) async throws -> State? {
        if live.place(key, bar.time.nanoseconds) != .next { try await load(key) }
        _ = live.advance(key, bar.time.nanoseconds) { $0.push(bar) }
        return live[key]
    }

    /// A replay's stream starts with its first bar and sees each once; where this engine was not there for the first
    /// ones, as after a restart, they are taken from the store.
    private func advanceReplay(_ key: BarStreamKey, _ bar: Bar) async throws -> State? {
        if replays.place(key, bar.time.nanoseconds) == .missing {
            let before = try await BarsClient(context).replayed(before: bar)
            let state = await context.compute(over: before.count) { Self.state(before) }
            replays.put(key, state, last: before.times.last)
        }
        return replays.advance(key, bar.time.nanoseconds) { (state: inout State) in
            state.push(bar)
            return state
        }
    }

    /// The state over the stored bars of an instrument and the live ones after them; nil where there is no bar.
    public func newest(_ key: BarStreamKey) async throws -> State? {
        try await locks.with(key.text) {
            if live[key] == nil { try await load(key) }
            return live[key]
        }
    }

    /// Makes a live stream again, its stored bars having changed: what it was and what it is; nil where it is not kept,
    /// or nothing is stored any more.
    public func remake(_ key: BarStreamKey) async throws -> (before: State, after: State)? {
        try await locks.with(key.text) {
            guard let before = live[key] else { return nil }
            try await load(key)
            return live[key].map { (before, $0) }
        }
    }

    /// Forgets a live stream: the next bar makes it again.
    public func remove(_ key: BarStreamKey) async { await locks.with(key.text) { live.remove(key) } }

    /// Feeds every stored bar of an instrument; off the loop, for it may be millions.
    private func load(_ key: BarStreamKey) async throws {
        let stored = try await BarsClient(context).bars(key.symbol, key.timeframe)
        live.remove(key)
        guard let last = stored.times.last else { return }
        let state = await context.compute { Self.state(stored) }
        live.put(key, state, last: last)
    }

    private nonisolated static func state(_ bars: BarColumns) -> State {
        var state = State()
        for row in 0..<bars.count { state.push(bars, row: row) }
        return state
    }
}

/// A message that is not what its topic says; it goes to the dead letters.
public struct UnreadableMessage: Error, CustomStringConvertible {
    public let topic: String

    /// Of a topic.
    public init(topic: String) { self.topic = topic }

    public var description: String { "a message of \(topic) cannot be read" }
}
