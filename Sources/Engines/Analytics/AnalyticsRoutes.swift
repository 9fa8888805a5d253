import Bus
import EngineKit
public import HTTP
import Market
import Quant
import Runtime
import Store
import Wire

extension AnalyticsEngine {
    private static let analysisExample = """
        {"positions":[{"symbol":"GOOG","quantity":100,"average_cost":700,"price":806.19,"previous_close":801.2,\
        "sector":"Technology","style":"growth"},{"symbol":"KO","quantity":500,"average_cost":35,"price":38.9,\
        "previous_close":38.7,"sector":"Consumer Staples","style":"value"}],"cash":20000,\
        "returns":[0.01,-0.004,0.006,-0.012,0.008],"benchmark_returns":[0.008,-0.002,0.003,-0.01,0.005],\
        "periods_per_year":252,"risk_free_rate":0.02,"confidence":0.95}
        """

    private static let analysisAnswer = """
        {"portfolio_id?":"demo","pnl":{"market_value":100069,"cash":20000,"equity":120069,"cost_basis":87500,\
        "unrealized":12569,"daily":599,"total_return":0.1436},"positions":[{"symbol":"GOOG","quantity":100,\
        "average_cost":700,"price":806.19,"market_value":80619,"unrealized":10619,"weight":0.671}],\
        "performance":{"total_return":0.0077,"annual_return":0.47,"sharpe_ratio":2.4,"max_drawdown":-0.012,\
        "max_drawdown_duration":2},"benchmark":{"alpha":0.1,"beta":1.2,"correlation":0.99},\
        "attribution":{"basis":"daily","total":599,"by_sector":[{"sector":"Technology","market_value":80619,\
        "pnl":499,"contribution":0.0042}],"by_style":[],"by_security":[]}}
        """

    private static let liveAnswer = """
        {"portfolio_id":"sample","as_of?":"2013-03-01T00:00:00Z","pnl":{"equity":104211.5,"cash":23592.5,\
        "market_value":80619,"realized":1200,"unrealized":3011.5,"pnl":4211.5,"daily":499,"total_return":0.042,\
        "drawdown":-0.01,"max_drawdown":-0.12,"trades":6},"performance":{"total_return":0.042,"sharpe_ratio":0.4},\
        "positions":[{"symbol":"GOOG","quantity":100,"average_cost":770,"realized":0,"ts":"2013-02-01T00:00:00Z"}]}
        """

    /// Positions of one answer that are priced by stored bars.
    private static let markLimit = 500

    public var routes: [Route] {
        [calculateRoute.calculation, aggregateRoute.calculation, analyzeRoute.tolerant, performanceRoute, summaryRoute,
         healthRoute, strategyRoute] + executionRoutes + riskRoutes
    }

    // MARK: What is sent

    private var calculateRoute: Route {
        .json(.post, "/analytics/calculate/{portfolio_id}",
              "P&L, performance, benchmark figures and attribution of the positions and returns in the body.",
              example: Self.analysisExample, answer: Self.analysisAnswer) {
            [unowned self] (path: PortfolioPath, body: AnalysisBody, _) in try await analyze(path.id, body)
        }
    }

    private var analyzeRoute: Route {
        .json(.post, "/api/v1/sprint3/analytics/performance/analyze",
              "The same of positions, returns or a followed portfolio named in the body.",
              example: Self.analysisExample, answer: Self.analysisAnswer, errors: [404]) {
            [unowned self] (_: NoParameters, body: AnalyzeBody, _) in
            guard let id = body.portfolioID, body.analysis.positions == nil, body.analysis.returns == nil,
                  body.analysis.flows == nil else {
                return try await analyze(body.portfolioID, body.analysis)
            }
            let curve = try find(id).curve.days.equity
            return try await analyze(id, body.analysis, returns: try? Performance.returns(of: curve))
        }
    }

