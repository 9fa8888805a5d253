import HTTP
import Market

/// How far a report looks back from the newest figure that risk was told.
struct ReportPeriod: Sendable, Equatable {
    private static let rule = "must be a number with d, w, m or y, as 30d, or all"
    private static let meaning = "How far it looks back: a number with d, w, m or y, or all; 1y unless said."
    static let year = ReportPeriod(text: "1y", days: 365)

    /// As it was asked for.
    let text: String
    /// Days, or nil for everything.
    let days: Int?

    private init(text: String, days: Int?) {
        self.text = text
        self.days = days
    }

    /// A number with d, w, m or y, as `30d`, or `all`, at most a century. A month has 30 days and a year 365.
    init?(_ text: String) {
        if text == "all" {
            self.init(text: text, days: nil)
            return
        }
        let units = ["d": 1, "w": 7, "m": 30, "y": 365]
        guard let unit = text.last.flatMap({ units[String($0)] }), let count = Int(text.dropLast()),
              count >= 1, count <= 36_500 / unit else { return nil }
        self.init(text: text, days: count * unit)
    }

    /// The first instant of the period that ends at `end`.
    func start(before end: Timestamp, earliest: Timestamp) -> Timestamp {
        guard let days else { return earliest }
        let (start, overflows) = end.nanoseconds.subtractingReportingOverflow(Int64(days) * 86_400_000_000_000)
        return overflows ? earliest : Timestamp(nanoseconds: start)
    }

    /// The query parameter `period`.
    static func read(_ parameters: ParameterReader) -> ReportPeriod {
        let text = parameters.optionalText("period", meaning) ?? year.text, period = ReportPeriod(text)
        parameters.require(period != nil, "period", rule)
        return period ?? year
    }

    /// The member `period` of a body.
    static func read(_ fields: FieldReader) -> ReportPeriod {
        let text = fields.optionalString("period", meaning, length: 1...10) ?? year.text, period = ReportPeriod(text)
        fields.require(period != nil, "period", rule)
        return period ?? year
    }
}
