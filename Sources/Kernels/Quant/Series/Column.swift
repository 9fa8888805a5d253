/// Columns of a bar that an expression may name.
public enum Column: String, Sendable, CaseIterable {
    /// First price.
    case open
    /// Highest price.
    case high
    /// Lowest price.
    case low
    /// Last price.
    case close
    /// Quantity traded.
    case volume
    /// The bar's own volume-weighted price where it has one, else (high + low + close)/3.
    case vwap
    /// Market capitalisation, where the bars bear one.
    case cap

    // Of facts, as `Fundamentals` defines them.

    /// Net income that is not cash.
    case accruals
    /// Altman's Z.
    case altmanScore = "altman_z"
    /// Growth of assets over a year.
    case assetGrowth = "asset_growth"
    /// Equity over market value.
    case bookYield = "book_yield"
    /// Operating cash flow over market value.
    case cashFlowYield = "cash_flow_yield"
    /// Current assets over current liabilities.
    case currentRatio = "current_ratio"
    /// Debt over equity.
    case debtToEquity = "debt_to_equity"
    /// Dividends over market value.
    case dividendYield = "dividend_yield"
    /// Growth of net income over a year.
    case earningsGrowth = "earnings_growth"
    /// Net income over market value.
    case earningsYield = "earnings_yield"
    /// Market value and net debt.
    case enterpriseValue = "enterprise_value"
    /// Enterprise value over EBITDA.
    case evToEBITDA = "ev_to_ebitda"
    /// Enterprise value over revenues.
    case evToSales = "ev_to_sales"
    /// Free cash flow over market value.
    case freeCashFlowYield = "free_cash_flow_yield"
    /// Gross profit over revenues.
    case grossMargin = "gross_margin"
    /// Close times shares.
    case marketValue = "market_value"
    /// Net income over revenues.
    case netMargin = "net_margin"
    /// Operating income over revenues.
    case operatingMargin = "operating_margin"
    /// Market value over equity.
    case priceToBook = "pb_ratio"
    /// Market value over net income.
    case priceToEarnings = "pe_ratio"
    /// Piotroski's F.
    case piotroskiScore = "piotroski_f"
    /// Market value over revenues.
    case priceToSales = "ps_ratio"
    /// Net income over assets.
    case returnOnAssets = "return_on_assets"
    /// Net income over equity.
    case returnOnEquity = "return_on_equity"
    /// Growth of revenues over a year.
    case revenueGrowth = "revenue_growth"
    /// Revenues over market value.
    case salesYield = "sales_yield"

    /// Columns that bars have.
    public static let ofBars: Set<Column> = [.open, .high, .low, .close, .volume, .vwap, .cap]

    /// True for a column made of facts: bars alone do not have it.
    public var isFundamental: Bool { !Self.ofBars.contains(self) }
}
