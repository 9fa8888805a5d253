import Documents
import HTTP
import Market

/// The reports there are.
enum ReportType: String, CaseIterable, Sendable {
    case dailyRisk = "daily_risk", limits, varBacktest = "var_backtest", stress, performance, liquidity

    var title: String {
        switch self {
        case .dailyRisk: "Daily risk report"
        case .limits: "Limits and breaches"
        case .varBacktest: "Value-at-risk backtest"
        case .stress: "Stress test"
        case .performance: "Performance report"
        case .liquidity: "Liquidity report"
        }
    }

    /// Whether it reads the stored bars of what is held.
    var needsBars: Bool { self == .dailyRisk || self == .varBacktest || self == .liquidity }

    /// The report, from what was gathered.
    func document(_ inputs: ReportInputs) -> ReportDocument {
        switch self {
        case .dailyRisk: DailyRiskReport(inputs).document
        case .limits: LimitsReport(inputs).document
        case .varBacktest: VarBacktestReport(inputs).document
        case .stress: StressReport(inputs).document
        case .performance: PerformanceReport(inputs).document
        case .liquidity: LiquidityReport(inputs).document
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

/// How far a report looks back from the newest figure that risk was told.
struct ReportPeriod: Sendable, Equatable {
    /// Days, or nil for everything.
    let days: Int?

    /// A number with d, w, m or y, as `30d`, or `all`. A month has 30 days and a year 365.
    init?(_ text: String) {
        if text == "all" {
            days = nil
            return
        }
        let units = ["d": 1, "w": 7, "m": 30, "y": 365]
        guard let unit = text.last.flatMap({ units[String($0)] }), let count = Int(text.dropLast()), (1...100).contains(count) || unit == 1
        else { return nil }
        guard count >= 1, count * unit <= 36_500 else { return nil }
        days = count * unit
    }

    /// The first instant of the period that ends at `end`.
    func start(before end: Timestamp, earliest: Timestamp) -> Timestamp {
        guard let days else { return earliest }
        return Timestamp(nanoseconds: end.nanoseconds - Int64(days) * 86_400_000_000_000)
    }
}

/// Which report of what, and printed how.
struct ReportQuery: RequestParameters {
    let type: ReportType, format: ReportFormat, portfolio: String, period: ReportPeriod

    static func read(_ parameters: ParameterReader) -> ReportQuery {
        let kinds = ReportType.allCases.map(\.rawValue)
        let named = parameters.path("report_type", "One of \(kinds.joined(separator: ", ")).")
        let type = ReportType(rawValue: named)
        parameters.require(type != nil || named == "", "report_type", "must be one of \(kinds.joined(separator: ", "))")
        let text = parameters.optionalText(
            "period", "How far it looks back: a number with d, w, m or y, or all; 1y unless said.") ?? "1y"
        let period = ReportPeriod(text)
        parameters.require(period != nil, "period", "must be a number with d, w, m or y, as 30d, or all")
        return ReportQuery(
            type: type ?? .dailyRisk,
            format: parameters.choice("format", "json unless said.", ReportFormat.self) ?? .json,
            portfolio: parameters.text("portfolio", "The portfolio's id."), period: period ?? ReportPeriod("1y")!)
    }
}
