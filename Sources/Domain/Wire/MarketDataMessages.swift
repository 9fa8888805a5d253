public import Market

extension Bar: WireValue {
    public init?(json: JSONValue) {
        guard let symbol = json.symbol("symbol"), let frame = json.text("timeframe").flatMap(Timeframe.init(rawValue:)),
              let time = json.time("ts") else { return nil }
        self.init(symbol: symbol, timeframe: frame, time: time, open: json.number("open"), high: json.number("high"),
                  low: json.number("low"), close: json.number("close"), volume: json.number("volume"),
                  vwap: json.number("vwap"), replay: json.text("replay"))
    }

    public func write(to json: inout JSONWriter) {
        json.beginObject()
        json.member("symbol", symbol.text)
        json.member("timeframe", timeframe.rawValue)
        json.member("ts", time)
        json.member("open", open)
        json.member("high", high)
        json.member("low", low)
        json.member("close", close)
        json.member("volume", volume)
        if !vwap.isNaN { json.member("vwap", vwap) }
        if let replay { json.member("replay", replay) }
        json.endObject()
    }
}

extension Quote: WireValue {
    public init?(json: JSONValue) {
        guard let symbol = json.symbol("symbol"), let time = json.time("ts") else { return nil }
        self.init(symbol: symbol, time: time, bid: json.number("bid"), ask: json.number("ask"),
                  bidSize: json.number("bid_size"), askSize: json.number("ask_size"))
    }

    public func write(to json: inout JSONWriter) {
        json.beginObject()
        json.member("symbol", symbol.text)
        json.member("ts", time)
        json.member("bid", bid)
        json.member("ask", ask)
        json.member("bid_size", bidSize)
        json.member("ask_size", askSize)
        json.endObject()
    }
}
