import Documents
import Market

/// Every limit that holds for the portfolio, judged now, and what did not pass in the period.
struct LimitsReport {
    private let inputs: ReportInputs

    init(_ inputs: ReportInputs) { self.inputs = inputs }

    var document: ReportDocument {
        var report = inputs.document(.limits, Self.conventions(inputs))
        report.sections = [now, eventSection]
        return report
    }

    static func conventions(_ inputs: ReportInputs) -> [String] {
        rules + LimitConventions.texts(inputs.limits.lazy.map(\.limit))
    }

    private static let rules = [
        "A value above its threshold breaches, one at it passes; a limit warns from its own share of the threshold on.",
        "A limit that cannot be judged counts as breached, and its reason says what is missing.",
    ]

    /// Every limit, judged now.
    var now: ReportSection {
        let breached = inputs.limits.count { $0.verdict == .breach }, warned = inputs.limits.count { $0.verdict == .warn }
        return ReportSection("limits", "Limits now", [
            .figures([
                ReportFigure("limits", "Limits", .number(Double(inputs.limits.count), .count)),
                ReportFigure("breached", "Breached", .number(Double(breached), .count)),
                ReportFigure("warned", "Near their threshold", .number(Double(warned), .count)),
            ]),
            Self.table(inputs.limits),
        ])
    }

    /// What did not pass in the period.
    var eventSection: ReportSection {
        let open = inputs.events.count { $0.state == RiskEventState.open.rawValue }
        let cut: [ReportBlock] = inputs.isCut
            ? [.paragraph("There are more than the \(inputs.events.count) newest, which are counted and listed.")] : []
        return ReportSection("events", "Breaches and warnings of the period", [
            .figures([
                ReportFigure("events", "Events", .number(Double(inputs.events.count), .count)),
                ReportFigure("open", "Still open", .number(Double(open), .count)),
            ]),
            events,
        ] + cut)
    }

    /// Limits with their values; the worst first.
    static func table(_ checks: [LimitCheck]) -> ReportBlock {
        if checks.isEmpty { return .paragraph("No limit holds for this portfolio.") }
        let rows: [[ReportValue]] = checks.sorted { ($0.verdict, $0.utilization) > ($1.verdict, $1.utilization) }.map { check in
            let format = check.limit.type.format
            return [
                .text(check.limit.id), .text(check.limit.type.rawValue), .optional(check.value, format, or: check.reason),
                .number(check.limit.threshold, format), .optional(check.utilization, .percent, or: check.reason),
                .text(check.verdict.rawValue), .text(check.reason),
            ]
        }
        return .table(ReportTable(
            "limits", "Limits, the worst first",
            [.init("limit_id", "Limit"), .init("type", "Type"), .init("value", "Value"), .init("threshold", "Threshold"),
             .init("utilization", "Used"), .init("verdict", "Verdict"), .init("reason", "Reason")], rows))
    }

    private var events: ReportBlock {
        .table(ReportTable(
            "events", "Events, newest first",
            [.init("ts", "Time"), .init("limit_id", "Limit"), .init("type", "Type"), .init("severity", "Severity"),
             .init("state", "State"), .init("reason", "Reason")],
            inputs.events.map {
                [.time($0.time), .text($0.limit), .text($0.type), .text($0.severity), .text($0.state), .text($0.reason)]
            }))
    }
}

extension LimitType {
    /// How its values are shown.
    var format: ReportValue.Format {
        switch self {
        case .grossExposure, .netExposure, .positionSize, .valueAtRisk, .expectedShortfall, .dailyLoss, .orderSize, .stressLoss:
            .money
        case .positionWeight, .sectorConcentration, .maxDrawdown, .volatility, .turnover: .percent
        case .leverage, .herfindahl, .beta, .liquidityDays, .expression: .ratio
        case .orderRate: .count
        }
    }
}
