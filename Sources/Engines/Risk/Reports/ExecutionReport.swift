import Documents
import EngineKit
import Market
import Quant

/// What carrying out the portfolio's orders cost: slippage against five prices, the shortfall's parts, fill ratios and
/// mark-outs, over the orders that have ended in the period.
struct ExecutionReport {
    /// Rows of the table of orders; what is beyond is told.
    private static let mostRows = 200
    private static let day: Int64 = 86_400_000_000_000
    private static let markOutDays: [Int64] = [1, 5, 20]
    private let inputs: ReportInputs
    private let lines: [Line]

    /// One order with what it met.
    private struct Line {
        let told: ToldOrder, order: ExecutedOrder, cost: ExecutionCost, markOuts: [Double?]

        /// The whole shortfall where it is known, else the slippage with fees.
        var total: Double? {
            cost.shortfall?.total ?? (cost.againstArrival ?? cost.againstDecision).map { $0.cost + cost.fees }
        }
    }

    init(_ inputs: ReportInputs) {
        self.inputs = inputs
        // Bars are looked at twice: orders of a deployment bear the time of the bar they came of.
        var markets: [String: [Bool: ExecutionMarket]] = [:]
        for (symbol, bars) in inputs.executionBars {
            for isDeployed in [true, false] {
                markets[symbol, default: [:]][isDeployed] = try? ExecutionMarket(
                    times: bars.times, high: bars.high, low: bars.low, close: bars.close, volume: bars.volume,
                    known: isDeployed ? 0 : Self.day)
            }
        }
        lines = inputs.executions.compactMap { told in
            let market = markets[told.symbol.text]?[!told.deploymentID.isEmpty]
            let start = told.time.nanoseconds, last = told.lastTime.nanoseconds
            let order = market?.measured(told.order, from: start, to: last) ?? told.order
            guard let cost = try? ExecutionCost(order) else { return nil }
            let markOuts = Self.markOutDays.map { days in
                ExecutionCost.markOut(
                    order, later: told.fills.map { market?.path.price(days * Self.day, after: $0.time.nanoseconds) })
            }
            return Line(told: told, order: order, cost: cost, markOuts: markOuts)
        }
    }

    private static let conventions = [
        "A cost is positive: buying above a price, selling below it. Slippage is s(average − price), s 1 for buying "
            + "and −1 for selling; basis points are over the price.",
        "Decision is the order's reference price. Arrival, averages and close are of stored daily bars: the last close "
            + "known when the order was placed, typical prices from there to the last fill by volume and by day, the "
            + "close after it.",
        "Shortfall is the paper gain at the decision's price less the real gain (Perold 1988); its parts and the fees "
            + "sum to it.",
        "A mark-out is s(later close/fill price − 1) in basis points, by quantity; positive where the market went the "
            + "order's way."
    ]

    var document: ReportDocument {
        var report = inputs.document(.execution, Self.conventions)
        guard !lines.isEmpty else {
            report.sections = [
                ReportSection(
                    "overview", "Orders",
                    [
                        .paragraph(
                            "No order of this portfolio ended in the period. Risk keeps orders from the time on "
                                + "that it hears of them."
                        )
                    ])
            ]
            return report
        }
        if inputs.areExecutionsCut {
            report.warnings.append("More orders ended in the period: the newest \(lines.count) are measured.")
        }
        let without = Set(inputs.executions.map(\.symbol.text)).filter {
            (inputs.executionBars[$0]?.times.isEmpty) ?? true
        }
        for symbol in without.sorted() {
            report.warnings.append(
                "No daily bars of \(symbol) around its orders are stored: only the decision measures them.")
        }
        report.sections = [overview, slippage, shortfall, symbols, orders]
        return report
    }

    private func sum(_ value: (Line) -> Double?) -> Double { lines.reduce(0) { $0 + (value($1) ?? 0) } }

    private var overview: ReportSection {
        let filled = lines.filter { $0.cost.filled > 0 }
        let states = Dictionary(grouping: lines, by: \.told.state).sorted { $0.key < $1.key }
        return ReportSection(
            "overview", "Orders",
            [
                .figures([
                    ReportFigure("orders", "Orders that ended", .number(Double(lines.count), .count)),
                    ReportFigure(
                        "filled_orders", "Of which filled, also in part", .number(Double(filled.count), .count)),
                    ReportFigure("fills", "Fills", .number(Double(sum { Double($0.told.fills.count) }), .count)),
                    ReportFigure(
                        "fill_ratio", "Filled over wanted, by value",
                        .optional(
                            ExecutionCost.fillRatio(of: lines.map(\.cost)), .percent,
                            or: "no price of an order is known")),
                    ReportFigure("notional", "Value traded", .number(sum(\.cost.notional), .money)),
                    ReportFigure("fees", "Fees", .number(sum(\.cost.fees), .money)),
                    ReportFigure(
                        "cost", "Cost, shortfall where known",
                        .optional(
                            lines.contains { $0.total != nil } ? sum(\.total) : nil, .money, or: "no price is known"))
                ]),
                .table(
                    ReportTable(
                        "states", "How orders ended", [.init("state", "State"), .init("orders", "Orders")],
                        states.map { [.text($0.key), .number(Double($0.value.count), .count)] }))
            ])
    }

