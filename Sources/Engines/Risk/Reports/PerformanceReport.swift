import Documents
import Market
import Quant

/// What the portfolio earned in the period: figures of its days, its curve and falls, and a table of its months.
struct PerformanceReport {
    private let inputs: ReportInputs

    init(_ inputs: ReportInputs) { self.inputs = inputs }

    var document: ReportDocument {
        var report = inputs.document(.performance, [
            "Returns are time-weighted: deposits and withdrawals are none, and count at the end of their day, after its gains.",
            "A day's return is its last equity over the last of the day before (UTC), less 1. A year has 252 days; the "
                + "risk-free rate is zero; deviations have n − 1 in the denominator.",
            "Value at risk and its conditional here are returns at the 5 % cutoff, and negative.",
        ])
        let days = Self.days(inputs.curve, from: inputs.from)
        guard days.times.count > 2, let found = try? Performance(equityCurve: days.equity) else {
            report.sections = [ReportSection("performance", "Performance", [.paragraph(
                "Not measured: at least three days with equity above zero are needed, and there are \(days.times.count).")])]
            return report
        }
        report.sections = [
            ReportSection("performance", "Performance", [.figures(Self.figures(found, days.times.count)), Self.curve(days)]),
            ReportSection("drawdown", "Falls from the peak", [Self.falls(days)]),
            ReportSection("months", "Months", [Self.months(days)]),
        ]
        return report
    }

    typealias Days = (times: [Timestamp], equity: [Double])

    /// The last equity of each day in UTC, from a time on.
    static func days(_ curve: (times: [Int64], equity: [Double]), from: Timestamp) -> Days {
        var times: [Timestamp] = [], equity: [Double] = [], last: Int64?
        for (time, value) in zip(curve.times, curve.equity) where time >= from.nanoseconds {
            let day = time.flooredQuotient(86_400_000_000_000)
            if day == last {
                times[times.count - 1] = Timestamp(nanoseconds: time)
                equity[equity.count - 1] = value
            } else {
                times.append(Timestamp(nanoseconds: time))
                equity.append(value)
                last = day
            }
        }
        return (times, equity)
    }

    private static func figures(_ found: Performance, _ days: Int) -> [ReportFigure] {
        [
            ReportFigure("days", "Days", .number(Double(days), .count)),
            ReportFigure("total_return", "Total return", .number(found.totalReturn, .percent)),
            ReportFigure("annual_return", "A year's return, compounded", .number(found.annualReturn, .percent)),
            ReportFigure("annual_volatility", "A year's volatility", .optional(found.annualVolatility, .percent)),
            ReportFigure("sharpe_ratio", "Sharpe ratio", .optional(found.sharpeRatio, .ratio, or: "no deviation")),
            ReportFigure("sortino_ratio", "Sortino ratio", .optional(found.sortinoRatio, .ratio, or: "no deviation")),
            ReportFigure("calmar_ratio", "Calmar ratio", .optional(found.calmarRatio, .ratio, or: "no fall")),
            ReportFigure("omega_ratio", "Omega ratio", .optional(found.omegaRatio, .ratio, or: "no loss")),
            ReportFigure("max_drawdown", "Deepest fall", .number(found.maxDrawdown, .percent)),
            ReportFigure("max_drawdown_duration", "Longest time below the peak, days", .number(
                Double(found.maxDrawdownDuration), .count)),
            ReportFigure("skew", "Skew", .optional(found.skew, .ratio)),
            ReportFigure("kurtosis", "Excess kurtosis", .optional(found.kurtosis, .ratio)),
            ReportFigure("value_at_risk", "Value at risk, 95 %", .number(found.valueAtRisk, .percent)),
            ReportFigure("conditional_value_at_risk", "Mean beyond it", .number(found.conditionalValueAtRisk, .percent)),
            ReportFigure("tail_ratio", "Tail ratio", .optional(found.tailRatio, .ratio)),
        ]
    }

    private static func curve(_ days: Days) -> ReportBlock {
        .chart(ReportChart("equity_curve", "Equity net of deposits and withdrawals", .times(days.times), .money,
                           [.init("equity", "Equity", days.equity)]))
    }

    private static func falls(_ days: Days) -> ReportBlock {
        var peak = -Double.infinity
        let falls = days.equity.map { value in
            peak = max(peak, value)
            return peak > 0 ? value / peak - 1 : 0
        }
        return .chart(ReportChart("drawdown", "Fall from the peak", .times(days.times), .percent,
                                  [.init("drawdown", "Drawdown", falls)]))
    }

    /// A month's return is its last equity over the last of the month before; the first counts from its first day.
    private static func months(_ days: Days) -> ReportBlock {
        var rows: [[ReportValue]] = [], base = days.equity[0], index = 0
        while index < days.times.count {
            let month = days.times[index].day.prefix(7)
            var last = index
            while last + 1 < days.times.count, days.times[last + 1].day.prefix(7) == month { last += 1 }
            rows.append([
                .text(String(month)), .number(Double(last - index + 1), .count), .number(days.equity[last], .money),
                .optional(base > 0 ? days.equity[last] / base - 1 : nil, .percent),
            ])
            base = days.equity[last]
            index = last + 1
        }
        return .table(ReportTable(
            "months", "Returns by month",
            [.init("month", "Month"), .init("days", "Days"), .init("equity", "Equity at its end"), .init("return", "Return")],
            rows))
    }
}
