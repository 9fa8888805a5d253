import Documents
import EngineKit
import HTTP
import Market
import Quant

/// The dashboards of a front end: each a document of figures, tables and charts that a page can draw as it is.
enum RiskView: String, CaseIterable, Sendable {
    case overview, exposures, valueAtRisk = "var", stress, limits, breaches, liquidity, concentration, backtest

    /// The report that gathers what the view needs.
    var source: ReportType {
        switch self {
        case .overview, .valueAtRisk: .dailyRisk
        case .exposures, .concentration: .stress
        case .stress: .stress
        case .limits, .breaches: .limits
        case .liquidity: .liquidity
        case .backtest: .varBacktest
        }
    }

    /// The view, from what was gathered. Sections are those of the report, or the view's own.
    func document(_ inputs: ReportInputs) -> ReportDocument {
        var document = source.document(inputs)
        document.kind = rawValue
        switch self {
        case .overview: document.sections.removeAll { $0.name == "holdings" || $0.name == "value_at_risk" }
        case .valueAtRisk: document.sections.removeAll { $0.name != "value_at_risk" }
        case .limits: document.sections.removeAll { $0.name != "limits" }
        case .breaches: document.sections = BreachView(inputs).sections(document.sections)
        case .exposures: replace(&document, "Exposures", ExposureView(inputs).sections)
        case .concentration: replace(&document, "Concentration", ConcentrationView(inputs).sections)
        case .stress, .liquidity, .backtest: break
        }
        return document
    }

    private func replace(_ document: inout ReportDocument, _ title: String, _ sections: [ReportSection]) {
        document.title = title
        document.sections = sections
        document.conventions = ["Shares are of equity: cash and market values. Long and short are told apart by the sign of "
            + "the quantity; a holding without a sector is in the sector –."]
    }
}

/// Long, short, gross and net, by holding and by sector.
struct ExposureView {
    let inputs: ReportInputs
    init(_ inputs: ReportInputs) { self.inputs = inputs }

    var sections: [ReportSection] {
        let held = inputs.held, values = held.map(\.marketValue), equity = inputs.equity
        let long = values.filter { $0 > 0 }.reduce(0, +), short = values.filter { $0 < 0 }.reduce(0, +)
        let figures = [
            ReportFigure("long", "Long", .number(long, .money)), ReportFigure("short", "Short", .number(short, .money)),
            ReportFigure("gross_exposure", "Gross", .number(long - short, .money)),
            ReportFigure("net_exposure", "Net, signed", .number(long + short, .money)),
            ReportFigure("cash", "Cash", .number(inputs.picture.cash, .money)),
            ReportFigure("equity", "Equity", .number(equity, .money)),
        ]
        var sectors: [String: (long: Double, short: Double)] = [:]
        for position in held {
            let value = position.marketValue
            if value >= 0 { sectors[position.sector ?? "–", default: (0, 0)].long += value }
            if value < 0 { sectors[position.sector ?? "–", default: (0, 0)].short += value }
        }
        let rows: [[ReportValue]] = sectors.sorted { ($0.value.long - $0.value.short, $1.key) > ($1.value.long - $1.value.short, $0.key) }
            .map { name, sides in
                [.text(name), .number(sides.long, .money), .number(sides.short, .money),
                 .number(sides.long + sides.short, .money), share(sides.long - sides.short)]
            }
        let top = held.prefix(20)
        return [
            ReportSection("exposures", "Exposures", [.figures(figures)]),
            ReportSection("sectors", "By sector", [.table(ReportTable(
                "sectors", "Sectors, the largest first",
                [.init("sector", "Sector"), .init("long", "Long"), .init("short", "Short"), .init("net", "Net"),
                 .init("gross_share", "Gross of equity")], rows))]),
            ReportSection("holdings", "By holding", [
                .table(ReportTable(
                    "holdings", "Holdings, the largest first",
                    [.init("symbol", "Symbol"), .init("sector", "Sector"), .init("quantity", "Quantity"),
                     .init("market_value", "Market value"), .init("weight", "Weight")],
                    held.map { [.text($0.symbol), .text($0.sector ?? "–"), .number($0.quantity, .quantity),
                                .number($0.marketValue, .money), share($0.marketValue)] })),
                .chart(ReportChart("largest", "The twenty largest", .names(top.map(\.symbol)), .money,
                                   [.init("market_value", "Market value", top.map(\.marketValue))])),
            ]),
        ]
    }

    private func share(_ value: Double) -> ReportValue {
        .optional(inputs.equity > 0 ? value / inputs.equity : nil, .percent, or: "equity is not above zero")
    }
}

/// How much of the portfolio hangs on few names.
struct ConcentrationView {
    let inputs: ReportInputs
    init(_ inputs: ReportInputs) { self.inputs = inputs }

