import Documents
import Market

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
