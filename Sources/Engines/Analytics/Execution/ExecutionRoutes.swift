import EngineKit
import HTTP
import Market
import Quant
import Runtime
import Wire

/// Executions: those of a body, and those of stored orders.
extension AnalyticsEngine {
    private static let executionsExample = """
        {"executions":[{"id":"o1","symbol":"GOOG","side":"buy","quantity":100,"decision_price":800,\
        "ts":"2024-01-02T14:30:00Z","fills":[{"quantity":60,"price":801,"commission":1,"ts":"2024-01-02T14:30:30Z"},\
        {"quantity":20,"price":802,"commission":0.5,"ts":"2024-01-02T14:31:30Z"}]}],"benchmark_prices":{"GOOG":\
        {"ts":["2024-01-02T14:30:00Z","2024-01-02T14:31:00Z","2024-01-02T14:32:00Z","2024-01-02T14:40:00Z"],\
        "price":[800.5,801.5,801.8,803],"volume":[1000,800,900,1200]}},"markouts":["1m","5m"]}
        """

    private static let executionExample = """
        {"id":"o1","symbol":"GOOG","side":"buy","quantity":100,"filled_quantity":80,"fill_ratio":0.8,"fills":2,\
        "average_price":801.25,"notional":64100,"fees":1.5,"slippage_bps":9.37,"cost":141.5,\
        "slippage":{"arrival":{"price":800.5,"per_share":0.75,"cost":60,"bps":9.37}},\
        "implementation_shortfall?":{"delay":40,"impact":24.4,"timing":35.6,"opportunity":60,"fees":1.5,"total":161.5,\
        "bps":20.2,"market_prices":"vwap"},"markouts":{"1m":6.9},"missing":[]
        """

    /// Bars around an order that its prices are taken from.
    private static let barsAround = 5000
    private static let orderDeadline: Int64 = 5_000_000_000

    /// Executions of a body and of stored orders.
    var executionRoutes: [Route] { [executionsRoute.calculation, executionRoute] }

    private var executionsRoute: Route {
        .json(.post, "/api/v1/sprint3/analytics/execution/analyze",
              "Slippage, implementation shortfall with its parts, fill ratios and mark-outs of executions.",
              example: Self.executionsExample,
              answer: "{\"executions\":[\(Self.executionExample)}],\"totals\":[{\"currency\":null}]}") {
            [unowned self] (_: NoParameters, body: ExecutionsBody, _) in
            try await context.compute(over: body.executions.reduce(0) { $0 + $1.fills.count * 40 }) {
                var measured: [MeasuredExecution] = [], errors: [FieldError] = []
                for (index, execution) in body.executions.enumerated() {
                    do throws(QuantError) {
                        measured.append(try Self.measure(execution, body))
                    } catch {
                        errors.append(FieldError(pointer: "/executions/\(index)", message: error.explanation))
                    }
                }
                if !errors.isEmpty { throw Problem.invalid(errors) }
                return ExecutionReport(executions: measured)
            }
        }
    }

    private nonisolated static func measure(
        _ execution: ExecutionBody, _ body: ExecutionsBody
    ) throws(QuantError) -> MeasuredExecution {
        let prices = body.prices[execution.symbol]
        let order = ExecutedOrder(
            isBuy: execution.side == .buy, quantity: execution.quantity, parts: execution.fills.map(\.part),
            decision: execution.decision ?? prices?.decision, arrival: execution.arrival ?? prices?.arrival,
            vwap: prices?.vwap, twap: prices?.twap, close: prices?.close)
        return try MeasuredExecution(
            id: execution.id, symbol: execution.symbol, currency: execution.currency, order: order,
            fillTimes: execution.fills.map { $0.time?.nanoseconds }, start: execution.start?.nanoseconds,
            end: execution.end?.nanoseconds, path: prices?.path, markOuts: body.markOuts)
    }

    // MARK: Stored orders

