import Documents
import Market

/// A report with one of everything, and texts that every format must keep from being taken for something else.
enum SampleReport {
    static func time(_ day: Int) -> Timestamp { Timestamp(seconds: 1_700_000_000 + Int64(day) * 86_400) }

    static let table = ReportTable(
        "holdings", "Holdings", [.init("symbol", "Symbol"), .init("value", "Value"), .init("weight", "Weight")],
        [
            [.text("=SUM(A1)"), .number(1_234_567.891, .money), .number(0.25, .percent)],
            [.text("a,\"b\"\nc"), .number(-0.5, .money), .missing("no price")],
        ],
        total: [.text("Sum"), .number(1_234_567.391, .money), .number(1, .percent)])

    static let line = ReportChart(
        "curve", "Equity", .times((0..<40).map(time)), .money,
        [.init("equity", "Equity", (0..<40).map { $0 == 20 ? .nan : 100 + Double($0) })])

    static let bars = ReportChart(
        "losses", "Losses", .names(["Black Monday", "COVID-19"]), .money, [.init("loss", "Loss", [22.4, -3])])

    static let report = ReportDocument(
        kind: "sample", title: "Sample <report>", subject: "fund & co", currency: "USD", from: time(0), to: time(39),
        asOf: time(39), conventions: ["Weights are of equity."], warnings: ["The price of KO is old."],
        sections: [
            ReportSection("overview", "Overview", [
                .figures([
                    ReportFigure("equity", "Equity", .number(771_942.31, .money)),
                    ReportFigure("plus", "Plus factor", .missing("needs 250 days"), reference: "MAR32.9"),
                ]),
                .paragraph("All is well."), .chart(line),
            ]),
            ReportSection("holdings", "Holdings", [.table(table), .chart(bars)]),
        ])

    /// A table that needs several pages.
    static var long: ReportDocument {
        var report = report
        let rows: [[ReportValue]] = (0..<200).map { [.text("S\($0)"), .number(Double($0), .count), .number(0.01, .percent)] }
        report.sections = [ReportSection("long", "Long", [.table(ReportTable("long", "Long", table.columns, rows))])]
        return report
    }
}
