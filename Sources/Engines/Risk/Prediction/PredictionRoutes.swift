import EngineKit
import HTTP
import Market
import Quant
import Runtime
import Store
import Wire

/// Which predictions are asked for.
struct PredictionQuery: RequestParameters {
    let portfolio: String?

    static func read(_ parameters: ParameterReader) -> PredictionQuery {
        PredictionQuery(portfolio: parameters.optionalText("portfolio_id", "Only of this portfolio."))
    }
}

extension RiskEngine {
    private static let modelExample = """
        {"name":"boosted_trees","version":1,"fitted_at":"2026-01-02T03:04:05Z","beats_base_rate":true,\
        "quality":{"evaluated_on":"simulated","rows":{"simulated":20000,"stored":0},"library":"XGBoost 1.7.4",\
        "candidates":{"logistic":null,"boosted_trees":null}}}
        """

    /// Probabilities of breaches, and the model behind them.
    var predictionRoutes: [Route] {
        [
            .json(.get, "/api/v1/risk/predictions", "The probability that each limit is breached soon, with its drivers.",
                answer: """
                    {"horizon_seconds":1800,"model?":\(Self.modelExample),"items":[{"portfolio_id":"sample","limit_id":"l1",\
                    "type":"leverage","utilization":0.93,"state":"predicted","reason":"","probability":0.31,"drivers":[{"name":\
                    "headroom","value":1.1,"contribution":0.8}]}],"next_cursor":null}
                    """) { [unowned self] (query: PredictionQuery, _: NoBody, _) in predictions(of: query.portfolio) },
            .json(.get, "/api/v1/risk/predictions/model", "The fitted model and how well it forecasts.",
                answer: Self.modelExample, errors: [404]) { [unowned self] (_: NoParameters, _: NoBody, _) in
                guard let model = desk.model else { throw Problem.notFound("no model was fitted yet") }
                return JSONBody { model.write(to: &$0) }
            },
            .json(.post, "/api/v1/risk/predictions/model", "Fits the model anew on simulated and stored histories.",
                answer: Self.modelExample, status: 201) { [unowned self] (_: NoParameters, _: NoBody, _) in
                guard let model = try await desk.fit() else {
                    throw Problem.unavailable("breach model", "nothing to learn from")
                }
                return JSONBody(status: 201) { model.write(to: &$0) }
            },
        ]
    }

    private func predictions(of portfolio: String?) -> JSONBody {
        let model = desk.model, found = desk.outlooks.filter { portfolio == nil || $0.key.portfolio == portfolio }
        return JSONBody { json in
            json.object { json in
                json.field("horizon_seconds", desk.horizonSeconds)
                json.key("model")
                if let model { model.write(to: &json) } else { json.null() }
                json.page(found.sorted { $0.key < $1.key }, next: nil) { $1.value.write($1.key, model, to: &$0) }
            }
        }
    }

    /// Rows and messages of the alerts that rules for warnings make of a breach that has become likely.
    func alerts(
        predicting check: LimitCheck, _ probability: Double, within seconds: Int, _ portfolio: String, at time: Timestamp
    ) -> ([Statement], [Message]) {
        let found = rules.filter { $0.matches(portfolio: portfolio, type: check.limit.type, severity: .warning) }
        let percent = Int((probability * 100).rounded())
        let made = found.map { rule in
            RiskAlert(
                id: context.identifiers.nextText(), kind: .alert, title: rule.title, severity: .warning, state: .open,
                portfolioID: portfolio, limitType: check.limit.type.rawValue, ruleID: rule.id,
                message: "\(check.reason); a breach within \(seconds) s has a probability of \(percent) %", note: "",
                time: time)
        }
        return (made.map { RiskControls.upsert($0) }, made.map { message($0) })
    }
}

extension BreachDesk.Outlook {
    /// The state in a word, and why no probability is told.
    private func state(_ model: BreachModel?) -> (name: String, reason: String) {
        if prediction != nil { return ("predicted", "") }
        if check.verdict == .breach { return ("breached", check.reason) }
        guard check.utilization.isFinite else { return ("not_predictable", "its utilisation is not finite") }
        guard let model else { return ("not_fitted", "no model was fitted yet") }
        guard drivers != nil else { return ("warming_up", "\(BreachTracker.warmUp) checks in a row are needed") }
        return model.isShown ? ("warming_up", "it was not looked at since the model was fitted")
            : ("not_shown", "the model does not beat the base rate")
    }

    func write(_ key: LimitKey, _ model: BreachModel?, to json: inout JSONWriter) {
        let state = state(model)
        json.object { json in
            json.field("portfolio_id", key.portfolio)
            json.field("limit_id", key.limit)
            json.field("type", check.limit.type.rawValue)
            json.field("state", state.name)
            json.field("reason", state.reason)
            json.field("utilization", check.utilization)
            json.key("probability")
            if let prediction { json.double(prediction.probability) } else { json.null() }
            // What weighs most comes first.
            let parts = prediction?.contributions ?? []
            let order = parts.indices.sorted { abs(parts[$0]) > abs(parts[$1]) }
            json.array("drivers", order) { json, index in
                json.object { json in
                    json.field("name", BreachDrivers.names[index])
                    json.field("value", drivers?.values[index] ?? .nan)
                    json.field("contribution", parts[index])
                }
            }
        }
    }
}
