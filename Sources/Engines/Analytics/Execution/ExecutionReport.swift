import EngineKit
import HTTP
import Market
import Quant
import Wire

/// One order with the market around it, ready to be measured and told.
struct MeasuredExecution: Sendable {
    let id: String?, symbol: String, currency: String?
    let order: ExecutedOrder, cost: ExecutionCost
    let markOuts: [(label: String, basisPoints: Double?)]

    /// Measures an order that arrived at `start` against a path; prices that are told already stand.
    init(
        id: String?, symbol: Symbol, currency: String?, order given: ExecutedOrder, fillTimes: [Int64?],
        start: Int64?, end: Int64?, path: MarketPath?, markOuts wanted: [(label: String, nanoseconds: Int64)]
    ) throws(QuantError) {
        var order = given
        if let path, let start {
            let last = max(start, end ?? fillTimes.compactMap { $0 }.max() ?? start)
            order.arrival = order.arrival ?? path.price(at: start)
            order.vwap = order.vwap ?? path.volumeWeighted(from: start, to: last)
            order.twap = order.twap ?? path.timeWeighted(from: start, to: last)
            order.close = order.close ?? path.close(from: last)
        }
        self.id = id
        self.symbol = symbol.text
        self.currency = currency
        self.order = order
        cost = try ExecutionCost(order)
        markOuts = wanted.map { label, length in
            (label, ExecutionCost.markOut(order, later: fillTimes.map { time in
                time.flatMap { path?.price(length, after: $0) }
            }))
        }
    }

    /// Against arrival, else decision, else the averages: what stands for the order in totals.
    var slippage: ExecutionCost.Slippage? {
        cost.againstArrival ?? cost.againstDecision ?? cost.againstVWAP ?? cost.againstTWAP ?? cost.againstClose
    }

    /// The whole shortfall where it is known, else slippage with fees.
    var total: Double? { cost.shortfall?.total ?? slippage.map { $0.cost + cost.fees } }

    private var benchmarks: [(name: String, slippage: ExecutionCost.Slippage?, price: Double?)] {
        [("arrival", cost.againstArrival, order.arrival), ("decision", cost.againstDecision, order.decision),
         ("vwap", cost.againstVWAP, order.vwap), ("twap", cost.againstTWAP, order.twap),
         ("close", cost.againstClose, order.close)]
    }

    /// Members of the execution's object.
    func writeMembers(to json: inout JSONWriter) {
        if let id { json.field("id", id) }
        json.field("symbol", symbol)
        json.field("side", order.isBuy ? "buy" : "sell")
        if let currency { json.field("currency", currency) }
        json.field("quantity", order.quantity)
        json.field("filled_quantity", cost.filled)
        json.field("fill_ratio", cost.fillRatio)
        json.field("fills", order.parts.count)
        json.field("average_price", cost.averagePrice ?? .nan)
        json.field("notional", cost.notional)
        json.field("fees", cost.fees)
        json.field("slippage_bps", slippage?.basisPoints ?? .nan)
        json.field("cost", total ?? .nan)
        json.object("slippage") { json in
            for benchmark in benchmarks {
                guard let slippage = benchmark.slippage else { continue }
                json.object(benchmark.name) { json in
                    json.field("price", slippage.price)
                    json.field("per_share", slippage.perShare)
                    json.field("cost", slippage.cost)
                    json.field("bps", slippage.basisPoints)
                }
            }
        }
        json.key("implementation_shortfall")
        if let shortfall = cost.shortfall { Self.write(shortfall, &json) } else { json.null() }
        if !markOuts.isEmpty {
            json.object("markouts") { json in
                for markOut in markOuts { json.field(markOut.label, markOut.basisPoints ?? .nan) }
            }
        }
        json.strings("missing", benchmarks.filter { $0.price == nil }.map(\.name))
    }

    private static func write(_ shortfall: ImplementationShortfall, _ json: inout JSONWriter) {
        json.object { json in
            for (name, value) in [
                ("delay", shortfall.delay), ("impact", shortfall.impact), ("timing", shortfall.timing),
                ("opportunity", shortfall.opportunity), ("fees", shortfall.fees), ("total", shortfall.total),
                ("bps", shortfall.basisPoints),
            ] { json.field(name, value) }
            json.field("market_prices", shortfall.market.rawValue)
        }
    }
}

/// Executions and their totals, which are told apart by currency.
struct ExecutionReport: ResponseBody {
    let executions: [MeasuredExecution]

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.array("executions", executions) { json, execution in
                json.object { execution.writeMembers(to: &$0) }
            }
            let currencies = Set(executions.map { $0.currency ?? "" }).sorted()
            json.array("totals", currencies) { json, currency in
                let own = executions.filter { ($0.currency ?? "") == currency }
                json.object { Self.writeTotals(own, currency, &$0) }
            }
            Self.writeConventions(&json)
        }
    }

    private static func writeTotals(_ own: [MeasuredExecution], _ currency: String, _ json: inout JSONWriter) {
        func sum(_ value: (MeasuredExecution) -> Double?) -> Double { own.reduce(0) { $0 + (value($1) ?? 0) } }
        let slipped = own.filter { $0.slippage != nil }
        json.key("currency")
        if currency.isEmpty { json.null() } else { json.string(currency) }
        json.field("executions", own.count)
        json.field("notional", sum(\.cost.notional))
        json.field("fees", sum(\.cost.fees))
        json.field("fill_ratio", ExecutionCost.fillRatio(of: own.map(\.cost)) ?? .nan)
        json.field("cost", own.contains { $0.total != nil } ? sum(\.total) : .nan)
        let base = slipped.reduce(0) { $0 + $1.cost.filled * ($1.slippage?.price ?? 0) }
        json.field("slippage_bps", base > 0 ? slipped.reduce(0) { $0 + ($1.slippage?.cost ?? 0) } / base * 1e4 : .nan)
        let split = own.compactMap(\.cost.shortfall)
        json.object("implementation_shortfall") { json in
            json.field("executions", split.count)
            for (name, part) in [
                ("delay", \.delay), ("impact", \.impact), ("timing", \.timing), ("opportunity", \.opportunity),
                ("fees", \.fees), ("total", \.total),
            ] as [(String, KeyPath<ImplementationShortfall, Double>)] {
                json.field(name, split.reduce(0) { $0 + $1[keyPath: part] })
            }
        }
    }

    static func writeConventions(_ json: inout JSONWriter) {
        json.object("conventions") { json in
            json.field("sign", "a cost is positive: buying above a price, selling below it")
            json.field("slippage", "s(average − price); bps over the price; s is 1 for buying, −1 for selling")
            json.field("implementation_shortfall",
                       "paper gain at the decision's price less real gain; its parts and the fees sum to it")
            json.field("fill_ratio",
                       "filled over wanted; of totals by value, null where no price of an order is known")
            json.field("markouts",
                       "s(later price/fill price − 1) in bps, by quantity; the first price at or after")
        }
    }
}