    var sections: [ReportSection] {
        let sizes = inputs.held.map { abs($0.marketValue) }, gross = sizes.reduce(0, +), equity = inputs.equity
        func top(_ count: Int) -> ReportValue {
            .optional(gross > 0 ? sizes.prefix(count).reduce(0, +) / gross : nil, .percent, or: "nothing is held")
        }
        let squares = gross > 0 ? sizes.reduce(0) { $0 + ($1 / gross) * ($1 / gross) } : .nan
        var running = 0.0
        let cumulative = sizes.map { size in
            running += size
            return gross > 0 ? running / gross : .nan
        }
        return [ReportSection("concentration", "Concentration", [
            .figures([
                ReportFigure("positions", "Holdings", .number(Double(sizes.count), .count)),
                ReportFigure("largest", "Largest, of gross exposure", top(1)), ReportFigure("top_5", "Five largest", top(5)),
                ReportFigure("top_10", "Ten largest", top(10)),
                ReportFigure("herfindahl", "Herfindahl, of equity", .optional(
                    Exposure.herfindahl(inputs.picture.marketValues, equity: equity), .ratio, or: "equity is not above zero")),
                ReportFigure("effective_positions", "Effective number of holdings", .optional(
                    1 / squares, .ratio, or: "nothing is held"), reference: "1 / Σ(share of gross)²"),
            ]),
            .chart(ReportChart("cumulative", "Gross exposure in the largest holdings", .names(inputs.held.prefix(50).map(\.symbol)),
                               .percent, [.init("share", "Cumulative share", Array(cumulative.prefix(50)))])),
        ])]
    }
}

/// Breaches and warnings of the period, also by day and by state.
struct BreachView {
    let inputs: ReportInputs
    init(_ inputs: ReportInputs) { self.inputs = inputs }

    func sections(_ report: [ReportSection]) -> [ReportSection] {
        var days: [String: (critical: Double, warning: Double)] = [:]
        for event in inputs.events {
            if event.severity == RiskSeverity.critical.rawValue { days[event.time.day, default: (0, 0)].critical += 1 }
            if event.severity == RiskSeverity.warning.rawValue { days[event.time.day, default: (0, 0)].warning += 1 }
        }
        let states = RiskEventState.allCases.map { state in
            ReportFigure(state.rawValue, state.rawValue, .number(
                Double(inputs.events.count { $0.state == state.rawValue }), .count))
        }
        let order = days.keys.sorted().suffix(60)
        return [ReportSection("breaches", "Breaches by state and day", [
            .figures(states),
            .chart(ReportChart("by_day", "Events by day", .names(Array(order)), .count, [
                .init("critical", "Breaches", order.map { days[$0]?.critical ?? 0 }),
                .init("warning", "Warnings", order.map { days[$0]?.warning ?? 0 }),
            ])),
        ])] + report.filter { $0.name == "events" }
    }
}

/// Which view of what.
struct RiskViewQuery: RequestParameters {
    let view: RiskView, portfolio: String, period: ReportPeriod

    static func read(_ parameters: ParameterReader) -> RiskViewQuery {
        let names = RiskView.allCases.map(\.rawValue).joined(separator: ", ")
        let named = parameters.path("view", "One of \(names).")
        parameters.require(RiskView(rawValue: named) != nil || named == "", "view", "must be one of \(names)")
        let text = parameters.optionalText("period", "As for a report; 1y unless said.") ?? "1y"
        parameters.require(ReportPeriod(text) != nil, "period", "must be a number with d, w, m or y, as 30d, or all")
        return RiskViewQuery(view: RiskView(rawValue: named) ?? .overview, portfolio: parameters.text("portfolio", "The portfolio's id."),
                             period: ReportPeriod(text) ?? ReportPeriod("1y")!)
    }
}

extension RiskEngine {
    /// Nine dashboards.
    var viewRoutes: [Route] {
        [
            .json(.get, "/api/v1/risk/views/{view}",
                  "A dashboard of a portfolio: overview, exposures, var, stress, limits, breaches, liquidity, concentration, backtest.",
                  answer: """
                    {"report_type":"concentration","title":"Concentration","subject":"sample","sections":[{"name":"concentration",\
                    "heading":"Concentration","blocks":[{"figures":[{"name":"positions","label":"Holdings","value":1,"format":"count"}]}]}]}
                    """, errors: [404]) { [unowned self] (query: RiskViewQuery, _: NoBody, _) in
                let inputs = try await inputs(query.view.source, of: query.portfolio, query.period), view = query.view
                let bytes = await context.compute { view.document(inputs).json }
                return JSONBody(bytes: bytes)
            },
        ]
    }
}
