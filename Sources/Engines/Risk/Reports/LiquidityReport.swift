import Documents
import Market

/// How long it takes to sell what is held without being more than a share of the market.
struct LiquidityReport {
    /// The share of a day's volume that one may trade, and the days that make its mean.
    private static let participation = 0.2, meanDays = MeanVolume.usualDays
    private static let unknown = "fewer than \(meanDays) stored daily volumes"
    private let inputs: ReportInputs

    init(_ inputs: ReportInputs) { self.inputs = inputs }

    private struct Line {
        let position: RiskPosition
        /// Mean of the last days' stored volume; nil where fewer are stored.
        let volume: Double?
        var days: Double? { volume.flatMap { $0 > 0 ? abs(position.quantity) / (participation * $0) : nil } }
    }

    private var lines: [Line] {
        inputs.held.map { position in
            let mean = inputs.bars.columns[position.symbol]?.volume.mean ?? .nan
            return Line(position: position, volume: mean.isNaN ? nil : mean)
        }
    }

    var document: ReportDocument {
        var report = inputs.document(.liquidity, [
            "Days to sell: the quantity over \(ReportValue.number(Self.participation, .percent).shown) of the mean volume of the "
                + "last \(Self.meanDays) stored days that have one. What has fewer counts as not to be sold.",
            "Volumes are those of the stored bars: where a feed sees one venue, so do these figures.",
        ])
        let lines = lines
        report.sections = [buckets(lines), holdings(lines)]
        return report
    }

    private func buckets(_ lines: [Line]) -> ReportSection {
        let bounds: [(String, Double)] = [("within a day", 1), ("within a week", 5), ("within a month", 21), ("within a quarter", 63)]
        let gross = lines.reduce(0) { $0 + abs($1.position.marketValue) }
        var rows: [[ReportValue]] = bounds.map { name, bound in
            // What can be sold of each holding by then, also in part.
            let sold = lines.reduce(0.0) { sum, line in
                guard let days = line.days else { return sum }
                return sum + abs(line.position.marketValue) * (days <= bound ? 1 : bound / days)
            }
            return [.text(name), .number(sold, .money), .optional(gross > 0 ? sold / gross : nil, .percent, or: "nothing is held")]
        }
        let unknown = lines.filter { $0.days == nil }.reduce(0) { $0 + abs($1.position.marketValue) }
        rows.append([.text("volume not known"), .number(unknown, .money),
                     .optional(gross > 0 ? unknown / gross : nil, .percent, or: "nothing is held")])
        return ReportSection("buckets", "What can be sold by when", [
            .figures([
                ReportFigure("gross_exposure", "Gross exposure", .number(gross, .money)),
                ReportFigure("liquidity_days", "Days for all of it", .optional(
                    lines.allSatisfy { $0.days != nil } ? lines.compactMap(\.days).max() ?? 0 : nil, .ratio,
                    or: "the volume of a holding is not known")),
            ]),
            .table(ReportTable(
                "buckets", "Market value that can be sold",
                [.init("time", "Time"), .init("market_value", "Market value"), .init("share", "Share")], rows)),
        ])
    }

    private func holdings(_ lines: [Line]) -> ReportSection {
        let rows: [[ReportValue]] = lines.sorted { ($0.days ?? .infinity) > ($1.days ?? .infinity) }.map { line in
            [.text(line.position.symbol), .number(line.position.quantity, .quantity), .number(line.position.marketValue, .money),
             .optional(line.volume, .count, or: Self.unknown), .optional(line.days, .ratio, or: Self.unknown)]
        }
        return ReportSection("holdings", "By holding", [.table(ReportTable(
            "holdings", "Holdings, the slowest first",
            [.init("symbol", "Symbol"), .init("quantity", "Quantity"), .init("market_value", "Market value"),
             .init("average_daily_volume", "Mean daily volume"), .init("days", "Days to sell")], rows))])
    }
}
