import Documents
import Market
import Quant

/// Whether the value at risk kept its promise: of each stored day, stated from the 250 days before it, for today's holdings.
struct VarBacktestReport {
    private static let window = 250
    private let inputs: ReportInputs

    init(_ inputs: ReportInputs) { self.inputs = inputs }

    var document: ReportDocument {
        var report = inputs.document(.varBacktest, [
            "Hypothetical profit and loss: today's holdings on each stored day, without trades or fees (MAR32.4).",
            "Value at risk at 99 % and one day, from the \(Self.window) days before each day, never from the day itself.",
            "Kupiec: proportion of failures, one degree of freedom. Christoffersen: independence of exceptions (one) and both "
                + "together (two). Zones and plus factors: MAR32.9, where 250 days are compared.",
        ])
        let flows = inputs.flows()
        guard flows.values.count > Self.window + 1 else {
            report.sections = [ReportSection("backtest", "Backtest", [.paragraph(
                "Not measured: more than \(Self.window + 1) stored daily returns of what is held are needed, and there are "
                    + "\(flows.values.count).")])]
            return report
        }
        let first = max(Self.window, flows.times.firstIndex { $0 >= inputs.from.nanoseconds } ?? Self.window)
        let days = Array(first..<flows.values.count)
        report.sections = RiskMethod.backtested.map { section($0, flows, days) }
        return report
    }

    private func section(_ method: RiskMethod, _ flows: (times: [Int64], values: [Double]), _ days: [Int]) -> ReportSection {
        let heading = method == .historical ? "Historical" : "Parametric"
        let settings = ValueAtRisk.Settings(value: 1, confidence: 0.99, horizonDays: 1)
        var stated: [Double] = []
        for day in days {
            let past = Array(flows.values[(day - Self.window)..<day])
            stated.append((try? Measures.tail(method, [past], [1], settings))?.valueAtRisk ?? .nan)
        }
        let met = days.map { flows.values[$0] }
        guard stated.allSatisfy(\.isFinite), let test = try? VarBacktest(returns: met, valueAtRisk: stated, confidence: 0.99) else {
            return ReportSection(method.rawValue, heading, [.paragraph(
                "Not measured: too few days lie in the period (\(days.count)), or the value at risk of one is not defined.")])
        }
        let times = days.map { Timestamp(nanoseconds: flows.times[$0]) }
        let exceptions: [[ReportValue]] = days.indices.filter { -met[$0] > stated[$0] }.reversed().map { index in
            [.day(times[index]), .number(met[index], .money), .number(stated[index], .money),
             .number(-met[index] - stated[index], .money)]
        }
        return ReportSection(method.rawValue, heading, [
            .figures(Self.figures(test)),
            .chart(ReportChart(
                "\(method.rawValue)_profit", "\(heading): profit and loss against the value at risk", .times(times), .money,
                [.init("profit", "Profit and loss", met), .init("value_at_risk", "Minus value at risk", stated.map { -$0 })])),
            .table(ReportTable(
                "\(method.rawValue)_exceptions", "\(heading): days with a loss above it, newest first",
                [.init("day", "Day"), .init("profit", "Profit and loss"), .init("value_at_risk", "Value at risk"),
                 .init("excess", "Loss beyond it")], exceptions)),
        ])
    }

    private static func figures(_ test: VarBacktest) -> [ReportFigure] {
        [
            ReportFigure("observations", "Days compared", .number(Double(test.observations), .count)),
            ReportFigure("exceptions", "Exceptions", .number(Double(test.exceptions), .count)),
            ReportFigure("expected", "Expected", .number(test.expected, .ratio)),
            ReportFigure("zone", "Zone", .text(test.zone.rawValue), reference: "MAR32.9"),
            ReportFigure("plus_factor", "Added to the multiplier", .optional(
                test.plusFactor, .ratio, or: "stated for 250 days at 99 %"), reference: "MAR32.9"),
            ReportFigure("kupiec_p_value", "Kupiec, p-value", .optional(test.kupiec.pValue, .ratio)),
            ReportFigure("independence_p_value", "Independence, p-value", .optional(test.independence.pValue, .ratio)),
            ReportFigure("conditional_coverage_p_value", "Both together, p-value", .optional(
                test.conditionalCoverage.pValue, .ratio)),
        ]
    }
}

extension RiskMethod {
    /// Those that the backtest report compares.
    fileprivate static var backtested: [RiskMethod] { [.historical, .parametric] }
}
