import EngineKit
import HTTP
import Market
import Quant

/// A position of a body.
struct AnalysisPosition: RequestBody {
    /// Nothing is larger than this, so that sums of many stay exact.
    static let largestValue = 1e15

    let symbol: Symbol, quantity: Quantity, averageCost: Price, price: Price
    let previousClose: Price?, realized: Money?, sector: String?, style: String?, currency: String?
    /// What one of its currency is in the portfolio's; nil where it is the portfolio's.
    var rate: ExchangeRate?

    static func read(_ fields: FieldReader) -> AnalysisPosition {
        let position = AnalysisPosition(
            symbol: fields.symbol("symbol", "The instrument."),
            quantity: fields.fixed("quantity", "Signed: below 0 for a short one."),
            averageCost: fields.fixed("average_cost", "Average price paid for one.", from: .zero),
            price: fields.fixed("price", "The price of one now.", above: .zero),
            previousClose: fields.optionalFixed("previous_close", "The last close before today, for the day's P&L.",
                                                above: .zero),
            realized: fields.optionalFixed("realized", "P&L realised on it so far."),
            sector: fields.optionalString("sector", "For attribution.", length: 1...100),
            style: fields.optionalString("style", "For attribution.", length: 1...100),
            currency: fields.optionalString("currency", "The money its prices are in.", length: 3...10))
        let largest = max(position.price, position.averageCost, position.previousClose ?? .zero).double
        fields.require(position.quantity.magnitude.double * largest <= largestValue, "quantity",
                       "makes a position worth more than 1e15")
        return position
    }

    /// In the portfolio's currency, as all that follows.
    var marketValue: Money { told(quantity * price) }
    var cost: Money { told(quantity * averageCost) }
    var unrealized: Money { marketValue - cost }
    var previousValue: Money? { previousClose.map { told(quantity * $0) } }
    var daily: Money? { previousValue.map { marketValue - $0 } }
    var gained: Money? { realized.map(told) }

    private func told(_ money: Money) -> Money { rate?.converted(money) ?? money }
}

/// Values over time, of a body.
struct CurveBody: RequestBody {
    let times: [Timestamp], values: [Double]

    static func read(_ fields: FieldReader) -> CurveBody {
        let times = fields.times("ts", "Times, strictly rising.", required: false)
        let values = fields.numbers("value", "What it was worth; above 0.") ?? []
        fields.requireAsLong(values, as: "ts", at: "value")
        for (index, pair) in zip(times, times.dropFirst()).enumerated() where pair.0 >= pair.1 {
            fields.refuse(at: ["ts", "\(index + 1)"], "must be after the time before it")
        }
        if let bad = values.firstIndex(where: { $0 <= 0 }) { fields.refuse(at: ["value", "\(bad)"], "must be above 0") }
        return CurveBody(times: times, values: values)
    }

    /// The n − 1 returns; none of fewer than two values.
    var returns: [Double]? { try? Performance.returns(of: values) }
}

/// What is analysed: positions, and returns for the performance.
struct AnalysisBody: RequestBody {
    /// Most positions of one request.
    static let positionLimit = 5000

    /// Nil where none were sent.
    let positions: [AnalysisPosition]?
    let currency: String?, cash: Money?, returns: [Double]?, benchmark: [Double]?, options: FigureOptions
    /// A curve with the flows of its periods.
    let flows: FlowCurve?
    let weights: WeightsOfBody?, attribution: AttributionBody?

    static func read(_ fields: FieldReader) -> AnalysisBody { read(fields, needsPositions: true) }

    static func read(_ fields: FieldReader, needsPositions: Bool) -> AnalysisBody {
        let sent = fields.array("positions", "What is held; [] is an empty portfolio.", AnalysisPosition.self,
                                required: needsPositions, limit: positionLimit)
        let (currency, positions) = CurrencyFields.convert(sent, fields)
        let cash = fields.optionalFixed("cash", "Cash in the portfolio's currency; counts into weights.")
        let returns = fields.numbers("returns", "Returns of the portfolio, one a period, oldest first.",
            required: false)
        let curve = fields.optionalObject("equity_curve", "Its values instead of returns.", CurveBody.self)
        let flows = readFlows(curve, fields)
        let benchmark = fields.numbers("benchmark_returns", "Returns of the benchmark over the same periods.",
            required: false)
        refuseBelowNothing([("returns", returns), ("benchmark_returns", benchmark)], fields)
        let options = FigureOptions.read(fields)
        let used = returns ?? (flows.map(Self.returns) ?? curve?.returns)
        if let benchmark, !fields.isDescribing {
            fields.require(used != nil || flows == nil, "flows", "leave less than nothing at the end of a period, so "
                + "there are no returns to compare; a value at the time of the flow is needed")
            fields.require(used != nil || flows != nil, "benchmark_returns",
                           "needs returns or equity_curve to be compared with")
            if let used {
                fields.require(used.count == benchmark.count, "benchmark_returns",
                               "has \(benchmark.count) returns, the portfolio \(used.count)")
            }
        }
        return AnalysisBody(
            positions: fields.has("positions") ? positions : nil, currency: currency, cash: cash, returns: used,
            benchmark: benchmark, options: options, flows: flows, weights: WeightsOfBody.read(fields),
            attribution: fields.optionalObject("attribution", "Holdings by period, to attribute the active return.",
                                               AttributionBody.self))
    }

