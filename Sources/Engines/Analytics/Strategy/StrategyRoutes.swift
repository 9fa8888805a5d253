import EngineKit
import HTTP
import Market
import Quant
import Runtime
import Wire

/// A strategy in the path, the conventions of its figures and what it is compared with.
struct StrategyQuery: RequestParameters {
    let id: String, options: FigureOptions, benchmark: Symbol?
    /// Nil for each deployment's own.
    let timeframe: Timeframe?

    static func read(_ parameters: ParameterReader) -> StrategyQuery {
        StrategyQuery(
            id: parameters.path("strategy_id", "The strategy."), options: FigureOptions.read(parameters),
            benchmark: parameters.optionalSymbol(
                "benchmark", "A symbol whose stored closes it is compared with; its own instrument unless said."),
            timeframe: parameters.choice(
                "timeframe", "Bars it is valued at; those each deployment looks at unless said.", Timeframe.self))
    }
}

extension AnalyticsEngine {
    private static let strategyAnswer = """
        {"strategy_id":"sample-cross","deployments":1,"as_of?":"2013-03-01T00:00:00Z","pnl":{"capital":100000,\
        "equity":104211.5,"pnl":4211.5,"realized":4300,"unrealized":0,"fees":88.5,"total_return":0.042},\
        "trades":{"fills":12,"round_trips":6,"win_rate":0.5},"performance":{"total_return":0.042,"sharpe_ratio":0.4},\
        "benchmark":{"alpha":0.01,"beta":0.6,"correlation":0.8},"benchmark_symbol?":"GOOG",\
        "attribution":{"total":4211.5,"by_symbol":[{"symbol":"GOOG","pnl":4211.5,"gross":4300,"fees":88.5,\
        "contribution":0.042}],"by_deployment":[]},"equity_curve":{"ts":["2012-01-03T00:00:00Z"],"value":[100000]}}
        """

    /// Most orders of one strategy that are read.
    private static let orderLimit = 20_000

    /// What a strategy did, from its orders and stored bars.
    var strategyRoute: Route {
        .json(.get, "/api/v1/analytics/strategy/{strategy_id}",
              "Returns, trades and attribution of a strategy's deployments, against holding its instrument.",
              answer: Self.strategyAnswer, errors: [404, 503]) { [unowned self] (query: StrategyQuery, _: NoBody, _) in
            let deployments = try await deployments(of: query.id)
            let runs = try await runs(deployments, query.timeframe)
            let curve = StrategyCurve(runs)
            let symbol = query.benchmark ?? deployments.first?.symbol
            let figures = try await figures(of: curve, query, symbol, deployments.first?.timeframe)
            return StrategyAnswer(strategyID: query.id, runs: runs, curve: curve, figures: figures, benchmark: symbol,
                                  options: query.options)
        }
    }

    /// Figures of the curve's days, as periods are counted by days; with a comparison where there is one.
    private func figures(
        of curve: StrategyCurve, _ query: StrategyQuery, _ symbol: Symbol?, _ own: Timeframe?
    ) async throws -> ReturnFigures {
        let days = curve.days
        guard days.equity.count > 1 else { return ReturnFigures() }
        let returns = try? Performance.returns(of: days.equity)
        var figures = try await figures(returns, benchmark: nil, query.options, pointer: "?periods_per_year")
        guard let symbol, returns != nil,
              let pair = try await compared(days, with: symbol, query, own ?? .day1) else { return figures }
        figures.take(comparison: try await self.figures(
            pair.own, benchmark: pair.other, query.options, pointer: "?benchmark"))
        return figures
    }

    /// Returns of the days and of an instrument: by the bars that were asked for, else by the strategy's own or daily
    /// ones. Nil where its own instrument, which nobody named, has none on two of the days.
    private func compared(
        _ days: (times: [Int64], equity: [Double]), with symbol: Symbol, _ query: StrategyQuery, _ own: Timeframe
    ) async throws -> (own: [Double]?, other: [Double]?)? {
        do {
            return try await aligned(days, with: symbol, query.timeframe ?? own)
        } catch let problem as Problem where problem.status == 422 {
            if query.benchmark == nil { return nil }
            if query.timeframe != nil || own == .day1 { throw problem }
            return try await aligned(days, with: symbol, .day1)
        }
    }

