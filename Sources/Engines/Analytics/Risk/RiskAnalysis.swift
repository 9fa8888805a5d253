import EngineKit
import HTTP
import Market
import Quant
import Runtime
import Wire

/// VaR and ES of one series by every method that needs nothing but its past.
struct RiskTable: Sendable {
    /// What one method says; nil with the reason where it cannot.
    struct Row: Sendable {
        let method: String, confidence: Double
        let risk: ValueAtRisk?
        let reason: String?
    }

    let rows: [Row]
    let symbols: [String]

    /// Weights in currency make currency, weights as fractions make fractions.
    init(_ returns: [[Double]], _ weights: [Double], symbols: [String], confidences: [Double], days: Double) {
        self.symbols = symbols
        rows = confidences.flatMap { confidence in
            let settings = ValueAtRisk.Settings(value: 1, confidence: confidence, horizonDays: days)
            return [
                Self.row("parametric", confidence) { () throws(QuantError) in
                    try .parametric(returns: returns, weights: weights, settings: settings) },
                Self.row("student_t", confidence) { () throws(QuantError) in
                    try .student(returns: returns, weights: weights, settings: settings) },
                Self.row("cornish_fisher", confidence) { () throws(QuantError) in
                    try .cornishFisher(returns: returns, weights: weights, settings: settings) },
                Self.row("historical", confidence) { () throws(QuantError) in
                    try .historical(returns: returns, weights: weights, settings: settings) },
                Self.row("age_weighted", confidence) { () throws(QuantError) in
                    try .ageWeighted(returns: returns, weights: weights, settings: settings) },
                Self.row("filtered_historical", confidence) { () throws(QuantError) in
                    try .filteredHistorical(returns: returns, weights: weights, settings: settings) },
            ]
        }
    }

    private static func row(
        _ method: String, _ confidence: Double, _ measure: () throws(QuantError) -> ValueAtRisk
    ) -> Row {
        do throws(QuantError) {
            return Row(method: method, confidence: confidence, risk: try measure(), reason: nil)
        } catch {
            return Row(method: method, confidence: confidence, risk: nil, reason: error.message)
        }
    }

    func write(to json: inout JSONWriter) {
        json.key("measures")
        json.beginArray()
        for row in rows {
            json.beginObject()
            json.key("method")
            json.string(row.method)
            json.key("confidence")
            json.double(row.confidence)
            json.key("value_at_risk")
            json.double(row.risk?.valueAtRisk ?? .nan)
            json.key("expected_shortfall")
            json.double(row.risk?.expectedShortfall ?? .nan)
            if let reason = row.reason {
                json.key("reason")
                json.string(reason)
            }
            if let risk = row.risk, !symbols.isEmpty {
                json.key("component")
                json.beginObject()
                for (symbol, value) in zip(symbols, risk.component) {
                    json.key(symbol)
                    json.double(value)
                }
                json.endObject()
            }
            json.endObject()
        }
        json.endArray()
    }
}

/// One scenario of a body.
struct RiskScenarioBody: RequestBody {
    let name: String, shocks: [String: Double]

    static func read(_ fields: FieldReader) -> RiskScenarioBody {
        let name = fields.optionalString("name", "What people call it.", length: 1...200) ?? ""
        let shocks = fields.numberMap("shocks", "Returns by symbol, sector:Name or *; -0.2 is a fall by a fifth.")
        for shock in shocks where shock.value < -1 { fields.refuse(at: ["shocks", shock.name], "must not be below -1") }
        return RiskScenarioBody(name: name, shocks: Dictionary(shocks.map { ($0.name, $0.value) }) { $1 })
    }

    /// The symbol's own shock before its sector's before `*`.
    func shock(_ position: AnalysisPosition) -> Double {
        shocks[position.symbol.text] ?? position.sector.flatMap { shocks["sector:\($0)"] } ?? shocks["*"] ?? 0
    }
}

/// Positions with what their risk is measured on.
struct RiskAnalysisBody: RequestBody {
    let positions: [AnalysisPosition], returns: [String: [Double]], confidences: [Double], days: Int
    let scenarios: [RiskScenarioBody]

    static func read(_ fields: FieldReader) -> RiskAnalysisBody {
        let sent = fields.array("positions", "What is held.", AnalysisPosition.self)
        let positions = CurrencyFields.convert(sent, fields).positions
        let returns = fields.numberColumns("returns", "Daily returns by symbol, of every position; of stored bars "
            + "where left out.", required: false)
        for column in returns where column.values.count != returns[0].values.count {
            fields.refuse(at: ["returns", column.name],
                "has \(column.values.count) returns, others have \(returns[0].values.count)")
        }
        let confidence = fields.optionalNumber("confidence", "0.95 and 0.99 unless said.", from: 0.5, upTo: 0.9999)
        return RiskAnalysisBody(
            positions: positions, returns: Dictionary(returns.map { ($0.name, $0.values) }) { $1 },
            confidences: confidence.map { [$0] } ?? [0.95, 0.99],
            days: fields.optionalInt("horizon_days", "1 unless said.", 1...250) ?? 1,
            scenarios: fields.array("scenarios", "Scenarios to meet.", RiskScenarioBody.self, required: false,
                limit: 1000))
    }
}