    /// Figures of performance compound: Π(1 + r) over a return below −1, which leaves less than nothing, is no value.
    private static func refuseBelowNothing(_ columns: [(name: String, values: [Double]?)], _ fields: FieldReader) {
        for (name, values) in columns {
            guard let bad = values?.firstIndex(where: { $0 < -1 }) else { continue }
            fields.refuse(at: [name, "\(bad)"], "must not be below -1: less than nothing cannot be compounded")
        }
    }

    private static func readFlows(_ curve: CurveBody?, _ fields: FieldReader) -> FlowCurve? {
        guard let flows = fields.optionalObject("flows", "Money that came in and went out; needs equity_curve with ts.",
                                                FlowsBody.self), !fields.isDescribing else { return nil }
        guard let curve, curve.times.count > 1, curve.times.count == curve.values.count else {
            fields.require(false, "flows", "needs an equity_curve of at least two values with ts")
            return nil
        }
        guard let sums = flows.periods(curve.times) else {
            fields.refuse(at: ["flows", "ts"], "must lie within the curve's times")
            return nil
        }
        return FlowCurve(
            times: curve.times.map(\.nanoseconds), values: curve.values, flows: sums, dated: flows.dated)
    }

    /// Time-weighted: what came in during a period is taken off its end. Nil where that leaves less than nothing.
    private static func returns(_ curve: FlowCurve) -> [Double]? {
        let returns = (1..<curve.values.count).map { (index: Int) -> Double in
            let end = curve.values[index] - curve.flows[index]
            return end / curve.values[index - 1] - 1
        }
        return returns.contains { $0 < -1 } ? nil : returns
    }
}

/// The same without a portfolio in the path: one that is followed may be named instead of sending figures.
struct AnalyzeBody: RequestBody {
    let portfolioID: String?, analysis: AnalysisBody

    static func read(_ fields: FieldReader) -> AnalyzeBody {
        let id = fields.optionalString("portfolio_id", "A portfolio; its own curve is taken where no returns are sent.",
                                       length: 1...200)
        let analysis = AnalysisBody.read(fields, needsPositions: false)
        let inputs = ["portfolio_id", "positions", "returns", "equity_curve", "attribution", "weights"]
        let hasInput = inputs.contains { fields.has($0) }
        fields.require(hasInput || fields.isDescribing, "",
                       "one of portfolio_id, positions, returns, equity_curve, attribution and weights must be there")
        return AnalyzeBody(portfolioID: id, analysis: analysis)
    }
}

/// A portfolio in the path.
struct PortfolioPath: RequestParameters {
    let id: String
    static func read(_ parameters: ParameterReader) -> PortfolioPath {
        PortfolioPath(id: parameters.path("portfolio_id", "The portfolio."))
    }
}

/// A portfolio under the name its path has in the sprint3 family.
struct SummaryPath: RequestParameters {
    let id: String
    static func read(_ parameters: ParameterReader) -> SummaryPath {
        SummaryPath(id: parameters.path("id", "The portfolio."))
    }
}

/// A followed portfolio, the conventions of its figures, and what it is compared with.
struct PerformanceQuery: RequestParameters {
    let id: String, options: FigureOptions, benchmark: Symbol?, timeframe: Timeframe

    static func read(_ parameters: ParameterReader) -> PerformanceQuery {
        let id = parameters.path("portfolio_id", "The portfolio.")
        return PerformanceQuery(
            id: id, options: FigureOptions.read(parameters),
            benchmark: parameters.optionalSymbol("benchmark", "A symbol whose stored closes it is compared with."),
            timeframe: parameters.choice("timeframe", "The length of the benchmark's bars.", Timeframe.self,
                                         default: .day1) ?? .day1)
    }
}
