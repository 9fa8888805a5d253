import EngineKit
import HTTP
import Market
import Quant
import Runtime
import Wire

/// Which factors are judged, by which horizons.
struct StatisticsBody: RequestBody {
    static let factorLimit = 50

    let bars: PanelBody, factors: [FactorName], horizons: [Int], quantiles: Int

    static func read(_ fields: FieldReader) -> StatisticsBody {
        let bars = PanelBody.read(fields)
        let factors = FactorName.read(fields, limit: factorLimit)
        let horizons = fields.numbers("horizons", "Bars ahead; 1, 5 and 10 unless said.", required: false, limit: 20)
        for (index, value) in (horizons ?? []).enumerated() where value != value.rounded() || !(1...1000).contains(value) {
            fields.refuse(at: ["horizons", "\(index)"], "must be a whole number from 1 to 1000")
        }
        fields.require(horizons?.isEmpty != true, "horizons", "must name at least one horizon")
        fields.require(bars.asOf == nil, "as_of", "has no returns after it; send from and to")
        let valid = (horizons ?? [1, 5, 10]).filter { (1...1000).contains($0) }
        return StatisticsBody(
            bars: bars, factors: factors, horizons: valid.isEmpty ? [1] : valid.map { Int($0) },
            quantiles: fields.optionalInt("quantiles", "Buckets of a date; 5 unless said.", 2...100) ?? 5)
    }
}

extension FactorEngine {
    var statisticsRoute: Route {
        .json(.post, "/factors/statistics",
              "How well factors foretell returns: information coefficients, their decay by horizon, turnover and "
              + "returns of quantiles, as alphalens defines them.",
              example: """
                {"symbols":["AAPL","MSFT","KO"],"factors":["-1*(close/delay(close,5)-1)"],"from":"2012-06-01",\
                "horizons":[1,5],"quantiles":3}
                """,
              answer: """
                {"quantiles":3,"items":[{"factor":"-1*(close/delay(close,5)-1)","observations":420,"dates":140,\
                "horizons":[{"horizon":1,"ic":0.02,"icir":0.05,"rank_ic":0.03,"rank_icir":0.06,"spread":0.001,\
                "quantile_returns":[-0.0004,0.0001,0.0006],"turnover":[0.3,0.4,0.3],"rank_autocorrelation":0.7}]}]}
                """, errors: [503]) { [unowned self] (_: NoParameters, body: StatisticsBody, _) in
            began()
            defer { ended() }
            let series = try await withFacts(try await bars(body.bars), body.factors)
            try checkCost(body.factors, series)
            try FactorGroups.require(body.bars.groups, of: series.map(\.symbol), for: body.factors)
            return try await context.compute {
                let panel = try FactorTable.panel(series, groups: body.bars.groups)
                let rows = FactorTable.rows(panel.ts, body.bars)
                return StatisticsAnswer(quantiles: body.quantiles, items: try body.factors.map { factor in
                    // Prices end with the rows asked for: returns beyond are not known.
                    let values = factor.expression.evaluate(panel).map { Array($0[rows]) }
                    return (factor.text, try FactorStatistics(
                        factor: values, prices: panel.bars.map { Array($0.close[rows]) }, horizons: body.horizons,
                        quantiles: body.quantiles))
                })
            }
        }.calculation
    }
}

/// The figures of each factor.
struct StatisticsAnswer: ResponseBody {
    let quantiles: Int, items: [(factor: String, figures: FactorStatistics)]

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("quantiles", quantiles)
            json.key("items")
            json.beginArray()
            for item in items {
                json.object { json in
                    json.field("factor", item.factor)
                    json.field("observations", item.figures.observations)
                    json.field("dates", item.figures.dates.count)
                    json.key("horizons")
                    json.beginArray()
                    for horizon in item.figures.horizons { Self.write(horizon, &json) }
                    json.endArray()
                }
            }
            json.endArray()
        }
    }

    private static func write(_ horizon: FactorStatistics.Horizon, _ json: inout JSONWriter) {
        json.object { json in
            json.field("horizon", horizon.rows)
            json.field("ic", horizon.meanPearson)
            json.field("icir", horizon.pearsonRatio)
            json.field("rank_ic", horizon.meanSpearman)
            json.field("rank_icir", horizon.spearmanRatio)
            json.field("spread", horizon.spread)
            json.key("quantile_returns")
            json.doubles(horizon.quantileReturns)
            json.key("turnover")
            json.doubles(horizon.turnover)
            json.field("rank_autocorrelation", horizon.rankAutocorrelation)
        }
    }
}