    private var executionRoute: Route {
        .json(.get, "/api/v1/analytics/execution/{execution_id}",
              "Slippage, fill quality and cost of one order, against stored bars.",
              answer: Self.executionExample + ",\"state\":\"filled\",\"timeframe\":\"1d\"}", errors: [404, 503]) {
            [unowned self] (path: ExecutionPath, _: NoBody, _) in
            let stored = try await storedOrder(path.id)
            let (timeframe, bars) = try await bars(around: stored, path.timeframe)
            let measured = try Self.measure(stored, bars, timeframe)
            return JSONBody { json in
                json.object { json in
                    json.field("execution_id", path.id)
                    measured.writeMembers(to: &json)
                    for (name, text) in [
                        ("portfolio_id", stored.portfolioID), ("strategy_id", stored.strategyID),
                        ("state", stored.state), ("timeframe", timeframe.rawValue),
                    ] { json.field(name, text) }
                    json.field("ts", stored.time)
                    json.field("bars", bars.count)
                    ExecutionReport.writeConventions(&json)
                }
            }
        }
    }

    /// The order of an id, or the one whose fill it is.
    private func storedOrder(_ id: String) async throws -> ToldOrder {
        if let order = try await order(id) { return order }
        if let dot = id.lastIndex(of: "."), let order = try await order(String(id[..<dot])),
           let fill = order.fills.first(where: { $0.id == id }) {
            return order.only(fill)
        }
        throw Problem.notFound("no execution \(id)")
    }

    private func order(_ id: String) async throws -> ToldOrder? {
        guard ToldOrder.isPlain(id) else { return nil }
        let response = try await ask(.strategy, "/orders/\(id)")
        if response.status == 404 { return nil }
        guard response.status == 200 else { throw Problem.unavailable("strategy", "it answered \(response.status)") }
        return try JSONParser().withDocument(response.body) { ToldOrder(json: $0) }
    }

    /// A question to another engine.
    func ask(_ engine: EngineName, _ path: String, _ query: String = "") async throws -> Response {
        let request = Request(method: .get, path: path, query: query, headers: ["Host": "localhost"])
        do throws(PeerError) {
            return try await context.peers.send(request, to: engine, deadlineNanoseconds: Self.orderDeadline)
        } catch {
            throw Problem.unavailable(engine.rawValue, "it cannot be asked: \(error)")
        }
    }

    /// Bars from before the order until well after its last fill: minutes where some are stored then, else days.
    private func bars(around order: ToldOrder, _ named: Timeframe?) async throws -> (Timeframe, BarColumns) {
        let last = order.fills.map(\.time).max() ?? order.time
        for timeframe in named.map({ [$0] }) ?? [.minute1, .day1] {
            let step = timeframe.nanoseconds
            let bars = try await BarsClient(context).bars(
                order.symbol, timeframe, from: order.time.adding(nanoseconds: -20 * step),
                to: last.adding(nanoseconds: 40 * step), last: Self.barsAround)
            if bars.count > 0 || timeframe == .day1 || named != nil { return (timeframe, bars) }
        }
        return (.day1, BarColumns())
    }

    private static func measure(
        _ stored: ToldOrder, _ bars: BarColumns, _ timeframe: Timeframe
    ) throws -> MeasuredExecution {
        do throws(QuantError) {
            let step = timeframe.nanoseconds, start = stored.time.nanoseconds
            let market = try ExecutionMarket(
                times: bars.times, high: bars.high, low: bars.low, close: bars.close, volume: bars.volume,
                known: stored.deploymentID.isEmpty ? step : 0)
            let order = market.measured(stored.order, from: start, to: stored.lastTime.nanoseconds), path = market.path
            return try MeasuredExecution(
                id: stored.id, symbol: stored.symbol, currency: nil, order: order,
                fillTimes: stored.fills.map { $0.time.nanoseconds }, start: nil, end: nil, path: path,
                markOuts: [1, 5, 20].map { ("\($0) bars", Int64($0) * step) })
        } catch {
            throw Problem.invalid("?timeframe", error.explanation)
        }
    }
}
