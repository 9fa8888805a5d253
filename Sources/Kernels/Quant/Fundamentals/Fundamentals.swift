/// Columns made of a company's facts, on the times of its bars.
///
/// A bar knows the facts filed at or before its time, and of each period the newest of these filings; when a period
/// ended does not matter. A flow is of the newest twelve months: a fiscal year, or four quarters in a row where those
/// end later; what is made of two flows takes both of the newest twelve months for which both are known, but for accruals
/// and Piotroski's score, which are of the newest of net income.
/// Prices and shares must both be as they were on their day, or both adjusted for splits.
public enum Fundamentals {
    /// The columns, in alphabetical order, with what they are.
    public static let definitions: [(column: Column, definition: String)] = [
        (.accruals, "Net income less operating cash flow over mean assets; Sloan 1996, cash-flow form."),
        (.altmanScore, "1.2 working capital/assets + 1.4 retained earnings/assets + 3.3 operating income/assets + "
            + "0.6 market value/liabilities + revenues/assets; Altman 1968."),
        (.assetGrowth, "Assets over those of a year before, less 1; Cooper, Gulen, Schill 2008."),
        (.bookYield, "Equity over market value; Fama, French 1992."),
        (.cashFlowYield, "Operating cash flow over market value."),
        (.currentRatio, "Current assets over current liabilities."),
        (.debtToEquity, "Debt over equity; null where equity is not above 0."),
        (.dividendYield, "Dividends paid over market value."),
        (.earningsGrowth, "Change of net income over a year as a share of what it was, without its sign."),
        (.earningsYield, "Net income over market value; Basu 1977."),
        (.enterpriseValue, "Market value and debt less cash."),
        (.evToEBITDA, "Enterprise value over operating income and depreciation; null where these are not above 0."),
        (.evToSales, "Enterprise value over revenues."),
        (.freeCashFlowYield, "Operating cash flow less capital expenditure, over market value."),
        (.grossMargin, "Gross profit over revenues."),
        (.marketValue, "Close times shares outstanding."),
        (.netMargin, "Net income over revenues."),
        (.operatingMargin, "Operating income over revenues."),
        (.priceToBook, "Market value over equity; null where it is not above 0."),
        (.priceToEarnings, "Market value over net income; null where it is not above 0."),
        (.piotroskiScore, "Number of nine good signs, from 0 to 9; Piotroski 2000."),
        (.priceToSales, "Market value over revenues."),
        (.returnOnAssets, "Net income over assets."),
        (.returnOnEquity, "Net income over equity; null where it is not above 0."),
        (.revenueGrowth, "Revenues over those of a year before, less 1."),
        (.salesYield, "Revenues over market value."),
    ].sorted { $0.0.rawValue < $1.0.rawValue }

    /// These columns over the bars; NaN where the facts that are known do not say.
    public static func columns(_ wanted: Set<Column>, _ facts: [Fact], _ bars: Bars) -> [Column: [Double]] {
        let wanted = wanted.filter(\.isFundamental)
        var columns: [Column: [Double]] = [:]
        for column in wanted { columns[column] = [Double](repeating: .nan, count: bars.count) }
        var stream = FactStream(facts)
        for row in 0..<bars.count {
            stream.advance(to: bars.ts[row])
            for column in wanted { columns[column]?[row] = stream.value(column, close: bars.close[row]) }
        }
        return columns
    }
}

/// What is known of a company from bar to bar: the arithmetic of `Fundamentals.columns`, one bar at a time.
public struct FactStream: Sendable {
    /// In the order in which they were filed.
    private let filings: [Fact]
    private var next = 0
    private var book = FactBook()
    private var statements = Statements()

    /// Before the first bar, with every fact there is.
    public init(_ facts: [Fact]) {
        filings = facts.enumerated()
            .sorted { ($0.element.filedAt, $0.offset) < ($1.element.filedAt, $1.offset) }.map(\.element)
    }

    /// Goes on to the bar that begins at a time, in epoch nanoseconds, never back: what was filed by then is known.
    public mutating func advance(to time: Int64) {
        let known = next
        while next < filings.count, filings[next].filedAt <= time {
            book.take(filings[next])
            next += 1
        }
        if next > known { statements = Statements(book) }
    }

    /// A column that is made of facts, at the bar's close; NaN where what is known does not say.
    public func value(_ column: Column, close: Double) -> Double {
        if next == 0 { return .nan }
        let value = statements.value(column, close: close)
        return value.isFinite ? value : .nan
    }
}

extension Statements {
    /// The value of a column at a price.
    func value(_ column: Column, close: Double) -> Double {
        if let figure = figures[column] { return figure }
        let market = Self.positive(close * shares)
        switch column {
        case .marketValue: return market
        case .enterpriseValue: return market + netDebt
        case .priceToEarnings: return market / Self.positive(netIncome)
        case .priceToBook: return market / Self.positive(equity)
        case .priceToSales: return market / Self.positive(revenues)
        case .evToEBITDA: return (market + netDebt) / Self.positive(earningsBeforeDepreciation)
        case .evToSales: return (market + netDebt) / Self.positive(revenues)
        case .earningsYield: return netIncome / market
        case .bookYield: return equity / market
        case .salesYield: return revenues / market
        case .cashFlowYield: return operatingCashFlow / market
        case .freeCashFlowYield: return freeCashFlow / market
        case .dividendYield: return dividends / market
        case .altmanScore: return altmanBase + 0.6 * market / Self.positive(liabilities)
        default: return .nan
        }
    }
}
