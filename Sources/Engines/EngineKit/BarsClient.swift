import HTTP
public import Market
public import Runtime
import Wire

/// Bars as columns, oldest first. A value that is not stored is NaN.
public struct BarColumns: Sendable {
    public var times: [Int64] = []
    public var open: [Double] = [], high: [Double] = [], low: [Double] = [], close: [Double] = [], volume: [Double] = []
    /// The bars' own volume-weighted prices; nil where none of the instrument's are stored.
    public var vwap: [Double]?
    public init() {}
    public var count: Int { times.count }
}

/// Stored bars, asked of the market data engine.
@LoopActor public struct BarsClient {
    private let reader: MarketDataReader

    /// - Parameter deadlineNanoseconds: how long to wait for an answer; 10 s unless said.
    public init(_ context: EngineContext, deadlineNanoseconds: Int64? = nil) {
        reader = MarketDataReader(
            context: context, what: "stored bars",
            deadlineNanoseconds: deadlineNanoseconds ?? MarketDataReader.usualDeadlineNanoseconds)
    }

    /// The bars of a range, both ends included, or only so many of its end or its beginning; empty where none are stored.
    /// Throws `Problem` 503 when market data is away.
    public func bars(
        _ symbol: Symbol, _ timeframe: Timeframe, from: Timestamp? = nil, to: Timestamp? = nil, last: Int? = nil,
        first: Int? = nil
    ) async throws -> BarColumns {
        if let from, let to, to < from { return BarColumns() }
        var query = "symbol=\(Self.escape(symbol.text))&timeframe=\(timeframe.rawValue)"
        if let from { query += "&from=\(from.iso8601)" }
        if let to { query += "&to=\(to.iso8601)" }
        if let last { query += "&last=\(last)" }
        if let first { query += "&limit=\(first)" }
        let response = try await reader.get("/api/v1/market-data/historical/bars", query)
        if response.status == 404 { return BarColumns() }
        try MarketDataReader.check(response)
        return try JSONParser().withDocument(response.body) { Self.columns($0) }
    }

    /// The bars that a replay published before one of its bars, for a reader that is new to it or was started again:
    /// as many as have been settled. None where the replay is not known or has just begun.
    public func replayed(before bar: Bar) async throws -> BarColumns {
        guard let replay = bar.replay else { return BarColumns() }
        let response = try await reader.get("/market-data/replay/\(Self.escape(replay))", "")
        if response.status == 404 { return BarColumns() }
        try MarketDataReader.check(response)
        let sent = try JSONParser().withDocument(response.body) { $0.member("sent")?.int ?? 0 }
        if sent == 0 { return BarColumns() }
        let before = Timestamp(nanoseconds: bar.time.nanoseconds - 1)
        return try await bars(bar.symbol, bar.timeframe, to: before, last: sent)
    }

    /// Every symbol with stored bars of a timeframe.
    public func symbols(_ timeframe: Timeframe) async throws -> [Symbol] {
        try await reader.symbols("/market-data/symbols", "timeframe=\(timeframe.rawValue)")
    }

    private static func columns(_ root: JSONValue) -> BarColumns {
        var bars = BarColumns()
        root.member("ts")?.forEachElement { value in
            bars.times.append(value.string.flatMap { Timestamp(iso8601: $0) }?.nanoseconds ?? 0)
        }
        func stored(_ name: String) -> [Double]? {
            let found = try? root.member(name)?.doubles().get()
            return found.flatMap { $0.count == bars.times.count ? $0 : nil }
        }
        func column(_ name: String) -> [Double] { stored(name) ?? Array(repeating: .nan, count: bars.times.count) }
        bars.open = column("open")
        bars.high = column("high")
        bars.low = column("low")
        bars.close = column("close")
        bars.volume = column("volume")
        bars.vwap = stored("vwap")
        return bars
    }

    /// Percent-encodes what a query may not hold.
    public static func escape(_ text: String) -> String {
        var out = ""
        for byte in text.utf8 {
            switch byte {
            case 48...57, 65...90, 97...122, 45, 46, 95, 126, 58: out.unicodeScalars.append(Unicode.Scalar(byte))
            default: out += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
        return out
    }
}
