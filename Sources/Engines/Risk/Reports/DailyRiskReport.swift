import Documents
import Market
import Quant

/// Where the portfolio stands: holdings, exposures, value at risk, limits and the worst of the historic scenarios.
struct DailyRiskReport {
    private let inputs: ReportInputs

    init(_ inputs: ReportInputs) { self.inputs = inputs }

    /// Those of the figures, and of limits that are listed.
    static func conventions(_ inputs: ReportInputs) -> [String] {
        rules + LimitConventions.texts(inputs.limits.lazy.map(\.limit))
    }

    static let rules = [
        "Value at risk and expected shortfall are positive losses of today's holdings, from at most 252 stored daily "
            + "returns on the days that all holdings have; cash bears no risk.",
        "Horizons above a day: mean times h and deviation times the root of h (parametric); skew over the root of h and "
            + "excess kurtosis over h (Cornish–Fisher); the root of h (historical, filtered historical).",
        "Component value at risk is each holding's share of the parametric figure; the shares sum to it.",
        "Weights are market values over equity; equity is cash and market values.",
    ]

    var document: ReportDocument {
        var report = inputs.document(.dailyRisk, Self.conventions(inputs))
        report.sections = [overview, holdings, tail, limits, worst]
        return report
    }

    private var values: [Double] { inputs.picture.marketValues }

    var overview: ReportSection {
        let equity = inputs.equity, cash = inputs.picture.cash
        let known = inputs.held.compactMap { position in position.previousClose.map { position.quantity * (position.price - $0) } }
        let gain: ReportValue = known.count < inputs.held.count
            ? .missing("a holding has no previous close") : .number(known.reduce(0, +), .money)
        var blocks: [ReportBlock] = [.figures([
            ReportFigure("equity", "Equity", .number(equity, .money)),
            ReportFigure("cash", "Cash", .number(cash, .money)),
            ReportFigure("daily_profit", "Gain since the previous close", gain),
            ReportFigure("gross_exposure", "Gross exposure", .number(Exposure.gross(values), .money)),
            ReportFigure("net_exposure", "Net exposure", .number(Exposure.net(values), .money)),
            ReportFigure("leverage", "Leverage", .optional(Exposure.leverage(values, cash: cash), .ratio)),
            ReportFigure("position_weight", "Largest weight", .optional(
                Exposure.positionWeight(values, equity: equity), .percent, or: "equity is not above zero")),
            ReportFigure("herfindahl", "Herfindahl concentration", .optional(
                Exposure.herfindahl(values, equity: equity), .ratio, or: "equity is not above zero")),
            ReportFigure("positions", "Holdings", .number(Double(inputs.held.count), .count)),
        ])]
        if inputs.curve.times.count > 1 {
            blocks.append(.chart(ReportChart(
                "equity_curve", "Equity net of deposits and withdrawals",
                .times(inputs.curve.times.map { Timestamp(nanoseconds: $0) }), .money,
                [.init("equity", "Equity", inputs.curve.equity)])))
        }
        return ReportSection("overview", "Overview", blocks)
    }

    private var holdings: ReportSection {
        let equity = inputs.equity, held = inputs.held
        let rows: [[ReportValue]] = held.map { position in
            [.text(position.symbol), .text(position.sector ?? "–"), .number(position.quantity, .quantity),
             .number(position.price, .money), .number(position.marketValue, .money),
             .optional(equity > 0 ? position.marketValue / equity : nil, .percent, or: "equity is not above zero"),
             .optional(position.previousClose.map { position.quantity * (position.price - $0) }, .money, or: "no previous close"),
             inputs.priceTimes[position.symbol].map { .day($0) } ?? .text("not told")]
        }
        let table = ReportTable(
            "holdings", "Holdings, the largest first",
            [.init("symbol", "Symbol"), .init("sector", "Sector"), .init("quantity", "Quantity"), .init("price", "Price"),
             .init("market_value", "Market value"), .init("weight", "Weight"), .init("daily_profit", "Day's gain"),
             .init("price_day", "Price of")],
            rows)
        return ReportSection("holdings", "Holdings", [.table(table)])
    }

    // MARK: Value at risk

    var tail: ReportSection {
        let parts = inputs.held.compactMap { position in
            inputs.bars.columns[position.symbol].map { (position, Array($0.returns.suffix(252))) }
        }
        guard let count = parts.first?.1.count, count >= 20 else {
            return ReportSection("value_at_risk", "Value at risk", [.paragraph(
                "Not measured: at least 20 stored daily returns of what is held are needed, and there are "
                    + "\(parts.first?.1.count ?? 0).")])
        }
        let returns = parts.map(\.1), weights = parts.map(\.0.marketValue)
        let cases = [(0.95, 1.0), (0.99, 1), (0.99, 10)]
        let methods: [RiskMethod] = [.parametric, .historical, .cornishFisher, .filteredHistorical]
        var rows: [[ReportValue]] = []
        for method in methods {
            for (confidence, days) in cases {
                let found = try? Measures.tail(
                    method, returns, weights, .init(value: 1, confidence: confidence, horizonDays: days))
                rows.append([
                    .text(method.rawValue), .number(confidence, .percent), .number(days, .count),
                    .optional(found?.valueAtRisk, .money), .optional(found?.expectedShortfall, .money),
                ])
            }
        }
        let table = ReportTable(
            "value_at_risk", "Value at risk and expected shortfall, from \(count) daily returns",
            [.init("method", "Method"), .init("confidence", "Confidence"), .init("horizon_days", "Days"),
             .init("value_at_risk", "Value at risk"), .init("expected_shortfall", "Expected shortfall")], rows)
        return ReportSection("value_at_risk", "Value at risk", [.table(table)] + components(parts.map(\.0), returns, weights))
    }

    private func components(_ held: [RiskPosition], _ returns: [[Double]], _ weights: [Double]) -> [ReportBlock] {
        guard let risk = try? ValueAtRisk.parametric(
            returns: returns, weights: weights, settings: .init(value: 1, confidence: 0.99, horizonDays: 1)) else { return [] }
        let rows: [[ReportValue]] = zip(held, risk.component).map { position, component in
            [.text(position.symbol), .number(component, .money),
             .optional(risk.valueAtRisk > 0 ? component / risk.valueAtRisk : nil, .percent)]
        }
        return [.table(ReportTable(
            "component_value_at_risk", "Who bears it: parametric, 99 %, one day",
            [.init("symbol", "Symbol"), .init("component", "Component value at risk"), .init("share", "Share")], rows,
            total: [.text("Sum"), .number(risk.component.reduce(0, +), .money), .number(1, .percent)]))]
    }

    // MARK: Limits and stress

    var limits: ReportSection {
        ReportSection("limits", "Limits", [LimitsReport.table(inputs.limits)])
    }

    var worst: ReportSection {
        let outcomes = StressReport.outcomes(inputs)
        guard let worst = outcomes.max(by: { $0.outcome.loss < $1.outcome.loss }) else {
            return ReportSection("stress", "Stress", [])
        }
        return ReportSection("stress", "Stress", [.paragraph(
            "Of \(outcomes.count) historic scenarios, \(worst.scenario.name) (\(worst.scenario.from) to \(worst.scenario.to)) "
                + "would cost most: \(ReportValue.number(worst.outcome.loss, .money).shown)."),
        ])
    }
}
