import EngineKit
import HTTP
import Market
import Wire

/// A position of a request.
struct PositionBody: RequestBody {
    /// No quantity and no price is larger, so that every product and sum of them is a number.
    static let largest = 1e15

    let position: RiskPosition

    static func read(_ fields: FieldReader) -> PositionBody {
        let symbol = fields.symbol("symbol", "The instrument.")
        let quantity = fields.number("quantity", "Signed.", from: -largest, upTo: largest)
        _ = fields.optionalNumber("average_cost", "What one cost.", from: 0)
        fields.passOver("style")
        return PositionBody(position: RiskPosition(
            symbol: symbol.text, quantity: quantity,
            price: fields.number("price", "The price of one.", above: 0, upTo: largest),
            previousClose: fields.optionalNumber("previous_close", "The close before.", above: 0, upTo: largest),
            sector: fields.optionalString("sector", "For concentration and stress.", length: 1...100),
            averageDailyVolume: fields.optionalNumber("average_daily_volume", "For liquidity.", above: 0)))
    }
}

/// An order of a request.
struct OrderCheckBody: RequestBody {
    let order: RiskOrder, trader: String?, strategy: String

    static func read(_ fields: FieldReader) -> OrderCheckBody {
        let symbol = fields.symbol("symbol", "The instrument."), side = fields.choice("side", "Which way.", Side.self)
        let quantity = fields.number("quantity", "Shares, above 0.", above: 0, upTo: PositionBody.largest)
        let price = fields.number("price", "The price it is judged at.", above: 0, upTo: PositionBody.largest)
        return OrderCheckBody(order: RiskOrder(
            symbol: symbol.text, quantity: side == .buy ? quantity : -quantity, price: price),
            trader: fields.trader("Who decided it: limits of that trader hold for it; nobody's when left out."),
            strategy: fields.optionalString(
                "strategy_id", "Whose order it is: limits of that strategy hold for it; none's when left out.",
                length: 1...200) ?? "")
    }
}

/// An equity curve of a request.
struct EquityCurveBody: RequestBody {
    let values: [Double]

    static func read(_ fields: FieldReader) -> EquityCurveBody {
        let times = fields.times("ts", "Times, strictly rising.", required: false)
        let values = fields.numbers("value", "Equity at each time; above 0 at the first.") ?? []
        fields.require(times.isEmpty || times.count == values.count, "ts", "must be as long as value")
        for (index, pair) in zip(times, times.dropFirst()).enumerated() where pair.0 >= pair.1 {
            fields.refuse(at: ["ts", "\(index + 1)"], "must be after the time before it")
        }
        if let first = values.first, first <= 0 {
            fields.refuse(at: ["value", "0"], "must be above 0: a fall is a part of what there was")
        }
        return EquityCurveBody(values: values)
    }
}

/// A scenario: shocks by symbol, `sector:Name` or `*`.
struct ScenarioBody: RequestBody {
    /// No price falls below nothing, and none rises beyond a million times itself.
    static let possible = -1.0...1e6
    let name: String, shocks: [String: Double]

    /// What is wrong with a shock that is none of these.
    static func fault(_ shock: Double) -> String { shock < -1 ? "must not be below -1" : "must not be above 1000000" }

    static func read(_ fields: FieldReader) -> ScenarioBody {
        let name = fields.optionalString("name", "What people call it.", length: 1...200) ?? ""
        let shocks = fields.numberMap("shocks", "Returns by symbol, sector:Name or *; -0.2 is a fall by a fifth.")
        for (key, value) in shocks where !ScenarioBody.possible.contains(value) {
            fields.refuse(at: ["shocks", key], ScenarioBody.fault(value))
        }
        return ScenarioBody(name: name, shocks: Dictionary(shocks.map { ($0.name, $0.value) }) { $1 })
    }
}

/// A portfolio to check, with what its limits need.
struct CheckBody: RequestBody {
    let positions: [RiskPosition]?, cash: Double, limits: [Limit]?, order: RiskOrder?
    let returns: [String: [Double]]?, benchmarkReturns: [Double]?, equityCurve: [Double]?,
        scenarios: [[String: Double]]?
    let portfolioID: String?
    /// Whose order it is, where it says so.
    let trader: String?
    /// The strategy of its order; empty where it has none.
    let strategy: String

    /// Whether it brings nothing of its own but an order.
    var isOfStored: Bool {
        positions == nil && limits == nil && returns == nil && benchmarkReturns == nil && equityCurve == nil
            && scenarios == nil
    }

