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
        push(BarValues(bar), at: bar.time)
    }

    /// Takes a stored bar as the next.
    public mutating func push(_ bars: BarColumns, row: Int) {
        push(BarValues(bars, row: row), at: Timestamp(nanoseconds: bars.times[row]))
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

    /// The state before the first bar of an instrument, with what it needs beside bars. Throws `Problem` 503 where that
    /// cannot be had now.
    public typealias Blank = @LoopActor (Symbol) async throws -> State

    private let context: EngineContext
    private let blank: Blank
    private let locks = KeyedLock()
    private var live: BarStreams<BarStreamKey, State>
    private var replays: BarStreams<BarStreamKey, State>

    /// Stored bars that are read at once: what the loop does for them takes some milliseconds.
    public nonisolated static var partRows: Int { 8192 }
    private let rows: Int

    /// No stream yet. Stored bars are read so many `rows` at a time.
    public init(
        _ context: EngineContext, rows: Int = LiveBarStreams.partRows, blank: @escaping Blank = { _ in State() }
    ) {
        self.context = context
        self.rows = rows
        self.blank = blank
        live = BarStreams(limit: Self.liveLimit)
        replays = BarStreams(limit: Self.replayLimit)
    }

    /// In words, for a health check.
    public var summary: String { "\(live.count) instruments and \(replays.count) replays kept up to date" }

    /// The instruments that are followed, live or in replays.
    public var symbols: Set<Symbol> { Set(live.keys.map(\.symbol)).union(replays.keys.map(\.symbol)) }

    /// What a bar was to its stream, and the state after it; nil for a replay's bar that comes again, and where nothing is
    /// stored of a live one. Throws `Problem` 503 when stored bars are needed and market data is away.
    public func take(_ bar: Bar) async throws -> TakenBar<State>? {
        let key = BarStreamKey(symbol: bar.symbol, timeframe: bar.timeframe, replay: bar.replay)
        return try await locks.with(key.text) {
            key.replay == nil ? try await takeLive(key, bar) : try await advanceReplay(key, bar).map { .next($0) }
        }
    }

    /// A live bar was stored before it was published, so a stream that is not here, or that the bar is not the next
    /// of, is made again from the stored bars.
    private func takeLive(_ key: BarStreamKey, _ bar: Bar) async throws -> TakenBar<State>? {
        let time = bar.time.nanoseconds
        switch live.place(key, time) {
        case .past: return try await remakeLive(key).map { .remade($0) }
        case .missing: try await load(key)
        case .next: break
        }
        _ = live.advance(key, time) { $0.push(bar) }
        return live[key].map { .next($0) }
    }

    /// A replay's stream starts with its first bar and sees each once; where this engine was not there for the first
    /// ones, as after a restart, they are taken from the store.
    private func advanceReplay(_ key: BarStreamKey, _ bar: Bar) async throws -> State? {
        if replays.place(key, bar.time.nanoseconds) == .missing {
            let before = try await BarsClient(context).replayed(before: bar)
            let blank = try await blank(key.symbol)
            let state = await context.compute(over: before.count) { Self.state(before, 0..<before.count, after: blank) }
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

    /// Makes a live stream again, its stored bars having changed; nil where it is not kept, or nothing is stored any
    /// more.
    public func remake(_ key: BarStreamKey) async throws -> RemadeStream<State>? {
        try await locks.with(key.text) { try await remakeLive(key) }
    }

    private func remakeLive(_ key: BarStreamKey) async throws -> RemadeStream<State>? {
        guard let before = live[key], let last = live.last(key) else { return nil }
        let again = try await load(key, until: last)
        return live[key].map { RemadeStream(before: before, again: again, after: $0) }
    }

    /// What is known of an instrument beside its bars has changed: its live streams are made again, and answered with
    /// their keys; a replay's are forgotten, as their next bar makes them again.
    public func remake(_ symbol: Symbol) async throws -> [(key: BarStreamKey, remade: RemadeStream<State>)] {
        for key in replays.keys.filter({ $0.symbol == symbol }) {
            await locks.with(key.text) { replays.remove(key) }
        }
        var remade: [(key: BarStreamKey, remade: RemadeStream<State>)] = []
        for key in live.keys.filter({ $0.symbol == symbol }) {
            if let stream = try await remake(key) { remade.append((key, stream)) }
        }
        return remade
    }

    /// Forgets a live stream: the next bar makes it again.
    public func remove(_ key: BarStreamKey) async { await locks.with(key.text) { live.remove(key) } }

    /// Feeds every stored bar of an instrument; off the loop and in parts, for it may be millions. Answers the state after
    /// the bars up to a time. Bars that change between two parts are told afterwards and make the stream again.
    @discardableResult
    private func load(_ key: BarStreamKey, until time: Int64 = .min) async throws -> State {
        var then = try await blank(key.symbol), now = then, last: Int64?, isMore = true
        while isMore {
            let part = try await BarsClient(context).bars(
                key.symbol, key.timeframe, from: last.map { Timestamp(nanoseconds: $0 + 1) }, first: rows)
            let before = (then, now)
            (then, now) = await context.compute {
                let count = part.times.prefix { $0 <= time }.count
                let middle = Self.state(part, 0..<count, after: before.1)
                return (count > 0 ? middle : before.0, Self.state(part, count..<part.count, after: middle))
            }
            last = part.times.last ?? last
            isMore = part.count == rows
        }
        live.remove(key)
        if let last { live.put(key, now, last: last) }
        return then
    }

    private nonisolated static func state(_ bars: BarColumns, _ rows: Range<Int>, after: State) -> State {
        var state = after
        for row in rows { state.push(bars, row: row) }
        return state
    }
}

/// What a bar was to its stream.
public enum TakenBar<State: BarState>: Sendable {
    /// The next one: the state after it.
    case next(State)
    /// Not after those that the stream had seen, so the stream was made again from the stored bars.
    case remade(RemadeStream<State>)
}

/// A stream that was made again from the stored bars.
public struct RemadeStream<State: BarState>: Sendable {
    /// What it was.
    public let before: State
    /// After the stored bars up to the newest one it had seen: what it would have been, had they been so then.
    public let again: State
    /// After all stored bars.
    public let after: State
}

/// A message that is not what its topic says; it goes to the dead letters.
public struct UnreadableMessage: Error, CustomStringConvertible {
    public let topic: String

    /// Of a topic.
    public init(topic: String) { self.topic = topic }

    public var description: String { "a message of \(topic) cannot be read" }
}
