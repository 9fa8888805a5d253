/// What the figures of a company's filings say at a moment, before a price is put to them. NaN where facts are missing.
struct Statements {
    private(set) var shares = Double.nan
    private(set) var netIncome = Double.nan
    private(set) var revenues = Double.nan
    private(set) var equity = Double.nan
    /// Debt less cash.
    private(set) var netDebt = Double.nan
    /// Operating income and depreciation.
    private(set) var earningsBeforeDepreciation = Double.nan
    private(set) var operatingCashFlow = Double.nan
    private(set) var freeCashFlow = Double.nan
    private(set) var dividends = Double.nan
    /// Figures that no price enters, by column.
    private(set) var figures: [Column: Double] = [:]
    /// Altman's terms without the one of market value.
    private(set) var altmanBase = Double.nan
    private(set) var liabilities = Double.nan

    /// Of a book from which nothing is known.
    init() {}

    init(_ book: FactBook) {
        shares = book.newest(.sharesOutstanding)
        netIncome = book.newest(.netIncome)
        revenues = book.newest(.revenues)
        equity = book.newest(.equity)
        let debt = book.newest(.longTermDebt) + Self.orNone(book.newest(.shortTermDebt))
        netDebt = debt - book.newest(.cash)
        earningsBeforeDepreciation = Self.together(book, .operatingIncome, .depreciation, +)
        operatingCashFlow = book.newest(.operatingCashFlow)
        freeCashFlow = Self.together(book, .operatingCashFlow, .capitalExpenditure, -)
        dividends = book.newest(.dividendsPaid)
        liabilities = book.newest(.liabilities)
        let assets = book.newest(.assets)
        let working = book.newest(.currentAssets) - book.newest(.currentLiabilities)
        altmanBase = assets > 0
            ? (1.2 * working + 1.4 * book.newest(.retainedEarnings)
                + Self.together(book, .operatingIncome, .revenues) { 3.3 * $0 + $1 }) / assets : .nan
        figures = [
            .grossMargin: Self.margin(book, .grossProfit),
            .operatingMargin: Self.margin(book, .operatingIncome),
            .netMargin: Self.margin(book, .netIncome),
            .returnOnAssets: netIncome / Self.positive(assets),
            .returnOnEquity: netIncome / Self.positive(equity),
            .debtToEquity: debt / Self.positive(equity),
            .currentRatio: book.newest(.currentAssets) / Self.positive(book.newest(.currentLiabilities)),
            .revenueGrowth: Self.growth(book, .revenues),
            .earningsGrowth: Self.growth(book, .netIncome),
            .assetGrowth: Self.growth(book, .assets),
            .accruals: Self.accruals(book),
            .piotroskiScore: Piotroski(book)?.score ?? .nan,
        ]
    }

    /// A value, or none where it is not known.
    private static func orNone(_ value: Double) -> Double { value == value ? value : 0 }

    /// A value above 0, else NaN: a ratio to nothing or less says nothing.
    static func positive(_ value: Double) -> Double { value > 0 ? value : .nan }

    /// What two flows of the same twelve months come to: the newest for which both are known.
    private static func together(
        _ book: FactBook, _ first: FactConcept, _ second: FactConcept, _ combine: (Double, Double) -> Double
    ) -> Double {
        guard let end = book.newestEnd(ofAll: first, second) else { return .nan }
        return combine(book.value(first, at: end), book.value(second, at: end))
    }

    private static func margin(_ book: FactBook, _ concept: FactConcept) -> Double {
        together(book, concept, .revenues) { $0 / positive($1) }
    }

    /// Change over a year as a share of what was there, without its sign.
    private static func growth(_ book: FactBook, _ concept: FactConcept) -> Double {
        guard let end = book.newestEnd(concept) else { return .nan }
        let before = book.value(concept, at: TimeSpan.time(FactBook.year, before: end))
        return (book.value(concept, at: end) - before) / positive(abs(before))
    }

    /// Net income less operating cash flow as a share of the year's mean assets (Sloan 1996, in its cash-flow form).
    private static func accruals(_ book: FactBook) -> Double {
        guard let end = book.newestEnd(.netIncome) else { return .nan }
        let before = TimeSpan.time(FactBook.year, before: end)
        let mean = (book.value(.assets, at: end) + book.value(.assets, at: before)) / 2
        return (book.value(.netIncome, at: end) - book.value(.operatingCashFlow, at: end)) / positive(mean)
    }
}

/// Piotroski's score (2000): how many of nine signs of a year are good.
///
/// Net income, operating cash flow and revenues are over the assets at the year's beginning; long-term debt is over the
/// year's mean assets. The signs: income above 0; cash flow above 0; income rose; cash flow above income; debt fell;
/// the current ratio rose; no shares were issued; the gross margin rose; revenues over assets rose.
struct Piotroski {
    /// From 0 to 9.
    let score: Double

    /// Nil where a figure of the last two years, or the assets of the year before them, is not known.
    init?(_ book: FactBook) {
        guard let end = book.newestEnd(.netIncome) else { return nil }
        let before = TimeSpan.time(FactBook.year, before: end)
        func pair(_ concept: FactConcept) -> (now: Double, then: Double) {
            (book.value(concept, at: end), book.value(concept, at: before))
        }
        let (assets, income, cash) = (pair(.assets), pair(.netIncome), pair(.operatingCashFlow))
        let (revenues, gross, debt) = (pair(.revenues), pair(.grossProfit), pair(.longTermDebt))
        let (current, due, shares) = (pair(.currentAssets), pair(.currentLiabilities), pair(.sharesOutstanding))
        let oldest = book.value(.assets, at: TimeSpan.time(FactBook.year, before: before))
        let margin = (now: gross.now / revenues.now, then: gross.then / revenues.then)
        let liquidity = (now: current.now / due.now, then: current.then / due.then)
        let leverage = (now: debt.now / (assets.now + assets.then), then: debt.then / (assets.then + oldest))
        let signs: [(Double, Double)] = [
            (income.now / assets.then, 0), (cash.now / assets.then, 0),
            (income.now / assets.then, income.then / oldest), (cash.now, income.now),
            (leverage.then, leverage.now), (liquidity.now, liquidity.then), (margin.now, margin.then),
            (revenues.now / assets.then, revenues.then / oldest),
        ]
        guard signs.allSatisfy({ $0.isFinite && $1.isFinite }), shares.now.isFinite, shares.then.isFinite
        else { return nil }
        score = Double(signs.count { $0 > $1 } + (shares.now <= shares.then ? 1 : 0))
    }
}