/// A followed portfolio, and over how long.
struct RiskQuery: RequestParameters {
    let id: String, confidence: Double?, days: Double

    static func read(_ parameters: ParameterReader) -> RiskQuery {
        let confidence = parameters.number("confidence", "From 0.5 on; 0 for 0.95 and 0.99.", 0...0.9999, default: 0)
        parameters.require(confidence == 0 || confidence >= 0.5, "confidence", "must be 0 or at least 0.5")
        return RiskQuery(
            id: parameters.path("portfolio_id", "The portfolio."), confidence: confidence > 0 ? confidence : nil,
            days: parameters.number("horizon_days", "Days.", 1...250, default: 1))
    }
}

extension AnalyticsEngine {
    private static let riskAnswer = """
        {"portfolio_id":"sample","observations":250,"horizon_days":1,"equity":104211.5,\
        "measures":[{"method":"parametric","confidence":0.95,"value_at_risk":1602.2,"expected_shortfall":2010.1}],"volatility":0.15,"max_drawdown":0.12,\
        "warnings":[]}
        """

    /// Risk of what is sent, and of followed portfolios.
    var riskRoutes: [Route] { [riskAnalyzeRoute.tolerant, portfolioRiskRoute] }

    private var riskAnalyzeRoute: Route {
        .json(.post, "/api/v1/sprint3/analytics/risk/analyze",
              "VaR and ES of positions by method, with components, and their losses under scenarios; in currency.",
              example: """
                {"positions":[{"symbol":"GOOG","quantity":100,"average_cost":700,"price":806.19,\
                "sector":"Technology"}],\
                "confidence":0.95,"returns":{"GOOG":[0.01,-0.02,0.005,0.013,-0.007]},\
                "scenarios":[{"name":"fall","shocks":{"*":-0.2}}]}
                """,
              answer: Self.riskAnswer) { [unowned self] (_: NoParameters, body: RiskAnalysisBody, _) in
            let (columns, warnings) = try await self.returns(of: body)
            let observations = columns.first?.count ?? 0
            let values = body.positions.map(\.marketValue.double)
            let work = max(1, columns.count) * observations * body.confidences.count * 6
            let table = await self.context.compute(over: work) {
                RiskTable(columns, values, symbols: body.positions.map(\.symbol.text), confidences: body.confidences,
                          days: Double(body.days))
            }
            return JSONBody { json in
                json.beginObject()
                json.key("market_value")
                json.double(values.reduce(0, +))
                json.key("observations")
                json.int(observations)
                json.key("horizon_days")
                json.int(body.days)
                if !body.positions.isEmpty { table.write(to: &json) }
                json.key("scenarios")
                json.beginArray()
                for scenario in body.scenarios {
                    json.beginObject()
                    json.key("name")
                    json.string(scenario.name)
                    json.key("loss")
                    json.double(LossMeasures.stressLoss(
                        marketValues: values, shocks: body.positions.map { scenario.shock($0) }))
                    json.endObject()
                }
                json.endArray()
                json.strings("warnings", warnings)
                json.endObject()
            }
        }
    }

    private var portfolioRiskRoute: Route {
        .json(.get, "/api/v1/analytics/risk/{portfolio_id}",
              "VaR and ES of a followed portfolio by method, from the daily returns of its own equity; in currency.",
              answer: Self.riskAnswer, errors: [404]) { [unowned self] (query: RiskQuery, _: NoBody, _) in
            let portfolio = try self.find(query.id), curve = portfolio.curve
            let returns = (try? Performance.returns(of: curve.days.equity)) ?? []
            let equity = portfolio.value?.equity.double ?? 0
            let table = await self.context.compute(over: returns.count * 12) {
                RiskTable([returns], [equity], symbols: [], confidences: query.confidence.map { [$0] } ?? [0.95, 0.99],
                          days: query.days)
            }
            return JSONBody { json in
                json.beginObject()
                json.key("portfolio_id")
                json.string(query.id)
                json.key("observations")
                json.int(returns.count)
                json.key("horizon_days")
                json.double(query.days)
                json.key("equity")
                json.double(equity)
                table.write(to: &json)
                json.key("volatility")
                json.double(LossMeasures.volatility(returns) ?? .nan)
                json.key("max_drawdown")
                let equities = curve.usable.equity
                json.double(equities.isEmpty ? .nan : LossMeasures.maxDrawdown(equityCurve: equities))
                json.endObject()
            }
        }
    }
}