    private func analyze(
        _ id: String?, _ body: AnalysisBody, returns: [Double]? = nil
    ) async throws -> PortfolioAnalysis {
        let used = body.returns ?? returns
        let figures = try await figures(used, benchmark: body.benchmark, body.options, pointer: "/returns")
        return PortfolioAnalysis(
            portfolioID: id, positions: body.positions, currency: body.currency, cash: body.cash, figures: figures,
            options: body.options, observations: used?.count ?? 0, flows: try await flowReturns(body.flows),
            activeShare: body.weights?.activeShare, active: try await attribution(body.attribution))
    }

    func figures(
        _ returns: [Double]?, benchmark: [Double]?, _ options: FigureOptions, pointer: String
    ) async throws -> ReturnFigures {
        do {
            return try await context.compute(over: returns?.count ?? 0) {
                try ReturnFigures.compute(returns, benchmark: benchmark, options)
            }
        } catch let error as QuantError {
            throw Problem.invalid(pointer, error.explanation)
        }
    }

    // MARK: What is followed

    func find(_ id: String) throws -> LivePortfolio {
        guard let portfolio = portfolios[id] else {
            throw Problem.notFound("nothing has been told of a portfolio \(id)")
        }
        return portfolio
    }

    private var performanceRoute: Route {
        .json(.get, "/api/v1/analytics/performance/{portfolio_id}",
              "Live P&L, and the performance of the equity curve folded so far, against a benchmark if one is named.",
              answer: Self.liveAnswer, errors: [404, 503]) { [unowned self] (query: PerformanceQuery, _: NoBody, _) in
            let portfolio = try find(query.id), curve = portfolio.curve.days
            let returns = try? Performance.returns(of: curve.equity)
            var figures = try await figures(returns, benchmark: nil, query.options, pointer: "?periods_per_year")
            if let symbol = query.benchmark {
                let pair = try await aligned(curve, with: symbol, query.timeframe)
                figures.take(comparison: try await self.figures(pair.own, benchmark: pair.other, query.options,
                                                                pointer: "?benchmark"))
            }
            let marks = await marks(of: portfolio)
            let flows = try? await flowReturns(FlowCurve(portfolio.curve))
            return JSONBody { json in
                Self.writeHead(portfolio, &json)
                figures.writeMembers(query.options, to: &json)
                if let flows { flows.writeMember(to: &json) }
                portfolio.writeLedger(to: &json)
                LiveFigures(portfolio)?.writeMember(to: &json)
                portfolio.writePositions(at: marks, to: &json)
                query.options.write(observations: max(0, curve.equity.count - 1), &json)
                json.endObject()
            }
        }
    }

    /// Stored daily closes of what is held, as of the portfolio's newest value: a position is told when it changes, its
    /// price moves on. None where market data is away; then the prices told stand.
    private func marks(of portfolio: LivePortfolio) async -> [Symbol: Mark] {
        var marks: [Symbol: Mark] = [:]
        guard let value = portfolio.value else { return [:] }
        for position in portfolio.open.prefix(Self.markLimit) {
            guard let bars = try? await BarsClient(context).bars(position.symbol, .day1, to: value.time, last: 1),
                  let time = bars.times.last, time >= position.time.nanoseconds,
                  // A day that is not over at the value's time must not lend it its close.
                  time == value.time.nanoseconds || time + Timeframe.day1.nanoseconds <= value.time.nanoseconds,
                  let price = bars.close.last.flatMap({ FixedPoint($0) }) else { continue }
            marks[position.symbol] = Mark(price: price, time: Timestamp(nanoseconds: time))
        }
        return marks
    }

