import EngineKit
import Glibc
public import HTTP
import Market
import Quant
import Runtime
import Wire

extension LearningEngine {
    private static let modelExample =
        #""model":{"name":"ewma_volatility","version":"1","trained_at":"2024-01-02T00:00:00Z"}"#

    private static let versionExample = """
        {"name":"ewma_volatility","version":"1","stage":"production","symbol":"GOOG","timeframe":"1d",\
        "trained_at":"2024-01-02T00:00:00Z","parameters":{"volatility":0.0145,"lambda":0.94,"periods_per_year":252},\
        "metrics":{"steps":1000,"qlike":-7.9,"interval_coverage":0.91},\
        "lineage":{"data_hash":"9f…","observations":2147,\
        "first":"2004-08-19T00:00:00Z","last":"2013-03-01T00:00:00Z"}}
        """

    public var routes: [Route] { [volatilityRoute.tolerant, priceRoute.tolerant, modelsRoute, modelRoute] }

    private var volatilityRoute: Route {
        .json(.post, "/ml/predict/volatility",
              "Exponentially weighted volatility of stored bars or of returns in the body, with an interval: weights λ^i "
                + "that sum to 1.",
              example: #"{"symbol":"GOOG","horizon":"5d"}"#,
              answer: """
                {"symbol?":"GOOG","annualized_volatility":0.23,"volatility":0.0145,"interval":{"low":0.19,"high":0.29,\
                "level":0.9},"horizon":"5d","horizon_periods":5,"horizon_volatility":0.0324,"lambda":0.94,\
                "periods_per_year":252,"effective_degrees":32.3,"method":"ewma",\(Self.modelExample),\
                "fitted_on":"stored",\
                "observations":2147,"bars_per_day":1,"as_of":"2013-03-01T00:00:00Z"}
                """, errors: [503]) { [unowned self] (_: NoParameters, body: VolatilityBody, _) in
            let (returns, found) = try await material(body.input, .volatility), scale = found.source.scale
            let forecast = try await computed("/returns") {
                try VolatilityForecast(
                    returns: returns, lambda: body.lambda, horizon: scale.periods,
                    periodsPerYear: scale.periodsPerYear, level: body.input.level)
            }
            return VolatilityAnswer(input: body.input, lambda: body.lambda, forecast: forecast, source: found.source)
        }
    }

    private var priceRoute: Route {
        .json(.post, "/ml/predict/price",
              "A log-normal baseline of drift and volatility: price, direction with its probability, interval.",
              example: #"{"symbol":"AAPL","current_price":150,"horizon":"1d"}"#,
              answer: """
                {"symbol?":"AAPL","current_price":150,"prediction":{"price":150.1,"return":0.0007,\
                "expected_price":150.12,\
                "direction":"up"},"confidence":0.52,"interval":{"low":146.2,"high":154.1,"level":0.9},"horizon":"1d",\
                "horizon_periods":1,\(Self.modelExample),"fitted_on":"stored","observations":2515,\
                "bars_per_day":1,"as_of":"2013-12-31T00:00:00Z"}
                """, errors: [503]) { [unowned self] (_: NoParameters, body: PriceBody, _) in
            try await predict(body)
        }
    }

    private func predict(_ body: PriceBody) async throws -> PriceAnswer {
        let input = body.input, ignored = body.features.map(\.name).filter { PriceBody.known[$0] == nil }
        if input.returns == nil, let volatility = body.feature("volatility") {
            guard let price = body.price else { throw Problem.invalid("/current_price", "is required beside features") }
            let drift = body.feature("drift") ?? 0, scale = input.aroundTheClock, periods = scale.periodsPerYear
            // A drift that is stated counts as much as a year of returns would.
            let forecast = try await computed("/features") {
                let deviation = volatility / periods.squareRoot()
                return try PriceForecast(
                    mean: drift / periods, volatility: deviation, longRunVolatility: deviation, observations: periods,
                    price: price, horizon: scale.periods, periodsPerYear: periods, level: input.level)
            }
            let now = context.clock.now
            let source = PredictionSource(kind: .features, observations: 0, asOf: now,
                                          model: .inline(.price, at: now), scale: scale)
            return PriceAnswer(input: input, price: price, forecast: forecast, source: source, ignored: ignored)
        }
        let (returns, found) = try await material(input, .price)
        guard let price = body.price ?? found.close else {
            throw Problem.invalid("/current_price", "is required where no bars are stored")
        }
        let scale = found.source.scale, logarithms = input.returns == nil ? returns : returns.map { log1p($0) }
        let forecast = try await computed("/returns") {
            try PriceForecast(
                logReturns: logarithms, price: price, horizon: scale.periods, periodsPerYear: scale.periodsPerYear,
                level: input.level)
        }
        return PriceAnswer(input: input, price: price, forecast: forecast, source: found.source, ignored: ignored)
    }

