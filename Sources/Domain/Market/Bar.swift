/// One bar of one instrument. A value the source did not have is NaN; a price that is there is above zero.
public struct Bar: Sendable, Equatable {
    public var symbol: Symbol
    public var timeframe: Timeframe
    /// When the bar began.
    public var time: Timestamp
    public var open: Double, high: Double, low: Double, close: Double, volume: Double
    /// The bar's own volume-weighted price; NaN where the source has none.
    public var vwap: Double
    /// The replay this bar is part of; nil for a live one. Streams of different replays never mix.
    public var replay: String?

    public init(
        symbol: Symbol, timeframe: Timeframe, time: Timestamp, open: Double, high: Double, low: Double, close: Double,
        volume: Double, vwap: Double = .nan, replay: String? = nil
    ) {
        self.vwap = vwap
        self.replay = replay
        self.symbol = symbol
        self.timeframe = timeframe
        self.time = time
        self.open = open
        self.high = high
        self.low = low
        self.close = close
        self.volume = volume
    }

    /// When the bar ended: the moment its close is known.
    public var closeTime: Timestamp { time.adding(nanoseconds: timeframe.nanoseconds) }
}

/// The best bid and offer of an instrument. A side that is not there is NaN.
public struct Quote: Sendable, Equatable {
    public var symbol: Symbol
    public var time: Timestamp
    public var bid: Double, ask: Double, bidSize: Double, askSize: Double

    public init(symbol: Symbol, time: Timestamp, bid: Double, ask: Double, bidSize: Double = .nan,
        askSize: Double = .nan) {
        self.symbol = symbol
        self.time = time
        self.bid = bid
        self.ask = ask
        self.bidSize = bidSize
        self.askSize = askSize
    }
}
