import EngineKit
import HTTP
import Market
import Quant

/// A part of an execution, of a body.
struct ExecutionFillBody: RequestBody {
    let part: ExecutedPart, time: Timestamp?

    static func read(_ fields: FieldReader) -> ExecutionFillBody {
        let part = ExecutedPart(
            quantity: fields.number("quantity", "Filled; above 0.", above: 0, upTo: 1e15),
            price: fields.number("price", "Paid or received for one.", above: 0, upTo: 1e15),
            fees: fields.optionalNumber("commission", "Fees of this fill, in money.", from: 0, upTo: 1e15) ?? 0,
            marketPrice: fields.optionalNumber(
                "market_price", "The market's price just before it, which tells impact from timing.", above: 0,
                upTo: 1e15))
        return ExecutionFillBody(part: part, time: fields.optionalTime("ts", "When; needed for mark-outs."))
    }
}

/// An execution, of a body: an order with its fills, or one fill told by `price` alone.
struct ExecutionBody: RequestBody {
    let id: String?, symbol: Symbol, side: Side, quantity: Double, currency: String?
    let decision: Double?, arrival: Double?, start: Timestamp?, end: Timestamp?
    let fills: [ExecutionFillBody]

    static func read(_ fields: FieldReader) -> ExecutionBody {
        let quantity = fields.number("quantity", "Wanted; above 0.", above: 0, upTo: 1e15)
        let start = fields.optionalTime("ts", "When the order reached the market.")
        let price = fields.optionalNumber("price", "Average price of all of it, where no fills are listed.", above: 0,
                                          upTo: 1e15)
        let commission = fields.optionalNumber("commission", "Fees of all of it, where no fills are listed.", from: 0,
                                               upTo: 1e15)
        for name in ["price", "commission"] where fields.has("fills") && fields.has(name) {
            fields.refuse(at: [name], "cannot stand beside fills, which have their own")
        }
        var fills = fields.array("fills", "What was carried out; [] where nothing was.", ExecutionFillBody.self,
                                 required: false, limit: 10_000)
        if !fields.has("fills"), let price {
            fills = [ExecutionFillBody(part: ExecutedPart(quantity: quantity, price: price, fees: commission ?? 0),
                                       time: start)]
        }
        fields.require(fields.isDescribing || fields.has("fills") || price != nil, "fills", "or a price must be there")
        let filled = fills.reduce(0) { $0 + $1.part.quantity }
        fields.require(filled <= quantity * (1 + 1e-9), "fills", "sum to \(filled), more than was wanted")
        return ExecutionBody(
            id: fields.optionalString("id", "The caller's name of it.", length: 1...200),
            symbol: fields.symbol("symbol", "The instrument."),
            side: fields.choice("side", "Buying or selling.", Side.self), quantity: quantity,
            currency: fields.optionalString("currency", "The money its prices are in; totals are told by it.",
                                            length: 3...10),
            decision: fields.optionalNumber("decision_price", "The price when it was decided.", above: 0, upTo: 1e15),
            arrival: fields.optionalNumber("arrival_price", "The price when it reached the market.", above: 0,
                                           upTo: 1e15),
            start: start, end: fields.optionalTime("end_ts", "When the order ended; its last fill where left out."),
            fills: fills)
    }
}

/// What was traded in an instrument, of a body: averages as they are known, or the prices they are made of.
struct BenchmarkPricesBody: RequestBody {
    let decision: Double?, arrival: Double?, vwap: Double?, twap: Double?, close: Double?, path: MarketPath?

    static func read(_ fields: FieldReader) -> BenchmarkPricesBody {
        func price(_ name: String, _ doc: String) -> Double? {
            fields.optionalNumber(name, doc, above: 0, upTo: 1e15)
        }
        let path = Self.path(fields)
        return BenchmarkPricesBody(
            decision: price("decision", "When it was decided."), arrival: price("arrival", "When the order arrived."),
            vwap: price("vwap", "Average by volume while the order worked."),
            twap: price("twap", "Average by time while the order worked."),
            close: price("close", "At the end; what was left undone is judged by it."), path: path)
    }

    private static func path(_ fields: FieldReader) -> MarketPath? {
        let times = fields.times("ts", "Times of price and volume, strictly rising.", required: false)
        let prices = fields.numbers("price", "Traded prices.", required: false) ?? []
        let volumes = fields.numbers("volume", "Traded volumes, not below 0.", required: false)
        guard ["ts", "price", "volume"].contains(where: fields.has) else { return nil }
        if let bad = volumes?.firstIndex(where: { $0 < 0 }) {
            fields.refuse(at: ["volume", "\(bad)"], "must not be below 0")
            return nil
        }
        do throws(QuantError) {
            return try MarketPath(times: times.map(\.nanoseconds), prices: prices, volumes: volumes)
        } catch {
            fields.require(fields.isDescribing, "price", error.explanation)
            return nil
        }
    }
}

/// Executions and what they are measured against.
struct ExecutionsBody: RequestBody {
    /// Most executions of one request.
    static let limit = 10_000
    /// Ten years, of which up to three are leap years.
    private static let longestMarkOut: Int64 = 3_653 * 86_400_000_000_000

    let executions: [ExecutionBody], prices: [Symbol: BenchmarkPricesBody]
    let markOuts: [(label: String, nanoseconds: Int64)]

    static func read(_ fields: FieldReader) -> ExecutionsBody {
        let executions = fields.array("executions", "Orders with what became of them.", ExecutionBody.self,
                                      limit: Self.limit)
        let prices = fields.map("benchmark_prices", "Prices by symbol.", BenchmarkPricesBody.self, required: false)
        let labels = fields.strings(
            "markouts", "Times after a fill, as 1m, 1h or 1d; ten years at most.", required: false, limit: 20, length: 10)
        var markOuts: [(String, Int64)] = [], known: [Symbol: BenchmarkPricesBody] = [:]
        for (index, label) in labels.enumerated() {
            if labels.firstIndex(of: label) != index {
                fields.refuse(at: ["markouts", "\(index)"], "is there twice")
            } else if let length = AggregateBody.length(label), length <= longestMarkOut {
                markOuts.append((label, length))
            } else {
                fields.refuse(at: ["markouts", "\(index)"],
                              "must be a length as 30s, 1m, 1h or 1d, of at most ten years")
            }
        }
        for price in prices {
            if let symbol = Symbol(price.name) {
                known[symbol] = price.value
            } else {
                fields.refuse(at: ["benchmark_prices", price.name], "is not a symbol")
            }
        }
        return ExecutionsBody(executions: executions, prices: known, markOuts: markOuts)
    }
}

/// An execution in the path.
struct ExecutionPath: RequestParameters {
    let id: String, timeframe: Timeframe?

    static func read(_ parameters: ParameterReader) -> ExecutionPath {
        ExecutionPath(
            id: parameters.path("execution_id", "An order, or one of its fills."),
            timeframe: parameters.choice(
                "timeframe", "The bars it is measured against; minutes where they are stored, else days.",
                Timeframe.self))
    }
}