    /// The returns a prediction is made from: those sent, else those of the stored bars, whose fit is registered.
    private func material(
        _ input: PredictionInput, _ name: ModelName
    ) async throws -> (returns: [Double], found: (source: PredictionSource, close: Double?)) {
        if let returns = input.returns {
            let now = context.clock.now
            let source = PredictionSource(kind: .returns, observations: returns.count, asOf: now,
                                          model: .inline(name, at: now), scale: input.aroundTheClock)
            return (returns, (source, nil))
        }
        guard let symbol = input.symbol else {
            throw Problem.invalid("/symbol", "is required where no returns are sent")
        }
        let subject = Subject(symbol: symbol, timeframe: input.timeframe)
        guard let data = try await trainer.fit(subject), let model = trainer.newest(name, subject) else {
            let what = name == .price ? "send returns or features with a volatility" : "send returns"
            throw Problem.invalid("/returns",
                "is required: fewer than three \(input.timeframe.rawValue) bars of \(symbol) "
                + "are stored; \(what), or import bars with POST /market-data/import")
        }
        let source = PredictionSource(
            kind: .stored, observations: data.logReturns.count, asOf: model.last, model: model.reference,
            scale: input.scale(barsPerDay: data.days.bars(input.timeframe)))
        return (data.logReturns, (source, data.closes.last))
    }

    /// `pointer` is where the numbers are that it is computed from.
    private func computed<R: Sendable>(_ pointer: String, _ work: @Sendable () throws -> R) async throws -> R {
        do {
            return try await context.compute(work)
        } catch let error as QuantError {
            throw Problem.invalid(pointer, error.explanation)
        }
    }

    // MARK: Registry

    private var modelsRoute: Route {
        .json(.get, "/ml/models",
            "The models: newest version, stage, and metrics over all instruments they are fitted for.",
              answer: """
                {"items":[{"name":"ewma_volatility","kind":"volatility","stage":"production","version":"1",\
                "trained_at":"2024-01-02T00:00:00Z","instruments":22,"metrics":{"steps":22000,"qlike":-7.8,\
                "interval_coverage":0.91}}],"next_cursor":null}
                """) { [unowned self] (page: PageParameters, _: NoBody, _) in
            let start = try Self.start(of: page)
            let models = ModelName.allCases.map { (name: $0, newest: trainer.newest($0)) }.filter { !$0.newest.isEmpty }
            let end = start + page.limit
            return ModelList(models: Array(models.dropFirst(start).prefix(page.limit)),
                             next: end < models.count ? "\(end)" : nil)
        }
    }

    /// Where a page begins: a cursor is the number of items before it.
    private static func start(of page: PageParameters) throws(Problem) -> Int {
        guard let cursor = page.cursor else { return 0 }
        guard let start = Int(cursor), (0...1_000_000_000).contains(start) else {
            throw Problem.invalid("?cursor", "is not a cursor of this list")
        }
        return start
    }

    private var modelRoute: Route {
        .json(.get, "/ml/models/{name}", "Versions of a model, newest first: parameters, metrics, lineage.",
              answer: "{\"name\":\"ewma_volatility\",\"kind\":\"volatility\",\"items\":[\(Self.versionExample)],"
                + "\"next_cursor\":null}", errors: [404, 503]) { [unowned self] (query: ModelQuery, _: NoBody, _) in
            guard let name = ModelName(rawValue: query.name) else {
                throw Problem.notFound("no model \(query.name); there are "
                    + ModelName.allCases.map(\.rawValue).joined(separator: " and "))
            }
            let start = try Self.start(of: query.page)
            let found = try await ModelRecords.versions(of: name, limit: query.page.limit + 1, offset: start,
                context.records)
            return JSONBody { json in
                json.beginObject()
                json.key("name")
                json.string(name.rawValue)
                json.key("kind")
                json.string(name.kind)
                json.page(
                    found.prefix(query.page.limit),
                    next: found.count > query.page.limit ? "\(start + query.page.limit)" : nil
                ) { $1.write(to: &$0) }
                json.endObject()
            }
        }
    }
}
