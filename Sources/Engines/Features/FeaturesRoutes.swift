import EngineKit
import Glibc
public import HTTP
import Market
import Quant
import Runtime
import Wire

extension FeaturesEngine {
    private static let calculateAnswer = """
        {"symbol?":"GOOG","timeframe":"1d","ts":["2013-02-28T00:00:00Z","2013-03-01T00:00:00Z"],\
        "columns":{"sma(close,2)":[null,803.695]},"look_back":{"sma(close,2)":1}}
        """

    /// Work of one request: steps a bar, as the catalogue of costs counts them, times bars.
    static let stepLimit = 20_000_000_000
    /// Threads that one answer is written by: every core.
    static let threads = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    /// Numbers of one answer.
    static let valueLimit = 20_000_000

    public var routes: [Route] { [calculateRoute.calculation, batchRoute.calculation, latestRoute, catalogRoute] }

    private var calculateRoute: Route {
        .json(.post, "/features/calculate",
              "Features over bars sent along or stored: indicators and expressions, a column each; JSON, CSV or Arrow.",
              example: """
                {"symbol":"GOOG","timeframe":"1d","from":"2012-01-01","features":["sma(close,20)","rsi(close,14)",\
                "macd(close,12,26,9).signal","atr(14)"]}
                """, answer: Self.calculateAnswer, errors: [503], tabular: true) {
            [unowned self] (_: NoParameters, body: CalculateBody, request) in
            let bars = try await bars(of: body)
            try refuseLarge(body.features, bars)
            let type = Table.mediaType(request)
            let blank = FeatureTable(
                symbol: body.symbol, timeframe: body.bars == nil ? body.timeframe : nil, times: bars.ts,
                hasFlags: body.hasFlags)
            return await SharedWriting.apart {
                await blank.made(body.features, bars, as: type, threads: Self.threads)
            }
        }
    }

    /// The bars that were sent along, or those stored, with the columns of facts that the features read.
    private func bars(of body: CalculateBody) async throws -> Bars {
        if let sent = body.bars { return try await withFacts(sent, body.features, body.symbol) }
        guard let symbol = body.symbol else { throw Problem.invalid("/bars", "bars or symbol must be there") }
        guard let found = try await stored(symbol, body.timeframe, body.from, body.to) else {
            throw Problem.invalid("/symbol",
                "no \(body.timeframe.rawValue) bars of \(symbol) are stored; import them "
                + "with POST /market-data/import, or send bars")
        }
        return try await withFacts(found, body.features, symbol)
    }

    private var batchRoute: Route {
        .json(.post, "/features/batch",
              "The same features over the stored bars of many symbols; JSON, or CSV or Arrow with a column `symbol`.",
              example: #"{"symbols":["AAPL","MSFT"],"from":"2012-01-01","features":["rsi(close,14)"]}"#,
              answer: "{\"items\":[\(Self.calculateAnswer)],\"missing\":[\"NONE\"]}", errors: [503], tabular: true) {
            [unowned self] (_: NoParameters, body: BatchBody, request) in
            var items: [FeatureTable] = [], missing: [Symbol] = [], values = 0
            for symbol in body.symbols {
                guard let found = try await stored(symbol, body.timeframe, body.from, body.to) else {
                    missing.append(symbol)
                    continue
                }
                let bars = try await withFacts(found, body.features, symbol)
                values += bars.count * body.features.reduce(0) { $0 + $1.columnNames.count }
                if values > Self.valueLimit {
                    throw Problem.invalid("/symbols",
                        "the answer has more than \(Self.valueLimit) values; ask for less at once")
                }
                try refuseLarge(body.features, bars)
                let blank = FeatureTable(
                    symbol: symbol, timeframe: body.timeframe, times: bars.ts, hasFlags: body.hasFlags)
                items.append(await context.compute { blank.filled(body.features, bars) })
            }
            var names: [String] = []
            for name in body.features.flatMap(\.columnNames) where !names.contains(name) { names.append(name) }
            return await FeatureTables(items: items, missing: missing, names: names)
                .rendered(as: Table.mediaType(request), threads: Self.threads)
        }
    }

    /// Bars of a range; nil where none of the symbol are stored at all.
    private func stored(
        _ symbol: Symbol, _ timeframe: Timeframe, _ from: Timestamp?, _ to: Timestamp?
    ) async throws -> Bars? {
        let client = BarsClient(context)
        let found = try await client.bars(symbol, timeframe, from: from, to: to)
        if found.count == 0, try await client.bars(symbol, timeframe, last: 1).count == 0 { return nil }
        return try Bars(found)
    }

    /// The bars with the columns of facts that the features read.
    private func withFacts(_ bars: Bars, _ features: [Feature], _ symbol: Symbol?) async throws -> Bars {
        let columns = features.reduce(into: Set<Column>()) { $0.formUnion($1.columns) }.filter(\.isFundamental)
        if columns.isEmpty { return bars }
        guard let symbol else {
            let names = columns.map(\.rawValue).sorted().joined(separator: ", ")
            throw Problem.invalid("/symbol", "must name whose stored facts are meant: \(names) are made of facts")
        }
        return try await FactsClient(context).adding(columns, to: bars, of: symbol)
    }

    /// Throws where the features of one request are too much work, or too many values.
    private func refuseLarge(_ features: [Feature], _ bars: Bars) throws(Problem) {
        let steps = features.reduce(0) { $0 + $1.cost } * max(1, bars.count)
        let values = features.reduce(0) { $0 + $1.columnNames.count } * bars.count
        if steps > Self.stepLimit {
            throw Problem.invalid("/features", "they cost \(steps) steps over \(bars.count) bars, at most "
                + "\(Self.stepLimit) are done at once")
        }
        if values > Self.valueLimit {
            throw Problem.invalid("/features",
                "the answer has \(values) values, at most \(Self.valueLimit) are sent at once")
        }
    }

    private var latestRoute: Route {
        .json(.get, "/features/latest/{symbol}",
              "The newest feature vector of an instrument, kept up to date bar by bar; equal to calculate.",
              answer: """
                {"symbol":"GOOG","timeframe":"1d","ts?":"2013-03-01T00:00:00Z","values":{"sma(close,20)":783.2,\
                "rsi(close,14)":71.4}}
                """, errors: [404, 503]) { [unowned self] (query: LatestQuery, _: NoBody, _) in
            guard let vector = try await latest(query.symbol, query.timeframe) else {
                throw Problem.notFound("no \(query.timeframe.rawValue) bars of \(query.symbol) are stored; "
                    + "import them with POST /market-data/import")
            }
            return FeatureUpdate(symbol: query.symbol, timeframe: query.timeframe, replay: nil, vector: vector,
                                 hasFlags: query.hasFlags)
        }
    }

    private var catalogRoute: Route {
        .json(.get, "/features/catalog",
            "Every function: parameters with bounds, inputs, outputs, look-back, category; stability tells whether "
            + "it remembers a window (exact), every bar less and less (converging) or for good (start_dependent).",
              answer: """
                {"items":[{"name":"sma","category":"overlap","reference":"Simple moving average; TA-Lib SMA.",\
                "stability":"exact","formula?":"Σx/n",\
                "inputs":["series"],"outputs":["sma"],"parameters":[{"name":"timeperiod","default":30,"min":1,\
                "max":100000}],\
                "look_back":29}],"next_cursor":null}
                """) { (query: CatalogQuery, _: NoBody, _) in try CatalogPage.make(query) }
    }
}
