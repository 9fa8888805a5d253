import EngineKit
import HTTP
import Market
import Runtime
import Store
import Wire

/// A quote to take.
struct QuoteBody: RequestBody {
    let quote: Quote
    /// Nil where it is of now.
    let time: Timestamp?

    static func read(_ fields: FieldReader) -> QuoteBody {
        let symbol = fields.symbol("symbol", "The instrument.")
        let time = fields.optionalTime("ts", "When it was quoted, at most 5 s from now; now when left out.")
        let bid = fields.optionalNumber("bid", "Best bid.", above: 0, upTo: BarChecker.largest),
            ask = fields.optionalNumber("ask", "Best offer.", above: 0, upTo: BarChecker.largest)
        let bidSize = fields.optionalNumber("bid_size", "Quantity bid.", from: 0)
        let askSize = fields.optionalNumber("ask_size", "Quantity offered.", from: 0)
        fields.require(bid != nil || ask != nil, "bid", "bid or ask must be there")
        let quote = Quote(symbol: symbol, time: time ?? Timestamp(nanoseconds: 0), bid: bid ?? .nan, ask: ask ?? .nan,
                          bidSize: bidSize ?? .nan, askSize: askSize ?? .nan)
        return QuoteBody(quote: quote, time: time)
    }
}

/// A symbol in the path.
struct SymbolPath: RequestParameters {
    let symbol: Symbol
    static func read(_ parameters: ParameterReader) -> SymbolPath {
        SymbolPath(symbol: parameters.pathSymbol("symbol", "The instrument."))
    }
}

/// Which bars to replay, how fast.
struct ReplayBody: RequestBody {
    let symbol: Symbol, timeframe: Timeframe, speed: Double, from: Timestamp?, to: Timestamp?

    static func read(_ fields: FieldReader) -> ReplayBody {
        let symbol = fields.symbol("symbol", "The instrument.")
        let timeframe = fields.optionalChoice("timeframe", "The length of a bar; 1d unless said.", Timeframe.self)
        let speed = fields.optionalNumber(
            "speed", "Bars a second; 0 is as fast as acknowledged, else at least 0.00001; 10 unless said.", from: 0,
            upTo: ReplaySpeed.largest) ?? 10
        fields.require(ReplaySpeed.isLegal(speed), "speed", "must be \(ReplaySpeed.range)")
        let from = fields.optionalTime("from", "The first bar."), to = fields.optionalTime("to", "The last bar.")
        if let from, let to { fields.require(from <= to, "to", "must not be before from") }
        return ReplayBody(symbol: symbol, timeframe: timeframe ?? .day1, speed: speed, from: from, to: to)
    }
}

/// A replay's id in the path.
struct ReplayPath: RequestParameters {
    let id: String
    static func read(_ parameters: ParameterReader) -> ReplayPath {
        ReplayPath(id: parameters.path("replay_id", "The id that starting it answered with."))
    }
}

extension MarketDataEngine {
    var quoteRoutes: [Route] {
        [
            .json(.post, "/market-data/quotes", "Takes a quote: checked, kept as the latest, published.",
                  example: #"{"symbol":"GOOG","bid":806.1,"ask":806.3}"#,
                      answer: #"{"symbol":"GOOG","accepted":true}"#) {
                [unowned self] (_: NoParameters, body: QuoteBody, _) in
                var quote = body.quote
                quote.time = body.time ?? context.clock.now
                try take(quote)
                return JSONBody { json in
                    json.beginObject()
                    json.key("symbol")
                    json.string(quote.symbol.text)
                    json.key("accepted")
                    json.bool(true)
                    json.endObject()
                }
            },
            .json(.get, "/market-data/quote/{symbol}", "The latest quote, or the last stored close where none came.",
                  answer: """
                    {"symbol":"GOOG","ts":"2013-03-01T00:00:00Z","bid":null,"ask":null,"price":806.19,"source":"bar"}
                    """, errors: [404, 503]) { [unowned self] (path: SymbolPath, _: NoBody, _) in
                try await latest(path.symbol)
            },
            .json(.get, "/market-data/quarantine", "Quotes that were refused, newest last, with the reason.",
                  answer: """
                    {"items":[{"symbol":"GOOG","reason":"the book is crossed","ts":"2024-01-02T00:00:00Z"}],\
                    "next_cursor":null}
                    """) { [unowned self] (_: NoParameters, _: NoBody, _) in
                JSONBody.page(quotes.quarantined) { json, item in
                    json.object { json in
                        json.field("symbol", item.quote.symbol.text)
                        json.field("reason", item.reason)
                        json.field("ts", item.at)
                    }
                }
            },
        ]
    }

