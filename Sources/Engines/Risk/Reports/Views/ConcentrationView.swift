import Documents
import Market
import Quant

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