    private var slippage: ReportSection {
        let benchmarks: [(String, KeyPath<ExecutionCost, ExecutionCost.Slippage?>)] = [
            ("decision", \.againstDecision), ("arrival", \.againstArrival), ("vwap", \.againstVWAP),
            ("twap", \.againstTWAP),
            ("close", \.againstClose)
        ]
        let rows: [[ReportValue]] = benchmarks.map { name, path in
            let own = lines.compactMap { line in line.cost[keyPath: path].map { ($0, line.cost.filled) } }
            let base = own.reduce(0) { $0 + $1.0.price * $1.1 }, cost = own.reduce(0) { $0 + $1.0.cost }
            return [
                .text(name), .number(Double(own.count), .count),
                .optional(own.isEmpty ? nil : cost, .money, or: "not known"),
                .optional(base > 0 ? cost / base * 1e4 : nil, .ratio, or: "not known")
            ]
        }
        let marks: [[ReportValue]] = Self.markOutDays.enumerated().map { index, days in
            let own = lines.compactMap { line in line.markOuts[index].map { ($0, line.cost.notional) } }
            let notional = own.reduce(0) { $0 + $1.1 }
            return [
                .text("\(days) days"), .number(Double(own.count), .count),
                .optional(
                    notional > 0 ? own.reduce(0) { $0 + $1.0 * $1.1 } / notional : nil, .ratio,
                    or: "no later close is stored")
            ]
        }
        return ReportSection(
            "slippage", "Slippage and mark-outs",
            [
                .table(
                    ReportTable(
                        "slippage", "Average price against",
                        [
                            .init("benchmark", "Price"), .init("orders", "Orders"), .init("cost", "Cost"),
                            .init("basis_points", "Basis points")
                        ],
                        rows)),
                .table(
                    ReportTable(
                        "markouts", "How the market went on",
                        [.init("after", "After"), .init("orders", "Orders"), .init("basis_points", "Basis points")],
                        marks))
            ])
    }

    private var shortfall: ReportSection {
        let split = lines.compactMap(\.cost.shortfall)
        guard !split.isEmpty else {
            return ReportSection(
                "shortfall", "Implementation shortfall",
                [
                    .paragraph(
                        "Without a decision's price and a close for what was left undone there is no shortfall to "
                            + "split."
                    )
                ])
        }
        let parts: [(String, String, KeyPath<ImplementationShortfall, Double>)] = [
            ("delay", "Delay", \.delay), ("impact", "Impact", \.impact), ("timing", "Timing", \.timing),
            ("opportunity", "Opportunity", \.opportunity), ("fees", "Fees", \.fees), ("total", "Total", \.total)
        ]
        let sums = parts.map { part in split.reduce(0) { $0 + $1[keyPath: part.2] } }
        return ReportSection(
            "shortfall", "Implementation shortfall",
            [
                .figures(
                    [ReportFigure("orders", "Orders it is known of", .number(Double(split.count), .count))]
                        + zip(parts, sums).map { ReportFigure($0.0, $0.1, .number($1, .money)) }),
                .chart(
                    ReportChart(
                        "shortfall", "Parts of the shortfall", .names(parts.dropLast().map(\.1)), .money,
                        [.init("cost", "Cost", Array(sums.dropLast()))]))
            ])
    }

    private var symbols: ReportSection {
        let rows: [[ReportValue]] = Dictionary(grouping: lines, by: \.told.symbol.text).sorted { $0.key < $1.key }.map {
            symbol, own in
            let totals = own.compactMap(\.total), notional = own.reduce(0) { $0 + $1.cost.notional }
            return [
                .text(symbol), .number(Double(own.count), .count), .number(notional, .money),
                .optional(
                    ExecutionCost.fillRatio(of: own.map(\.cost)), .percent, or: "no price of an order is known"),
                .optional(totals.isEmpty ? nil : totals.reduce(0, +), .money, or: "no price is known"),
                .optional(
                    notional > 0 && !totals.isEmpty ? totals.reduce(0, +) / notional * 1e4 : nil, .ratio,
                    or: "not filled")
            ]
        }
        return ReportSection(
            "symbols", "By instrument",
            [
                .table(
                    ReportTable(
                        "symbols", "Orders by instrument",
                        [
                            .init("symbol", "Symbol"), .init("orders", "Orders"), .init("notional", "Value traded"),
                            .init("fill_ratio", "Filled"), .init("cost", "Cost"), .init("basis_points", "Basis points")
                        ], rows))
            ])
    }

    private var orders: ReportSection {
        let sorted = lines.sorted { (abs($0.total ?? 0), $1.told.id) > (abs($1.total ?? 0), $0.told.id) }
        let rows: [[ReportValue]] = sorted.prefix(Self.mostRows).map { line in
            [
                .text(line.told.id), .day(line.told.time), .text(line.told.symbol.text), .text(line.told.side.rawValue),
                .number(line.told.quantity.double, .quantity), .number(line.cost.fillRatio, .percent),
                .optional(line.cost.averagePrice, .money, or: "not filled"),
                .optional(
                    (line.cost.againstArrival ?? line.cost.againstDecision)?.basisPoints, .ratio, or: "not known"),
                .optional(line.total, .money, or: "not known")
            ]
        }
        let shown = rows.count < lines.count ? " (\(rows.count) of \(lines.count))" : ""
        return ReportSection(
            "orders", "By order",
            [
                .table(
                    ReportTable(
                        "orders", "Orders, the dearest first" + shown,
                        [
                            .init("order", "Order"), .init("day", "Day"), .init("symbol", "Symbol"),
                            .init("side", "Side"),
                            .init("quantity", "Wanted"), .init("fill_ratio", "Filled"),
                            .init("average_price", "Average price"),
                            .init("basis_points", "Slippage, bps"), .init("cost", "Cost")
                        ], rows))
            ])
    }
}