    private func latest(_ symbol: Symbol) async throws -> JSONBody {
        if let quote = quotes[symbol] {
            let price = quote.bid.isNaN ? quote.ask : quote.ask.isNaN ? quote.bid : (quote.bid + quote.ask) / 2
            return Self.quoteAnswer(symbol, quote.time, quote.bid, quote.ask, price, "quote")
        }
        guard let close = try await lastClose(symbol) else {
            throw Problem.notFound("nothing is known of \(symbol): no quote came and no bar is stored")
        }
        return Self.quoteAnswer(symbol, close.time, .nan, .nan, close.price, "bar")
    }

    /// The stored close that was known last, whatever the length of its bar; of those of one moment that of the shortest.
    /// It was known when its bar ended, and where that was stored before its end, then. Bars made of shorter ones are
    /// asked only where none else are stored.
    private func lastClose(_ symbol: Symbol) async throws -> (time: Timestamp, price: Double)? {
        for key in [Self.key, Self.rolledUpKey] {
            var found: (time: Timestamp, price: Double, known: Timestamp)?
            for frame in Timeframe.allCases {
                guard let bars = try await newest(key(symbol, frame)), let time = bars.ts.last,
                      let price = bars.column("close")?.last else { continue }
                let start = Timestamp(nanoseconds: time), end = start.adding(nanoseconds: frame.nanoseconds)
                let stored = try await series.info(key(symbol, frame))?.recordedAt ?? end, known = min(end, stored)
                if found.map({ known > $0.known }) ?? true { found = (start, price, known) }
            }
            if let found { return (found.time, found.price) }
        }
        return nil
    }

    /// The newest stored close; nil where no such bars are stored. A store that is away does not know: 503.
    private func newest(_ key: SeriesKey) async throws -> SeriesColumns? {
        let series = try series
        do throws(StoreError) {
            return try await series.read(key, range: .newest(1), columns: ["close"])
        } catch {
            if error.code == .notFound { return nil }
            if error.isOutage { throw Problem.unavailable("series", error.description) }
            throw error
        }
    }

    private static func quoteAnswer(
        _ symbol: Symbol, _ time: Timestamp, _ bid: Double, _ ask: Double, _ price: Double, _ source: String
    ) -> JSONBody {
        JSONBody { json in
            json.beginObject()
            json.key("symbol")
            json.string(symbol.text)
            json.key("ts")
            json.time(time)
            json.key("bid")
            json.double(bid)
            json.key("ask")
            json.double(ask)
            json.key("price")
            json.double(price)
            json.key("source")
            json.string(source)
            json.endObject()
        }
    }

    var replayRoutes: [Route] {
        let answer = """
            {"id":"0f…","symbol":"GOOG","timeframe":"1d","speed":0,"state":"running","sent":0,"total":2148,"detail":""}
            """
        return [
            .json(.post, "/market-data/replay", "Publishes stored bars as live messages, at a speed.",
                  example: #"{"symbol":"GOOG","timeframe":"1d","speed":0,"from":"2013-01-02"}"#, answer: answer,
                  errors: [404, 503]) { [unowned self] (_: NoParameters, body: ReplayBody, request) in
                try await idempotency.once(request) { record in
                    let range = SeriesRange(from: body.from, to: body.to)
                    let key = Self.key(body.symbol, body.timeframe)
                    guard try await series.info(key) != nil else {
                        throw Problem.notFound("no \(body.timeframe.rawValue) bars of \(body.symbol) are stored")
                    }
                    let bars = try await series.read(key, range: range, columns: nil)
                    let replay = replays.start(bars, body.symbol, body.timeframe, speed: body.speed)
                    let answer = JSONBody { replay.write(to: &$0) }
                    let remembered = record.statements(answer, context)
                    if !remembered.isEmpty { try await context.commit(remembered) }
                    return answer
                }
            },
            .json(.get, "/market-data/replay/{replay_id}", "How far a replay is.", answer: answer, errors: [404]) {
                [unowned self] (path: ReplayPath, _: NoBody, _) in
                guard let replay = replays[path.id] else { throw Problem.notFound("no replay \(path.id)") }
                return JSONBody { replay.write(to: &$0) }
            },
            .json(.delete, "/market-data/replay/{replay_id}", "Stops a replay.", answer: answer, errors: [404, 409]) {
                [unowned self] (path: ReplayPath, _: NoBody, _) in
                guard let replay = replays[path.id] else { throw Problem.notFound("no replay \(path.id)") }
                if !replays.cancel(path.id) { throw Problem.conflict("replay \(path.id) is \(replay.state.rawValue)") }
                return JSONBody { replay.write(to: &$0) }
            },
        ]
    }
}