    /// Returns of the curve's days and of a stored instrument between the days (UTC) that both have: its last bar of a
    /// day that began by the curve's last value of it.
    func aligned(
        _ curve: (times: [Int64], equity: [Double]), with symbol: Symbol, _ timeframe: Timeframe
    ) async throws -> (own: [Double]?, other: [Double]?) {
        guard let first = curve.times.first, let last = curve.times.last else { return (nil, nil) }
        let bars = try await BarsClient(context).bars(
            symbol, timeframe, from: Timestamp(nanoseconds: EquityCurve.startOfDay(first)), to: Timestamp(nanoseconds: last))
        var row = 0, own: [Double] = [], other: [Double] = [], newest: Int64?
        for (time, value) in zip(curve.times, curve.equity) {
            while row < bars.count && bars.times[row] <= time { row += 1 }
            let today = EquityCurve.startOfDay(time)
            guard row > 0, bars.times[row - 1] >= today else { continue }
            // The start may be of the same day as the value after it.
            if newest == today { (_, _) = (own.removeLast(), other.removeLast()) }
            newest = today
            own.append(value)
            other.append(bars.close[row - 1])
        }
        if own.count < 2 {
            throw Problem.invalid("?benchmark",
                "\(symbol) has \(timeframe.rawValue) bars on fewer than two days of the curve")
        }
        return (try? Performance.returns(of: own), try? Performance.returns(of: other))
    }

    private static func writeHead(_ portfolio: LivePortfolio, _ json: inout JSONWriter) {
        json.beginObject()
        json.key("portfolio_id")
        json.string(portfolio.id)
        json.key("as_of")
        if let time = portfolio.value?.time { json.time(time) } else { json.null() }
        if portfolio.value != nil {
            json.key("pnl")
            json.beginObject()
            portfolio.writeFigures(to: &json)
            json.endObject()
        }
    }

    private var summaryRoute: Route {
        .json(.get, "/api/v1/sprint3/analytics/portfolio/{id}/summary", "Totals of a portfolio with its key metrics.",
              answer: """
                {"portfolio_id":"sample","as_of?":"2013-03-01T00:00:00Z","pnl":{"equity":104211.5,"total_return":0.042},\
                "metrics":{"annual_return":0.08,"sharpe_ratio":0.4,"max_drawdown":-0.12},"positions_count":1,\
                "first":"2012-01-03T00:00:00Z","points":291}
                """, errors: [404]) { [unowned self] (path: SummaryPath, _: NoBody, _) in
            let portfolio = try find(path.id), curve = portfolio.curve.days
            let figures = try await figures(try? Performance.returns(of: curve.equity), benchmark: nil,
                                            FigureOptions(conventions: ReturnConventions()), pointer: "?id").performance
            return JSONBody { json in
                Self.writeHead(portfolio, &json)
                if let figures {
                    json.key("metrics")
                    json.beginObject()
                    for (name, value) in [
                        ("annual_return", figures.annualReturn), ("annual_volatility", figures.annualVolatility),
                        ("sharpe_ratio", figures.sharpeRatio), ("sortino_ratio", figures.sortinoRatio),
                        ("max_drawdown", figures.maxDrawdown), ("value_at_risk", figures.valueAtRisk),
                    ] as [(String, Double?)] {
                        json.key(name)
                        json.double(value ?? .nan)
                    }
                    json.endObject()
                }
                json.key("positions_count")
                json.int(portfolio.open.count)
                if let first = curve.times.first {
                    json.key("first")
                    json.time(Timestamp(nanoseconds: first))
                }
                json.key("points")
                json.int(portfolio.curve.count)
                json.endObject()
            }
        }
    }

    private var healthRoute: Route {
        .document("/api/v1/analytics/health", "How far the folding of values and positions is.",
                  answer: #"{"status":"healthy","portfolios":1,"points":2148,"last_update?":"2024-01-02T00:00:00Z"}"#) {
            [unowned self] _ in
            Response.json { json in
                json.beginObject()
                json.key("status")
                json.string(context.records.isAvailable && context.bus.health.connected ? "healthy" : "degraded")
                json.key("portfolios")
                json.int(portfolios.count)
                json.key("points")
                json.int(portfolios.values.reduce(0) { $0 + $1.curve.count })
                json.key("last_update")
                if let lastUpdate { json.time(lastUpdate) } else { json.null() }
                json.endObject()
            }
        }
    }
}
