import EngineKit
import HTTP
import Market
import Quant
import Runtime
import Wire

/// A portfolio by its weights, and the factors it is looked at through.
struct ExposureBody: RequestBody {
    static let factorLimit = 50
    /// Most work of an attribution: periods by symbols by the square of the factors.
    static let productLimit = 2_000_000_000
    /// The factor that every instrument has alike.
    static let market = "market"

    let bars: PanelBody, factors: [FactorName], weights: [Weight], benchmark: [Weight], hasMarket: Bool
    typealias Weight = (name: String, value: Double)

    static func read(_ fields: FieldReader) -> ExposureBody {
        let bars = PanelBody.read(fields)
        let factors = FactorName.read(fields, limit: factorLimit)
        let weights = fields.numberMap("weights", "Weight by symbol; each must be among those of the request.")
        let benchmark = fields.numberMap("benchmark", "Weights of what it is compared with; nothing unless said.",
                                         required: false)
        fields.require(!weights.isEmpty || fields.isDescribing || !fields.has("weights"), "weights",
                       "must name at least one symbol")
        for (member, list) in [("weights", weights), ("benchmark", benchmark)] {
            for weight in list where abs(weight.value) > 1000 {
                fields.refuse(at: [member, weight.name], "must be from -1000 to 1000")
            }
        }
        return ExposureBody(
            bars: bars, factors: factors, weights: weights, benchmark: benchmark,
            hasMarket: fields.bool("market", "Whether a factor that every symbol has alike is among them in the "
                + "attribution; true unless said.", default: true))
    }

    /// Weights in the order of the symbols. Throws 422 where one is of another symbol.
    func weights(of symbols: [String]) throws(Problem) -> (own: [Double], benchmark: [Double]) {
        let places = Dictionary(symbols.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        var errors: [FieldError] = []
        func column(_ member: String, _ weights: [Weight]) -> [Double] {
            var column = [Double](repeating: 0, count: symbols.count)
            for weight in weights {
                if let place = places[weight.name] {
                    column[place] = weight.value
                } else {
                    errors.append(FieldError(pointer: "/\(member)/\(weight.name)",
                                             message: "is not among the symbols of the request"))
                }
            }
            return column
        }
        let found = (column("weights", weights), column("benchmark", benchmark))
        if !errors.isEmpty { throw Problem.invalid(errors) }
        return found
    }
}

extension FactorEngine {
    var exposureRoute: Route {
        .json(.post, "/factors/exposure",
              "How much of each factor a portfolio holds over time, and what factors made of its active return: the "
              + "parts and the specific rest sum to it.",
              example: """
                {"symbols":["AAPL","MSFT","KO"],"weights":{"AAPL":0.6,"KO":0.4},\
                "benchmark":{"AAPL":0.4,"MSFT":0.3,"KO":0.3},"factors":["zscore(close/delay(close,20)-1)"],\
                "from":"2012-12-01"}
                """,
              answer: """
                {"symbols":["AAPL","MSFT","KO"],"ts":["2012-12-03T00:00:00Z","2012-12-04T00:00:00Z"],\
                "items":[{"factor":"zscore(close/delay(close,20)-1)","exposure":[0.31,0.28],"benchmark":[0.02,0.01],\
                "active":[0.29,0.27],"covered":[1,1]}],\
                "attribution":{"method":"least squares each period","linking":"Cariño","periods":1,"unexplained":0,\
                "portfolio_return":0.004,"benchmark_return":0.003,"active_return":0.001,\
                "by_factor":[{"factor":"market","exposure":0,"contribution":0},\
                {"factor":"zscore(close/delay(close,20)-1)","exposure":0.29,"contribution":0.0006}],"specific":0.0004}}
                """, errors: [503]) { [unowned self] (_: NoParameters, body: ExposureBody, _) in
            began()
            defer { ended() }
            let series = try await withFacts(try await bars(body.bars), body.factors)
            try checkCost(body.factors, series)
            try FactorGroups.require(body.bars.groups, of: series.map(\.symbol), for: body.factors)
            let weights = try body.weights(of: series.map(\.symbol))
            return try await context.compute {
                let panel = try FactorTable.panel(series, groups: body.bars.groups)
                let rows = FactorTable.rows(panel.ts, body.bars)
                try FactorTable.check(rows: rows.count, symbols: series.count, factors: body.factors.count)
                return try ExposureAnswer(body, panel, rows, weights)
            }
        }.calculation
    }
}

/// Exposures of each time, and the attribution where there are two times.
struct ExposureAnswer: ResponseBody {
    let symbols: [String], times: [Int64]
    let items: [(factor: String, exposures: [FactorExposure])]
    let hasBenchmark: Bool
    let attribution: (names: [String], parts: HeldAttribution)?

    /// Throws 422 where the attribution would take too long or has no answer.
    init(
        _ body: ExposureBody, _ panel: Panel, _ rows: Range<Int>, _ weights: (own: [Double], benchmark: [Double])
    ) throws {
        symbols = panel.symbols
        times = Array(panel.ts[rows])
        hasBenchmark = !body.benchmark.isEmpty
        let values = body.factors.map { factor in factor.expression.evaluate(panel).map { Array($0[rows]) } }
        items = zip(body.factors, values).map { factor, columns in
            (factor.text, rows.map { row in
                FactorExposure(weights: weights.own, benchmark: weights.benchmark,
                               values: columns.map { $0[row - rows.lowerBound] })
            })
        }
        guard rows.count > 1 else {
            attribution = nil
            return
        }
        let names = (body.hasMarket ? [ExposureBody.market] : []) + body.factors.map(\.text)
        let work = rows.count * symbols.count * names.count * names.count
        guard work <= ExposureBody.productLimit else {
            throw Problem.invalid("/factors",
                "\(names.count) factors of \(symbols.count) symbols over \(rows.count) times cost \(work) products, at "
                + "most \(ExposureBody.productLimit) are made; ask for fewer")
        }
        let ones = [Double](repeating: 1, count: rows.count)
        let all = (body.hasMarket ? [symbols.map { _ in ones }] : []) + values
        do throws(QuantError) {
            attribution = (names, try HeldAttribution(
                weights: weights.own, benchmark: weights.benchmark, values: all,
                prices: panel.bars.map { Array($0.close[rows]) }))
        } catch {
            throw Problem.invalid("/factors", error.explanation)
        }
    }

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.strings("symbols", symbols)
            json.array("ts", times) { $0.time(Timestamp(nanoseconds: $1)) }
            json.array("items", items) { json, item in
                json.object { json in
                    json.field("factor", item.factor)
                    json.key("exposure")
                    json.doubles(item.exposures.map(\.portfolio))
                    if hasBenchmark {
                        json.key("benchmark")
                        json.doubles(item.exposures.map(\.benchmark))
                        json.key("active")
                        json.doubles(item.exposures.map(\.active))
                    }
                    json.key("covered")
                    json.doubles(item.exposures.map(\.covered))
                }
            }
            if let attribution { Self.write(attribution.names, attribution.parts, &json) }
        }
    }

    private static func write(_ names: [String], _ parts: HeldAttribution, _ json: inout JSONWriter) {
        let linked = parts.linked
        json.object("attribution") { json in
            json.field("method", "least squares each period")
            json.field("linking", "Cariño")
            json.field("periods", parts.periods)
            json.field("unexplained", parts.unexplained)
            json.field("portfolio_return", linked.portfolioReturn)
            json.field("benchmark_return", linked.benchmarkReturn)
            linked.writeParts(of: names, to: &json)
        }
    }
}
