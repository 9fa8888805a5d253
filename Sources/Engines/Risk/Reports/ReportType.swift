import Documents
import HTTP
import Market

/// The reports there are.
enum ReportType: String, CaseIterable, Sendable {
    case dailyRisk = "daily_risk", limits, varBacktest = "var_backtest", stress, performance, liquidity
    case capital, execution

    var title: String {
        switch self {
        case .dailyRisk: "Daily risk report"
        case .limits: "Limits and breaches"
        case .varBacktest: "Value-at-risk backtest"
        case .stress: "Stress test"
        case .performance: "Performance report"
        case .liquidity: "Liquidity report"
        case .capital: "Regulatory capital"
        case .execution: "Execution report"
        }
    }

    /// What is gathered for it.
    var needs: ReportNeeds {
        switch self {
        case .dailyRisk: [.bars, .limits]
        case .limits: [.limits, .events]
        case .varBacktest, .liquidity: .bars
        case .stress, .performance: []
        case .capital: .capital
        case .execution: .executions
        }
    }

    /// The report, from what was gathered.
    func document(_ inputs: ReportInputs) -> ReportDocument {
        switch self {
        case .dailyRisk: DailyRiskReport(inputs).document
        case .limits: LimitsReport(inputs).document
        case .varBacktest: VarBacktestReport(inputs).document
        case .stress: StressReport(inputs).document
        case .performance: PerformanceReport(inputs).document
        case .liquidity: LiquidityReport(inputs).document
        case .capital: CapitalReport(inputs).document
        case .execution: ExecutionReport(inputs).document
        }
    }
}

/// What it is printed as.
enum ReportFormat: String, CaseIterable, Sendable {
    case json, csv, excel, pdf, html

    var contentType: String {
        switch self {
        case .json: "application/json"
        case .csv: "text/csv; charset=utf-8"
        case .excel: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        case .pdf: "application/pdf"
        case .html: "text/html; charset=utf-8"
        }
    }

    var suffix: String { self == .excel ? "xlsx" : rawValue }

    /// The report as bytes. Not on the loop: PDF and Excel take tens of milliseconds.
    func render(_ document: ReportDocument, _ press: any DocumentPress) throws(DocumentError) -> [UInt8] {
        switch self {
        case .json: document.json
        case .csv: document.csv
        case .html: document.html
        case .excel: try press.excel(document)
        case .pdf: try press.pdf(document)
        }
    }
}

/// Which report of what, and printed how.
struct ReportQuery: RequestParameters {
    let type: ReportType, format: ReportFormat, portfolio: String, period: ReportPeriod

    static func read(_ parameters: ParameterReader) -> ReportQuery {
        ReportQuery(
            type: parameters.pathChoice("report_type", ReportType.self) ?? .dailyRisk,
            format: parameters.choice("format", "json unless said.", ReportFormat.self) ?? .json,
            portfolio: parameters.text("portfolio", "The portfolio's id."), period: .read(parameters))
    }
}

extension ParameterReader {
    /// A segment of the path that names one of a few.
    func pathChoice<E: RawRepresentable & CaseIterable>(_ name: String, _ type: E.Type) -> E? where E.RawValue == String {
        let allowed = E.allCases.map(\.rawValue).joined(separator: ", ")
        let text = path(name, "One of \(allowed).")
        let found = E(rawValue: text)
        // An empty segment is told of already.
        require(found != nil || text.isEmpty, name, "must be one of \(allowed)")
        return found
    }
}
