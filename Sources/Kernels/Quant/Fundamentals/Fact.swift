/// One figure of a company's filing: what a period came to, and when that was known.
public struct Fact: Sendable, Equatable {
    /// Which figure it is.
    public let concept: FactConcept
    /// Whether a flow is of a year or of a quarter; means nothing for a balance.
    public let period: FactPeriod
    /// The last moment of its period, in epoch nanoseconds.
    public let periodEnd: Int64
    /// When it was filed, in epoch nanoseconds: nobody knew it before.
    public let filedAt: Int64
    /// In currency; a number for shares. NaN is not a fact.
    public let value: Double

    /// A fact as it was filed.
    public init(_ concept: FactConcept, _ period: FactPeriod, periodEnd: Int64, filedAt: Int64, value: Double) {
        self.concept = concept
        self.period = period
        self.periodEnd = periodEnd
        self.filedAt = filedAt
        self.value = value
    }
}

/// How long the period of a flow is.
public enum FactPeriod: String, Sendable, CaseIterable {
    /// A fiscal year.
    case annual
    /// A fiscal quarter by itself, not the year up to its end.
    case quarter
}

/// The figures of filings that features are made of, by the names the factor catalogue has for them.
public enum FactConcept: String, Sendable, CaseIterable {
    /// Sales of a period.
    case revenues
    /// What the goods sold cost.
    case costOfRevenue = "cost_of_revenue"
    /// Revenues less their cost.
    case grossProfit = "gross_profit"
    /// Earnings before interest and tax.
    case operatingIncome = "operating_income"
    /// Earnings after everything.
    case netIncome = "net_income"
    /// Depreciation and amortisation.
    case depreciation
    /// Cash from operations.
    case operatingCashFlow = "operating_cash_flow"
    /// Cash put into plant and equipment, positive.
    case capitalExpenditure = "capital_expenditure"
    /// Cash dividends, positive.
    case dividendsPaid = "dividends_paid"
    /// Total assets.
    case assets
    /// Assets that turn to cash within a year.
    case currentAssets = "current_assets"
    /// Total liabilities.
    case liabilities
    /// Liabilities due within a year.
    case currentLiabilities = "current_liabilities"
    /// Book value of the shareholders' part.
    case equity
    /// Cash and equivalents.
    case cash
    /// Debt due after a year.
    case longTermDebt = "long_term_debt"
    /// Debt due within a year; counts as none where it is not filed.
    case shortTermDebt = "short_term_debt"
    /// Profits kept since the beginning.
    case retainedEarnings = "retained_earnings"
    /// Shares outstanding.
    case sharesOutstanding = "shares_outstanding"

    /// True for what happens over a period, false for what stands at its end.
    public var isFlow: Bool {
        switch self {
        case .revenues, .costOfRevenue, .grossProfit, .operatingIncome, .netIncome, .depreciation,
            .operatingCashFlow, .capitalExpenditure, .dividendsPaid: true
        default: false
        }
    }
}
