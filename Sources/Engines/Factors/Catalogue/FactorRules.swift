import Quant

/// The rules that make the catalogue. To add factors, add a formula, a window, a series or a rule; ids name what a
/// factor is made of, so that they stay what they are whatever is added.
enum FactorRules {
    /// A series by itself, over days, months, quarters and years of trading days.
    private static let single = [
        RuleFormula("level", "level", "{a}"),
        RuleFormula("delta", "change", "delta({a},{w})", [5, 21, 63, 126, 252]),
        RuleFormula("growth", "momentum", "{a}/delay({a},{w})-1", [21, 63, 126, 252]),
        RuleFormula("zscore", "reversal", "ts_zscore({a},{w})", [21, 63, 126, 252]),
        RuleFormula("tsrank", "momentum", "ts_rank({a},{w})", [63, 252]),
        RuleFormula("gap", "reversal", "{a}/ts_mean({a},{w})-1", [21, 63, 126, 252]),
        RuleFormula("deviation", "volatility", "ts_stddev({a},{w})", [21, 63]),
        RuleFormula("slope", "momentum", "ts_slope({a},{w})", [63, 252]),
        RuleFormula("place", "reversal", "({a}-ts_min({a},{w}))/(ts_max({a},{w})-ts_min({a},{w}))", [63, 252]),
    ]

    /// What short windows add where there is a value every day.
    private static let daily = [
        RuleFormula("fast_delta", "reversal", "-1*delta({a},{w})", [1, 2, 3, 10]),
        RuleFormula("fast_growth", "reversal", "-1*({a}/delay({a},{w})-1)", [1, 2, 3, 5, 10]),
        RuleFormula("mean", "level", "ts_mean({a},{w})", [5, 10, 21, 63]),
        RuleFormula("decay", "momentum", "{a}/decay_linear({a},{w})-1", [5, 10, 21, 63]),
        RuleFormula("residual", "reversal", "ts_resi({a},{w})", [10, 21, 63]),
        RuleFormula("fit", "momentum", "ts_rsquare({a},{w})", [10, 21, 63]),
        RuleFormula("oldest_high", "momentum", "ts_argmax({a},{w})", [21, 63]),
        RuleFormula("oldest_low", "reversal", "ts_argmin({a},{w})", [21, 63]),
    ]

    /// What filings say at a price, over months and years; a formula of it takes its category from the figure.
    private static func fundamental(_ category: String) -> [RuleFormula] {
        [
            RuleFormula("level", category, "{a}"),
            RuleFormula("delta", category, "delta({a},{w})", [21, 63, 126, 252]),
            RuleFormula("zscore", category, "ts_zscore({a},{w})", [63, 252]),
            RuleFormula("tsrank", category, "ts_rank({a},{w})", [63, 252]),
            RuleFormula("gap", category, "{a}/ts_mean({a},{w})-1", [63, 252]),
            RuleFormula("deviation", category, "ts_stddev({a},{w})", [63, 252]),
            RuleFormula("slope", category, "ts_slope({a},{w})", [63, 252]),
            RuleFormula("place", category, "({a}-ts_min({a},{w}))/(ts_max({a},{w})-ts_min({a},{w}))", [252]),
        ]
    }

    private static let pair = [
        RuleFormula("corr", "cross_source", "ts_corr({a},{b},{w})", [63, 252]),
        RuleFormula("beta", "cross_source", "ts_cov({a},{b},{w})/ts_stddev({b},{w})^2", [63, 252]),
        RuleFormula("spread", "cross_source", "ts_zscore({a},{w})-ts_zscore({b},{w})", [63, 252]),
        RuleFormula("tilt", "cross_source", "ts_zscore({a},{w})*ts_zscore({b},{w})", [63, 252]),
    ]

    /// Two figures of the same company, or one with its price, side by side.
    private static let together = [
        RuleFormula("blend", "cross_source", "(ts_zscore({a},{w})+ts_zscore({b},{w}))/2", [63, 252]),
    ]
    private static let quotient = [
        RuleFormula("quotient", "valuation", "{a}/{b}"),
        RuleFormula("product", "valuation", "{a}*{b}"),
    ]

    /// How an instrument answers to a change of something all instruments share.
    private static let sensitivity = [
        RuleFormula("change_corr", "sensitivity", "ts_corr({a},delta({b},1),{w})", [63, 252]),
        RuleFormula("change_beta", "sensitivity",
                    "ts_cov({a},delta({b},1),{w})/ts_stddev(delta({b},1),{w})^2", [63, 252]),
    ]

    private static let triple = [
        RuleFormula("blend", "cross_source", "(ts_zscore({a},{w})+ts_zscore({b},{w})+ts_zscore({c},{w}))/3", [63, 252]),
        RuleFormula("corr_tilt", "cross_source", "ts_corr({a},{b},{w})*ts_zscore({c},{w})", [63, 252]),
    ]

    private static let quadruple = [
        RuleFormula("blend", "cross_source",
                    "(ts_zscore({a},{w})+ts_zscore({b},{w})+ts_zscore({c},{w})+ts_zscore({d},{w}))/4", [63, 252]),
        RuleFormula("spread", "cross_source",
                    "(ts_zscore({a},{w})+ts_zscore({b},{w})-ts_zscore({c},{w})-ts_zscore({d},{w}))/2", [63, 252]),
    ]

