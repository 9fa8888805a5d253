import EngineKit
import HTTP
import Market

/// What both predictions take.
struct PredictionInput {
    /// Nil is allowed beside `returns`.
    let symbol: Symbol?, timeframe: Timeframe, horizon: Horizon, level: Double
    /// Simple returns, one a bar, oldest first, instead of stored bars.
    let returns: [Double]?
    /// As it was sent; 252 days of bars where it is nil.
    private let statedPeriodsPerYear: Double?
    /// Nothing grows more in one bar; the variance of such returns is a number.
    static let largestReturn = 1e15

    static func read(_ fields: FieldReader, needsSymbol: Bool) -> PredictionInput {
        let symbol = fields.optionalSymbol("symbol", "The instrument; its stored bars are used.", required: needsSymbol)
        let timeframe = fields.optionalChoice("timeframe", "The length of a bar; 1d unless said.", Timeframe.self)
            ?? .day1
        let bytes = fields.json("horizon", "Bars, or a text such as 1d, 4h, 2w, 1mo; 1d unless said.", required: false)
        let horizon = bytes.map { Horizon(json: $0) } ?? .oneDay
        fields.require(horizon != nil, "horizon", Horizon.expected)
        let returns = fields.numbers("returns", "Simple returns, one a bar, oldest first, instead of stored bars.",
                                     required: false)
        if let returns {
            fields.require(returns.count > 1, "returns", "must have at least two returns")
            if let bad = returns.firstIndex(where: { $0 <= -1 || $0 > Self.largestReturn }) {
                fields.refuse(at: ["returns", "\(bad)"],
                              returns[bad] <= -1 ? "must be above -1" : "must be at most 1e15")
            }
        }
        let input = PredictionInput(
            symbol: symbol, timeframe: timeframe, horizon: horizon ?? .oneDay,
            level: fields.optionalNumber("level", "Share of the interval; 0.9 unless said.", above: 0, upTo: 0.9999)
                ?? 0.9,
            returns: returns,
            statedPeriodsPerYear: fields.optionalNumber(
                "periods_per_year", "Bars in a year; 252 days of bars unless said.", above: 0, upTo: 1e7))
        fields.require(input.horizon.isWithinBounds(timeframe, periodsPerYear: input.statedPeriodsPerYear), "horizon",
                       Horizon.expected)
        return input
    }

    /// Where only returns or features are given a day is traded around the clock.
    var aroundTheClock: PredictionScale { scale(barsPerDay: TradingDays.aroundTheClock(timeframe)) }

    func scale(barsPerDay: Double) -> PredictionScale {
        PredictionScale(
            barsPerDay: barsPerDay, periods: horizon.periods(timeframe, barsPerDay: barsPerDay),
            periodsPerYear: statedPeriodsPerYear ?? Horizon.periodsPerYear(barsPerDay: barsPerDay))
    }
}

/// What a horizon and a year are in bars.
struct PredictionScale: Sendable {
    let barsPerDay: Double, periods: Double, periodsPerYear: Double
}

/// A volatility to forecast.
struct VolatilityBody: RequestBody {
    let input: PredictionInput, lambda: Double

    static func read(_ fields: FieldReader) -> VolatilityBody {
        let input = PredictionInput.read(fields, needsSymbol: false)
        fields.require(fields.has("symbol") || fields.has("returns") || fields.isDescribing, "returns",
                       "returns or the symbol of stored bars must be there")
        return VolatilityBody(
            input: input,
            lambda: fields.optionalNumber("lambda", "Weight of the past; 0.94 unless said.", above: 0, upTo: 0.9999)
                ?? 0.94)
    }
}

/// A price to forecast.
struct PriceBody: RequestBody {
    let input: PredictionInput, price: Double?
    let features: [(name: String, value: Double)]

    static func read(_ fields: FieldReader) -> PriceBody {
        let body = PriceBody(
            input: PredictionInput.read(fields, needsSymbol: true),
            price: fields.optionalNumber("current_price", "The price now; the last stored close unless said.", above: 0,
                                         upTo: 1e15),
            features: fields.numberMap(
                "features",
                "`volatility` and `drift`, both a year's, are used where no returns are sent: the volatility as it is, "
                    + "the drift as a year of returns would tell it, so that half of it is believed. Others are named "
                    + "as ignored.", required: false))
        for (name, range) in known.sorted(by: { $0.key < $1.key }) {
            guard let value = body.feature(name), !range.contains(value) else { continue }
            fields.refuse(at: ["features", name], "must lie between \(range.lowerBound) and \(range.upperBound)")
        }
        return body
    }

    func feature(_ name: String) -> Double? { features.first { $0.name == name }?.value }

    /// Features that the baseline knows, and what a year's may be.
    static let known: [String: ClosedRange<Double>] = ["volatility": 0...1000, "drift": -1000...1000]
}

/// A model in the path and a page of its versions.
struct ModelQuery: RequestParameters {
    let name: String, page: PageParameters

    static func read(_ parameters: ParameterReader) -> ModelQuery {
        ModelQuery(name: parameters.path("name", "The model."), page: PageParameters.read(parameters))
    }
}
