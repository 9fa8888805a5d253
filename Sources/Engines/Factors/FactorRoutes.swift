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
        return [calculate, calculate.alias("/api/v1/factor-engine/calculate"), catalogRoute, statusRoute, sourcesRoute]
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
        running += 1
        defer { running -= 1 }
        let began = context.clock.monotonic
        let series = try await bars(body)
        let cost = body.factors.reduce(0) { $0 + $1.expression.cost }
        let longest = series.map(\.bars.count).max() ?? 0
        let steps = cost.multipliedReportingOverflow(by: max(1, longest * series.count))
        if steps.overflow || steps.partialValue > Self.stepLimit {
            throw Problem.invalid("/factors",
                "they cost \(cost) steps a bar over \(series.count) symbols of up to \(longest) "
                + "bars; at most \(Self.stepLimit) steps are done at once")
        }
        try FactorGroups.require(body.groups, of: series.map(\.symbol), for: body.factors)
        let (panel, rows) = try await context.compute {
            let panel = try FactorTable.panel(series, groups: body.groups), rows = FactorTable.rows(panel.ts, body)
            try FactorTable.check(rows: rows.count, symbols: series.count, factors: body.factors.count)
            return (panel, rows)
        }
        let table = await FactorTable.compute(body.factors, panel, rows: rows, threads: Self.threads)
        lastRun = FactorRun(at: context.clock.now, factors: body.factors.count, symbols: series.count,
                            rows: table.times.count, seconds: Double(context.clock.monotonic - began) / 1e9)
        return table
    }

    /// The bars of a request, by symbol: those sent, or all stored up to the last time asked for.
    private func bars(_ body: FactorBody) async throws -> [(symbol: String, bars: Bars)] {
        if let panel = body.panel { return panel }
        let client = BarsClient(context)
        let symbols = body.universe == nil ? body.symbols : try await client.symbols(body.timeframe)
        if symbols.count > FactorBody.symbolLimit {
            throw Problem.invalid("/universe",
                "has \(symbols.count) symbols, at most \(FactorBody.symbolLimit) are taken")
        }
        var series: [(symbol: String, bars: Bars)] = [], errors: [FieldError] = []
        for (index, symbol) in symbols.enumerated() {
            let end = body.asOf ?? body.to
            let found = try await client.bars(symbol, body.timeframe, to: end)
            if found.count == 0, try await client.bars(symbol, body.timeframe, last: 1).count == 0 {
                errors.append(FieldError(
                    pointer: "/symbols/\(index)",
                    message: "no \(body.timeframe.rawValue) bars of \(symbol) are stored; import "
                        + "them with POST /market-data/import, or send a panel"))
            }
            series.append((symbol.text, try Bars(
                ts: found.times, open: found.open, high: found.high, low: found.low, close: found.close,
                volume: found.volume)))
        }
        if !errors.isEmpty { throw Problem.invalid(errors) }
        return series
    }

    private var catalogRoute: Route {
        .json(.get, "/factors/catalog", "Factor definitions with their formulas and where they come from.",
              answer: """
                {"items":[{"id":"alpha101.012","expression":"sign(delta(volume,1))*(-1*delta(close,1))",\
                "category":"reversal","frequency":"1d","source":"alpha101","sources":["Kakushadze, Z. (2016)"]}],\
                "next_cursor":null}
                """) { (query: FactorCatalogQuery, _: NoBody, _) in FactorPage.make(query) }
    }

    // MARK: Status

    private var statusRoute: Route {
        .json(.get, "/api/v1/factor-engine/status",
              "How many factors are defined, and how many of them the stored daily bars can compute.",
              answer: """
                {"status":"ready","catalogued":19,"computable":19,"stored_symbols":22,"queue":0,\
                "last_run":{"ts":"2024-01-02T00:00:00Z","factors":2,"symbols":3,"rows":21,"seconds":0.004}}
                """, errors: [503]) { [unowned self] (_: NoParameters, _: NoBody, _) in
            let found = try await stored.found()
            let computable = AlphaCatalog.all.count { alpha in
                (try? Expression.parse(alpha.expression)).map { $0.groupings.isEmpty && found.has($0.columns) } ?? false
            }
            return JSONBody { json in
                json.beginObject()
                json.key("status")
                json.string("ready")
                for (name, count) in [("catalogued", AlphaCatalog.all.count), ("computable", computable),
                                      ("stored_symbols", found.symbols), ("queue", running)] {
                    json.key(name)
                    json.int(count)
                }
                json.key("last_run")
                if let lastRun { Self.write(lastRun, &json) } else { json.null() }
                json.endObject()
            }
        }
    }

    private static func write(_ run: FactorRun, _ json: inout JSONWriter) {
        json.beginObject()
        json.key("ts")
        json.time(run.at)
        for (name, count) in [("factors", run.factors), ("symbols", run.symbols), ("rows", run.rows)] {
            json.key(name)
            json.int(count)
        }
        json.key("seconds")
        json.double(run.seconds)
        json.endObject()
    }

    private var sourcesRoute: Route {
        .json(.get, "/api/v1/factor-engine/sources",
              "The eight data sources with the number of factors each gives now, and the formulas that are built in.",
              answer: """
                {"items":[{"source":"fred","title":"FRED","factors":0,"connected":false,\
                "detail":"not connected: this version has no factors from FRED"}],\
                "built_in":{"source":"alpha101","title":"101 Formulaic Alphas","factors":19}}
                """) { (_: NoParameters, _: NoBody, _) in
            JSONBody { json in
                json.beginObject()
                json.key("items")
                json.beginArray()
                for source in FactorSource.allCases {
                    json.beginObject()
                    json.key("source")
                    json.string(source.rawValue)
                    json.key("title")
                    json.string(source.title)
                    json.key("factors")
                    json.int(source.count)
                    json.key("connected")
                    json.bool(false)
                    json.key("detail")
                    json.string(source.detail)
                    json.endObject()
                }
                json.endArray()
                json.key("built_in")
                json.beginObject()
                json.key("source")
                json.string(FactorSource.builtIn)
                json.key("title")
                json.string("101 Formulaic Alphas")
                json.key("factors")
                json.int(AlphaCatalog.all.count { $0.collection == FactorSource.builtIn })
                json.endObject()
                json.endObject()
            }
        }
    }
}
