import EngineKit
import HTTP
import Market
import Quant
import Wire

/// How figures of returns are to be made, and which beyond the usual ones.
struct FigureOptions: Sendable {
    var conventions: ReturnConventions
    /// Whose definitions.
    var dialect = ReturnDialect.empyrical
    /// Returns in a rolling window; nil for no rolling figures.
    var window: Int?
    /// How many strategies were tried before this one.
    var trials: Int?
    /// Variance of the trials' Sharpe ratios, of one period; the estimate's own where it is nil.
    var trialVariance: Double?
    /// A year's Sharpe ratio that is to be beaten.
    var targetSharpe = 0.0

    /// Of a body.
    static func read(_ fields: FieldReader) -> FigureOptions {
        let dialect = fields.optionalChoice("dialect", "Whose definitions; empyrical unless said.", ReturnDialect.self)
        let rate = fields.optionalNumber("risk_free_rate", "A year's, as a fraction; 0 unless said.", above: -1,
            upTo: 10)
        let confidence = fields.optionalNumber("confidence", "Of value at risk; 0.95 unless said.", above: 0,
            upTo: 0.9999)
        let periods = fields.optionalNumber(
            "periods_per_year", "Returns in a year; the dialect's unless said: 252, vectorbt 365, qlib 238.", above: 0,
            upTo: 1e7)
        return FigureOptions(
            conventions: ReturnConventions(
                periodsPerYear: periods ?? (dialect ?? .empyrical).periodsPerYear, riskFreeRate: rate ?? 0,
                confidence: confidence ?? 0.95),
            dialect: dialect ?? .empyrical,
            window: fields.optionalInt("rolling_window", "Returns in a window of rolling figures.", 2...1_000_000),
            trials: fields.optionalInt("trials", "Strategies that were tried; deflates the Sharpe ratio.",
                                       1...1_000_000_000),
            trialVariance: fields.optionalNumber(
                "trials_sharpe_variance", "Variance of their Sharpe ratios of one period.", above: 0, upTo: 1e6),
            targetSharpe: fields.optionalNumber("target_sharpe", "A year's Sharpe ratio to beat; 0 unless said.",
                                                from: -100, upTo: 100) ?? 0)
    }

    /// Of a query.
    static func read(_ parameters: ParameterReader) -> FigureOptions {
        let dialect = parameters.choice("dialect", "Whose definitions.", ReturnDialect.self, default: .empyrical)
            ?? .empyrical
        let periods = parameters.number("periods_per_year", "Returns in a year; 0 for the dialect's.", 0...1e7,
                                        default: 0)
        let window = parameters.int("rolling_window", "Returns in a rolling window; 0 for none.", 0...1_000_000,
                                    default: 0)
        parameters.require(window != 1, "rolling_window", "must be 0 or at least 2")
        return FigureOptions(
            conventions: ReturnConventions(
                periodsPerYear: periods > 0 ? periods : dialect.periodsPerYear,
                riskFreeRate: parameters.number("risk_free_rate", "A year's, as a fraction.", -0.99...10, default: 0),
                confidence: parameters.number("confidence", "Of value at risk.", 0.5...0.9999, default: 0.95)),
            dialect: dialect, window: window > 1 ? window : nil)
    }

    /// How the figures were made.
    func write(observations: Int, _ json: inout JSONWriter) {
        json.object("conventions") { json in
            json.field("periods_per_year", conventions.periodsPerYear)
            json.field("risk_free_rate", conventions.riskFreeRate)
            json.field("confidence", conventions.confidence)
            json.field("observations", observations)
            json.field("dialect", dialect.rawValue)
            json.field("ddof", 1)
            json.field("compounding", dialect == .qlib ? "sums" : dialect == .lean ? "mean, compounded" : "geometric")
            json.field("risk_free_rate_basis", dialect == .lean ? "a year's, off the annual return"
                : dialect == .qlib ? "none" : "a year's; (1 + r)^(1/periods) − 1 a period")
            json.field("moments", dialect == .quantstats ? "unbiased, excess" : "population, excess")
            json.field("sharpe_significance", "one period, population moments, raw kurtosis")
            json.field("tail_risk", "returns, negative for a loss")
        }
    }
}
