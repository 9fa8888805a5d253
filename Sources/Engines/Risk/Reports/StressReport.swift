import Documents
import Market

/// What the portfolio would lose in falls that happened, and if all prices moved together.
struct StressReport {
    private let inputs: ReportInputs

    init(_ inputs: ReportInputs) { self.inputs = inputs }

    /// One scenario on today's holdings.
    struct Outcome {
        let scenario: HistoricScenario
        let outcome: StressTest.Outcome
    }

    static func outcomes(_ inputs: ReportInputs) -> [Outcome] {
        let test = StressTest(positions: inputs.held)
        return HistoricScenarios.all.map { Outcome(scenario: $0, outcome: test.outcome($0.shocks)) }
    }

    var document: ReportDocument {
        var report = inputs.document(.stress, [
            "A loss is positive: minus the market value times the shock. No shock takes more than all of a price.",
            "A historic shock is the index's last close over its first, less 1, for every holding; where a sector has its own "
                + "index, for those of the sector. Holdings whose sector is not known fall with the index.",
            "Losses are of today's holdings, without trading on the way.",
        ])
        report.sections = [scenarios, worst, ladder]
        return report
    }

    private var scenarios: ReportSection {
        let outcomes = Self.outcomes(inputs).sorted { $0.outcome.loss > $1.outcome.loss }, equity = inputs.equity
        let rows: [[ReportValue]] = outcomes.map { each in
            [.text(each.scenario.name), .text(each.scenario.from), .text(each.scenario.to),
             .number(each.scenario.market, .percent), .number(each.outcome.loss, .money),
             .optional(equity > 0 ? each.outcome.loss / equity : nil, .percent, or: "equity is not above zero"),
             .text(each.scenario.source)]
        }
        let table = ReportTable(
            "scenarios", "Historic scenarios, the worst first",
            [.init("name", "Scenario"), .init("from", "From"), .init("to", "To"), .init("shock", "Index"), .init("loss", "Loss"),
             .init("loss_fraction", "Of equity"), .init("source", "Source")], rows)
        let chart = ReportChart(
            "losses", "Losses by scenario", .names(outcomes.map(\.scenario.name)), .money,
            [.init("loss", "Loss", outcomes.map(\.outcome.loss))])
        return ReportSection("scenarios", "Historic scenarios", [.table(table), .chart(chart)])
    }

    private var worst: ReportSection {
        guard let worst = Self.outcomes(inputs).max(by: { $0.outcome.loss < $1.outcome.loss }), !inputs.held.isEmpty else {
            return ReportSection("worst", "The worst by holding", [.paragraph("Nothing is held.")])
        }
        let rows: [[ReportValue]] = inputs.held.indices.map { index in
            [.text(inputs.held[index].symbol), .number(inputs.held[index].marketValue, .money),
             .number(worst.outcome.shocks[index], .percent), .number(worst.outcome.losses[index], .money)]
        }
        return ReportSection("worst", "The worst by holding: \(worst.scenario.name)", [.table(ReportTable(
            "worst", "Losses by holding",
            [.init("symbol", "Symbol"), .init("market_value", "Market value"), .init("shock", "Shock"), .init("loss", "Loss")],
            rows, total: [.text("Sum"), .number(inputs.held.map(\.marketValue).reduce(0, +), .money), .missing("differs"),
                          .number(worst.outcome.loss, .money)]))])
    }

    private var ladder: ReportSection {
        let test = StressTest(positions: inputs.held)
        let steps = [-0.5, -0.4, -0.3, -0.2, -0.1, -0.05, 0.05, 0.1, 0.2, 0.3]
        let losses = steps.map { test.outcome(["*": $0]).loss }
        let table = ReportTable(
            "ladder", "All prices move together", [.init("shock", "Move"), .init("loss", "Loss"), .init("equity", "Equity after")],
            zip(steps, losses).map {
                [.number($0, .percent), .number($1, .money), .number(inputs.equity - $1, .money)]
            })
        return ReportSection("ladder", "Sensitivity ladder", [.table(table)])
    }
}
