import EngineKit
import HTTP
import Market
import Quant
import Wire

/// What a prediction was made from.
struct PredictionSource: Sendable {
    /// Where the numbers came from.
    enum Kind: String, Sendable { case stored, returns, features }

    let kind: Kind, observations: Int, asOf: Timestamp, model: ModelReference, scale: PredictionScale

    func write(to json: inout JSONWriter) {
        model.write(to: &json)
        json.key("fitted_on")
        json.string(kind.rawValue)
        json.key("observations")
        json.int(observations)
        json.field("bars_per_day", scale.barsPerDay)
        json.key("as_of")
        json.time(asOf)
    }
}

/// A volatility forecast.
struct VolatilityAnswer: ResponseBody {
    let input: PredictionInput, lambda: Double, forecast: VolatilityForecast, source: PredictionSource

    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.key("symbol")
        if let symbol = input.symbol { json.string(symbol.text) } else { json.null() }
        Self.write(forecast, &json)
        json.key("horizon")
        json.string(input.horizon.text)
        for (name, value) in [
            ("horizon_periods", source.scale.periods), ("horizon_volatility", forecast.horizonVolatility),
            ("lambda", lambda), ("periods_per_year", source.scale.periodsPerYear), ("effective_degrees", forecast.effectiveDegrees),
        ] {
            json.key(name)
            json.double(value)
        }
        json.key("method")
        json.string("ewma")
        source.write(to: &json)
        json.endObject()
    }

    /// The members that an answer and a message share; the interval is of the annualised volatility.
    static func write(_ forecast: VolatilityForecast, _ json: inout JSONWriter) {
        json.key("annualized_volatility")
        json.double(forecast.annualizedVolatility)
        json.key("volatility")
        json.double(forecast.volatility)
        json.key("interval")
        Interval(low: forecast.low, high: forecast.high, level: forecast.level).write(to: &json)
    }
}

/// A range that a value lies in with a stated probability.
struct Interval {
    let low: Double, high: Double, level: Double

    func write(to json: inout JSONWriter) {
        json.beginObject()
        for (name, value) in [("low", low), ("high", high), ("level", level)] {
            json.key(name)
            json.double(value)
        }
        json.endObject()
    }
}

/// A price forecast.
struct PriceAnswer: ResponseBody {
    let input: PredictionInput, price: Double, forecast: PriceForecast, source: PredictionSource
    let ignored: [String]

    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.key("symbol")
        if let symbol = input.symbol { json.string(symbol.text) } else { json.null() }
        json.key("current_price")
        json.double(price)
        json.key("prediction")
        json.beginObject()
        for (name, value) in [
            ("price", forecast.medianPrice), ("return", forecast.medianReturn),
            ("expected_price", forecast.expectedPrice),
        ] {
            json.key(name)
            json.double(value)
        }
        json.key("direction")
        json.string(forecast.direction.rawValue)
        json.endObject()
        json.key("confidence")
        json.double(forecast.confidence)
        json.key("interval")
        Interval(low: forecast.low, high: forecast.high, level: forecast.level).write(to: &json)
        json.key("horizon")
        json.string(input.horizon.text)
        json.key("horizon_periods")
        json.double(source.scale.periods)
        source.write(to: &json)
        if !ignored.isEmpty {
            json.key("ignored_features")
            json.beginArray()
            for name in ignored { json.string(name) }
            json.endArray()
        }
        json.endObject()
    }
}

/// The models of the registry, each with its newest versions taken together.
struct ModelList: ResponseBody {
    let models: [(name: ModelName, newest: [FittedModel])]
    let next: String?

    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.page(models, next: next) { Self.write($1.name, $1.newest, &$0) }
        json.endObject()
    }

    private static func write(_ name: ModelName, _ newest: [FittedModel], _ json: inout JSONWriter) {
        json.beginObject()
        for (member, text) in [
            ("name", name.rawValue), ("kind", name.kind), ("stage", "production"),
            ("version", "\(newest.map(\.version).max() ?? 0)"),
        ] {
            json.key(member)
            json.string(text)
        }
        json.key("trained_at")
        json.time(newest.map(\.trained).max() ?? Timestamp(nanoseconds: 0))
        json.key("instruments")
        json.int(newest.count)
        json.key("metrics")
        FittedModel.write(means(newest), &json)
        json.endObject()
    }

    /// Metrics over all instruments: steps added up, the others' means weighted by steps.
    private static func means(_ models: [FittedModel]) -> [(name: String, value: Double)] {
        var steps = 0.0, sums: [String: Double] = [:], order: [String] = []
        for model in models {
            let weight = model.metrics.first { $0.name == "steps" }?.value ?? 0
            steps += weight
            for metric in model.metrics where metric.name != "steps" {
                if sums[metric.name] == nil { order.append(metric.name) }
                sums[metric.name, default: 0] += metric.value * weight
            }
        }
        return [("steps", steps)] + order.map { ($0, (sums[$0] ?? 0) / steps) }
    }
}
