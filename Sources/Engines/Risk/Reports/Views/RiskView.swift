import Documents
import EngineKit
import HTTP
import Market

/// The dashboards of a front end: each a document of figures, tables and charts that a page can draw as it is.
enum RiskView: String, CaseIterable, Sendable {
    case overview, exposures, valueAtRisk = "var", stress, limits, breaches, liquidity, concentration, backtest

    private static let shares = [
        "Shares are of equity: cash and market values. Long and short are told apart by the sign of the quantity; a holding "
            + "without a sector is in the sector –.",
    ]

    /// What is gathered for it.
    var needs: ReportNeeds {
        switch self {
        case .overview, .limits: .limits
        case .breaches: .events
        case .valueAtRisk, .liquidity, .backtest: .bars
        case .exposures, .concentration, .stress: []
        }
    }

    /// The view, from what was gathered: a report under the view's name, or parts of one.
    func document(_ inputs: ReportInputs) -> ReportDocument {
        func view(_ title: String, _ conventions: [String], _ sections: [ReportSection]) -> ReportDocument {
            var document = inputs.document(rawValue, title, conventions)
            document.sections = sections
            return document
        }
        func whole(_ report: ReportDocument) -> ReportDocument {
            var document = report
            document.kind = rawValue
            return document
        }
        switch self {
        case .overview:
            let report = DailyRiskReport(inputs)
            return view("Overview", DailyRiskReport.conventions(inputs), [report.overview, report.limits, report.worst])
        case .valueAtRisk:
            return view("Value at risk", DailyRiskReport.rules, [DailyRiskReport(inputs).tail])
        case .exposures: return view("Exposures", Self.shares, ExposureView(inputs).sections)
        case .concentration: return view("Concentration", Self.shares, ConcentrationView(inputs).sections)
        case .limits: return view("Limits", LimitsReport.conventions(inputs), [LimitsReport(inputs).now])
        case .breaches:
            return view("Breaches", LimitsReport.conventions(inputs), [BreachView(inputs).section, LimitsReport(inputs).eventSection])
        case .stress: return whole(StressReport(inputs).document)
        case .liquidity: return whole(LiquidityReport(inputs).document)
        case .backtest: return whole(VarBacktestReport(inputs).document)
        }
    }
}

/// Which view of what.
struct RiskViewQuery: RequestParameters {
    let view: RiskView, portfolio: String, period: ReportPeriod

    static func read(_ parameters: ParameterReader) -> RiskViewQuery {
        RiskViewQuery(view: parameters.pathChoice("view", RiskView.self) ?? .overview,
                      portfolio: parameters.text("portfolio", "The portfolio's id."), period: .read(parameters))
    }
}

extension RiskEngine {
    /// Nine dashboards.
    var viewRoutes: [Route] {
        [
            .json(.get, "/api/v1/risk/views/{view}",
                  "A dashboard: overview, exposures, var, stress, limits, breaches, liquidity, concentration, backtest.",
                  answer: """
                    {"report_type":"concentration","title":"Concentration","subject":"sample","sections":[{"name":"concentration",\
                    "heading":"Concentration","blocks":[{"figures":[{"name":"positions","label":"Holdings","value":1,\
                    "format":"count"}]}]}]}
                    """, errors: [404]) { [unowned self] (query: RiskViewQuery, _: NoBody, _) in
                let view = query.view, inputs = try await inputs(view.needs, of: query.portfolio, query.period)
                return JSONBody(bytes: await context.compute { view.document(inputs).json })
            },
        ]
    }
}
