import EngineKit
import Glibc
public import HTTP
import Market
import Quant
import Runtime
import Wire

extension FactorEngine {
    /// Work of one request: steps a bar and instrument, as the catalogue of costs counts them.
    static let stepLimit = 20_000_000_000

    /// Threads of one calculation: every core.
    static let threads = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))

    public var routes: [Route] {
        let calculate = calculateRoute.calculation
        return [calculate, calculate.alias("/api/v1/factor-engine/calculate")] + catalogueRoutes
            + jobRoutes + [correlationRoute, statisticsRoute, exposureRoute]
    }

    private var calculateRoute: Route {
        .json(.post, "/factors/calculate",
              "Factors over stored or sent bars, as JSON, CSV or Arrow; a value is made of bars up to its time only.",
              example: """
                {"symbols":["AAPL","MSFT","KO"],"factors":["rank(close/delay(close,20)-1)","ts_zscore(close,20)"],\
                "from":"2012-12-01"}
                """,
              answer: """
                {"ts":["2012-12-03T00:00:00Z"],"symbols":["AAPL","MSFT","KO"],\
                "values":{"rank(close/delay(close,20)-1)":[[0.667,1,0.333]]}}
                """, errors: [503], tabular: true) { [unowned self] (_: NoParameters, body: FactorBody, _) in
            try await calculate(body)
        }
    }

    private func calculate(_ body: FactorBody) async throws -> FactorTable {
        began()
        defer { ended() }
        let start = context.clock.monotonic
        let series = try await withFacts(try await bars(body.bars), body.factors)
        try checkCost(body.factors, series)
        try FactorGroups.require(body.bars.groups, of: series.map(\.symbol), for: body.factors)
        let (panel, rows) = try await context.compute {
            let panel = try FactorTable.panel(series, groups: body.bars.groups)
            let rows = FactorTable.rows(panel.ts, body.bars)
            try FactorTable.check(rows: rows.count, symbols: series.count, factors: body.factors.count)
            return (panel, rows)
        }
        var table = await FactorTable.compute(body.factors, panel, rows: rows, threads: Self.threads)
        table.factless = FactorTable.factless(series)
        lastRun = FactorRun(at: context.clock.now, factors: body.factors.count, symbols: series.count,
                            rows: table.times.count, seconds: Double(context.clock.monotonic - start) / 1e9)
        return table
    }

    /// The bars with the columns of stored facts that the factors read.
    func withFacts(
        _ series: [(symbol: String, bars: Bars)], _ factors: [FactorName]
    ) async throws -> [(symbol: String, bars: Bars)] {
        try await adding(factors.reduce(into: Set<Column>()) { $0.formUnion($1.expression.columns) }, to: series)
    }

    /// The bars with those of the columns that are made of stored facts.
    func adding(
        _ columns: Set<Column>, to series: [(symbol: String, bars: Bars)]
    ) async throws -> [(symbol: String, bars: Bars)] {
        let columns = columns.filter(\.isFundamental)
        if columns.isEmpty { return series }
        let client = FactsClient(context)
        var out = series
        for (index, item) in series.enumerated() {
            guard let symbol = Symbol(item.symbol) else { continue }
            out[index].bars = try await client.adding(columns, to: item.bars, of: symbol)
        }
        return out
    }

    /// Refuses what would take too long.
    func checkCost(_ factors: [FactorName], _ series: [(symbol: String, bars: Bars)]) throws(Problem) {
        let cost = factors.reduce(0) { $0 + $1.expression.cost }
        let longest = series.map(\.bars.count).max() ?? 0
        let steps = cost.multipliedReportingOverflow(by: max(1, longest * series.count))
        if steps.overflow || steps.partialValue > Self.stepLimit {
            throw Problem.invalid("/factors",
                "they cost \(cost) steps a bar over \(series.count) symbols of up to \(longest) "
                + "bars; at most \(Self.stepLimit) steps are done at once")
        }
    }

    /// The bars of a request, by symbol: those sent, or all stored up to the last time asked for.
    func bars(_ body: PanelBody) async throws -> [(symbol: String, bars: Bars)] {
        if let panel = body.panel { return panel }
        let client = BarsClient(context)
        let symbols = body.universe == nil ? body.symbols : try await client.symbols(body.timeframe)
        if symbols.count > PanelBody.symbolLimit {
            throw Problem.invalid("/universe",
                "has \(symbols.count) symbols, at most \(PanelBody.symbolLimit) are taken")
        }
        var series: [(symbol: String, bars: Bars)] = [], errors: [FieldError] = []
        for (index, symbol) in symbols.enumerated() {
            let end = body.asOf ?? body.to
            let found = try await client.bars(symbol, body.timeframe, to: end, last: body.last)
            if found.count == 0, try await client.bars(symbol, body.timeframe, last: 1).count == 0 {
                errors.append(FieldError(
                    pointer: "/symbols/\(index)",
                    message: "no \(body.timeframe.rawValue) bars of \(symbol) are stored; import "
                        + "them with POST /market-data/import, or send a panel"))
            }
            series.append((symbol.text, try Bars(found)))
        }
        if !errors.isEmpty { throw Problem.invalid(errors) }
        return series
    }
}