    /// Every deployment of a strategy; 404 where there is no such strategy.
    private func deployments(of id: String) async throws -> [StoredDeployment] {
        guard ToldOrder.isPlain(id) else { throw Problem.notFound("no strategy \(id)") }
        let known = try await ask(.strategy, "/api/v1/strategies/versions/\(id)")
        if known.status == 404 { throw Problem.notFound("no strategy \(id)") }
        guard known.status == 200 else { throw Problem.unavailable("strategy", "it answered \(known.status)") }
        let timeframes = try Self.timeframes(ofVersions: known.body)
        var found: [StoredDeployment] = []
        try await pages("/api/v1/strategies/deployments", "") { item in
            guard item.member("strategy_id")?.string == id, let own = item.member("id")?.string,
                  let symbol = item.member("symbol")?.string.flatMap({ Symbol($0) }),
                  let capital = item.member("capital")?.double.flatMap({ FixedPoint($0) }) else { return }
            let version = item.member("version")?.string ?? ""
            found.append(StoredDeployment(
                id: own, version: version, timeframe: timeframes[version] ?? .day1,
                portfolioID: item.member("portfolio_id")?.string ?? "", state: item.member("state")?.string ?? "",
                symbol: symbol, capital: capital,
                lastBar: item.member("last_bar")?.string.flatMap { Timestamp(iso8601: $0) }))
        }
        return found
    }

    /// The bars that each version of a strategy looks at.
    private static func timeframes(ofVersions body: [UInt8]) throws -> [String: Timeframe] {
        try JSONParser().withDocument(body) { root in
            var found: [String: Timeframe] = [:]
            root.member("items")?.forEachElement { item in
                guard let version = item.member("version")?.string else { return }
                let text = item.member("definition")?.member("timeframe")?.string
                found[version] = text.flatMap(Timeframe.init(rawValue:))
            }
            return found
        }
    }

    /// Every item of a list of the strategy engine.
    private func pages(_ path: String, _ query: String, _ each: (JSONValue) -> Void) async throws {
        var cursor: String?, taken = 0
        repeat {
            let page = "limit=1000" + (query.isEmpty ? "" : "&\(query)") + (cursor.map { "&cursor=\($0)" } ?? "")
            let response = try await ask(.strategy, path, page)
            if response.status != 200 { throw Problem.unavailable("strategy", "it answered \(response.status)") }
            cursor = try JSONParser().withDocument(response.body) { root in
                root.member("items")?.forEachElement { item in
                    taken += 1
                    each(item)
                }
                return root.member("next_cursor")?.string
            }
        } while cursor != nil && taken < Self.orderLimit
    }

    /// Valued at bars of a timeframe, each deployment's own where it is nil.
    private func runs(_ deployments: [StoredDeployment], _ wanted: Timeframe?) async throws -> [StrategyRun] {
        var runs: [StrategyRun] = []
        for deployment in deployments {
            let timeframe = wanted ?? deployment.timeframe
            var parts: [StrategyFill] = []
            try await pages("/orders", "deployment_id=\(deployment.id)") { item in
                guard let order = ToldOrder(json: item), order.deploymentID == deployment.id else { return }
                parts += order.fills.map { StrategyFill($0, of: order) }
            }
            parts.sort()
            let start = parts.lastStream
            var bars = BarColumns()
            if let first = parts[start...].first?.fill.time, let last = parts.last?.fill.time {
                bars = try await BarsClient(context).bars(
                    deployment.symbol, timeframe, from: first.adding(nanoseconds: -10 * timeframe.nanoseconds),
                    to: max(last, deployment.lastBar ?? last))
                bars = bars.from(lastBefore: first.nanoseconds)
            }
            runs.append(StrategyRun(deployment, fills: parts, from: start, bars: bars))
        }
        return runs
    }
}

extension BarColumns {
    /// Bars from the last one before a time.
    fileprivate func from(lastBefore time: Int64) -> BarColumns {
        let start = max(0, (times.firstIndex { $0 >= time } ?? times.count) - 1)
        var bars = BarColumns()
        bars.times = Array(times[start...])
        bars.close = Array(close[start...])
        return bars
    }
}