    private static func every(_ source: FactorSource) -> SeriesSelection { SeriesSelection(.provider(source)) }
    private static let returns = SeriesSelection(.bars, [["returns"]])
    private static let countries = SeriesSelection(
        .provider(.tradingEconomics), [SeriesNames.largeEconomies, SeriesNames.keyIndicators])
    private static let publishers = SeriesSelection(
        .provider(.dbnomics), [SeriesNames.keyPublishers, SeriesNames.keySubjects])
    private static let rates = SeriesSelection(.provider(.fred), [["dgs10", "t10y2y", "fedfunds", "cpiaucsl"]])
    private static let facts = SeriesSelection(.provider(.edgar), [["revenues", "net_income", "assets", "equity"]])
    private static let across = FactorTransform.allCases
    private static let ranked: [FactorTransform] = [.raw, .rank]

    private static func figures(_ names: [String]) -> SeriesSelection { SeriesSelection(.facts, [names]) }
    /// Price and volume, as they are joined with facts.
    private static let traded = SeriesSelection(.bars, [["close", "volume", "returns"]])
    private static let everyFigure = SeriesSelection(.facts)
    private static let keyFigures = figures(SeriesNames.keyFacts)

    /// Stored facts: by themselves, two and more of a company, and with price and volume.
    private static let fundamentals = [
        FactorRule([figures(SeriesNames.valuation)], fundamental("valuation"), across),
        FactorRule([figures(SeriesNames.growth)], fundamental("growth"), across),
        FactorRule([figures(SeriesNames.quality)], fundamental("quality"), across),
        FactorRule([figures(SeriesNames.solvency)], fundamental("solvency"), across),
        FactorRule([figures(SeriesNames.size)], fundamental("size"), across),
        FactorRule([everyFigure, traded], pair + together, across),
        FactorRule([figures(SeriesNames.valuation),
                    figures(SeriesNames.growth + SeriesNames.quality + SeriesNames.solvency)],
                   quotient + pair + together, across),
        FactorRule([figures(SeriesNames.valuation), figures(SeriesNames.quality), traded], triple, ranked),
        FactorRule([figures(["earnings_yield", "book_yield"]), figures(["return_on_equity", "piotroski_f"]),
                    figures(["revenue_growth", "altman_z"]), traded], quadruple, ranked),
    ]

    /// Stored facts with what providers have: of two, three and four sources.
    private static let fundamentalsAcross = [
        FactorRule([everyFigure, every(.fred)], pair, ranked),
        FactorRule([everyFigure, every(.interactiveBrokers)], pair),
        FactorRule([keyFigures, every(.dataGov)], [pair[0]]),
        FactorRule([keyFigures, countries], [pair[0]]),
        FactorRule([keyFigures, publishers], [pair[0]]),
        FactorRule([everyFigure, rates, returns], triple, ranked),
        FactorRule([keyFigures, every(.yahooFinance), returns], [triple[0]]),
        FactorRule([keyFigures, rates, countries, returns], [quadruple[0]]),
        FactorRule([keyFigures, rates, every(.interactiveBrokers), returns], quadruple),
    ]

    /// Bars, then each provider by itself, then facts, then pairs, triples and combinations of four.
    static let standard: [FactorRule] = [
        FactorRule([SeriesSelection(.bars)], single + daily, across),
        FactorRule([SeriesSelection(.bars, [["open", "high", "low", "close", "vwap", "returns"]]),
                    SeriesSelection(.bars, [["volume"]])], pair, across),
    ] + [.alphaVantage, .edgar, .yahooFinance, .interactiveBrokers].map { FactorRule([every($0)], single, across) }
        + [.fred, .dataGov, .tradingEconomics, .dbnomics].map { FactorRule([every($0)], single) }
        + fundamentals + pairs + triples + quadruples + fundamentalsAcross

    private static let pairs = [
        FactorRule([every(.edgar), every(.fred)], pair, ranked),
        FactorRule([every(.interactiveBrokers), every(.fred)], pair, ranked),
        FactorRule([every(.dataGov), every(.fred)], pair),
        FactorRule([countries, every(.fred)], pair),
        FactorRule([publishers, every(.fred)], pair),
        FactorRule([returns, every(.fred)], sensitivity, ranked),
        FactorRule([returns, every(.dataGov)], sensitivity, ranked),
        FactorRule([returns, countries], sensitivity, ranked),
        FactorRule([returns, publishers], sensitivity, ranked),
    ]

    private static let triples = [
        FactorRule([every(.edgar), rates, returns], triple, ranked),
        FactorRule([every(.yahooFinance), rates, returns], triple, ranked),
        FactorRule([every(.alphaVantage), facts, rates], triple, ranked),
        FactorRule([every(.dataGov), rates, countries], [triple[0]]),
    ]

    private static let quadruples = [
        FactorRule([facts, rates, countries, returns], [quadruple[0]]),
        FactorRule([facts, rates, publishers, every(.interactiveBrokers)], [quadruple[0]]),
        FactorRule([every(.alphaVantage), every(.yahooFinance), rates, facts], quadruple),
    ]
}