    static func read(_ fields: FieldReader) -> CheckBody {
        let portfolio = fields.optionalString("portfolio_id", "The portfolio, where the path does not name it.",
            length: 1...200)
        let positions = fields.array("positions", "What is held; the stored portfolio when left out.",
            PositionBody.self,
                                     required: false)
        let limits = fields.array("limits", "Limits to judge; the stored ones when left out.", Limit.self,
            required: false,
                                  limit: 1000)
        let returns = fields.numberColumns("returns", "Returns by symbol, of equal lengths.", required: false)
        for (name, column) in returns where column.count != returns[0].values.count {
            fields.refuse(at: ["returns", name], "has \(column.count) returns, others have \(returns[0].values.count)")
        }
        let benchmark = fields.numbers("benchmark_returns", "For beta: over the same days as returns.", required: false)
        if let benchmark, let days = returns.first?.values.count, benchmark.count != days {
            fields.refuse(at: ["benchmark_returns"], "has \(benchmark.count) returns, others have \(days)")
        }
        let proposed = fields.optionalObject(
            "order", "A proposed order: limits are judged after it.", OrderCheckBody.self)
        let scenarios = fields.array("scenarios", "For stress_loss.", ScenarioBody.self, required: false, limit: 1000)
        return CheckBody(
            positions: fields.has("positions") ? positions.map(\.position) : nil,
            cash: fields.optionalNumber("cash", "Cash in the portfolio's currency; 0 unless said.") ?? 0,
            limits: fields.has("limits") ? limits : nil,
            order: proposed?.order,
            returns: fields.has("returns") ? Dictionary(returns.map { ($0.name, $0.values) }) { $1 } : nil,
            benchmarkReturns: benchmark,
            equityCurve: fields.optionalObject("equity_curve", "For max_drawdown.", EquityCurveBody.self)?.values,
            scenarios: fields.has("scenarios") ? scenarios.map(\.shocks) : nil, portfolioID: portfolio,
            trader: proposed?.trader, strategy: proposed?.strategy ?? "")
    }
}

/// Value at risk of weights over returns.
struct ValueAtRiskBody: RequestBody {
    let symbols: [String], returns: [[Double]], weights: [Double], value: Double, options: VarOptions
    let confidence: Double, horizonDays: Int

    static func read(_ fields: FieldReader) -> ValueAtRiskBody {
        let returns = fields.numberColumns("returns", "Returns by symbol, of equal lengths, two or more.")
        let weights = fields.numberMap("weights", "Weights by symbol.")
        // Written in the same order, as most are, nothing has to be looked up.
        let isAligned = returns.count == weights.count && zip(returns, weights).allSatisfy { $0.name == $1.name }
        let known = isAligned ? [] : Set(returns.map(\.name))
        let weighted = isAligned ? [:] : Dictionary(weights.map { ($0.name, $0.value) }) { $1 }
        if !fields.isDescribing {
            fields.require(!returns.isEmpty || !fields.has("returns"), "returns", "must not be empty")
            for (name, column) in returns {
                if column.count != returns[0].values.count {
                    fields.refuse(at: ["returns", name],
                        "has \(column.count) returns, others have \(returns[0].values.count)")
                } else if column.count < 2 {
                    fields.refuse(at: ["returns", name], "must have two returns or more")
                }
                if !isAligned && weighted[name] == nil { fields.refuse(at: ["weights", name], "is required: returns has it") }
            }
            for weight in weights where !isAligned && !known.contains(weight.name) {
                fields.refuse(at: ["returns", weight.name], "is required: weights has it")
            }
        }
        return ValueAtRiskBody(
            symbols: returns.map(\.name), returns: returns.map(\.values),
            weights: isAligned ? weights.map(\.value) : returns.map { weighted[$0.name] ?? 0 },
            value: fields.optionalNumber("value", "The portfolio's value; 1 unless said.", above: 0) ?? 1,
            options: VarOptions.read(fields, count: returns.count),
            confidence: fields.optionalNumber("confidence", "0.99 unless said.", from: 0.5, upTo: 0.9999) ?? 0.99,
            horizonDays: fields.optionalInt("horizon_days", "1 unless said.", 1...250) ?? 1)
    }
}

/// A portfolio in the path.
struct PortfolioPath: RequestParameters {
    let id: String
    static func read(_ parameters: ParameterReader) -> PortfolioPath {
        PortfolioPath(id: parameters.path("portfolio_id", "The portfolio."))
    }
}

/// A limit in the path.
struct LimitPath: RequestParameters {
    let id: String
    static func read(_ parameters: ParameterReader) -> LimitPath {
        LimitPath(id: parameters.path("limit_id", "The limit."))
    }
}

/// Which limits are listed.
struct LimitQuery: RequestParameters {
    let portfolioID: String?, type: LimitType?, active: Bool?, page: PageParameters

    static func read(_ parameters: ParameterReader) -> LimitQuery {
        let active = parameters.optionalText("active", "true or false; both when left out.")
        parameters.require(active == nil || active == "true" || active == "false", "active", "must be true or false")
        return LimitQuery(
            portfolioID: parameters.optionalText("portfolio", "Only those that hold for this portfolio."),
            type: parameters.choice("type", "Only this type.", LimitType.self), active: active.map { $0 == "true" },
            page: PageParameters.read(parameters))
    }
}

/// A value or a portfolio to test against one limit.
struct LimitTestBody: RequestBody {
    let value: Double?, portfolio: CheckBody

    static func read(_ fields: FieldReader) -> LimitTestBody {
        LimitTestBody(value: fields.optionalNumber("value", "Judged as it is; else positions or portfolio_id are."),
                      portfolio: CheckBody.read(fields))
    }
}
