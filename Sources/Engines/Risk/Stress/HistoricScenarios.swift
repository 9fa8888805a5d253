/// A fall of markets that happened: from one day's close to another's.
struct HistoricScenario: Sendable {
    let id: String, name: String
    /// First and last day, as ISO dates.
    let from: String, to: String
    /// Closing levels of the index on these days.
    let start: Double, end: Double
    /// A sector that fell otherwise, and the levels that say so.
    var sector: (name: String, start: Double, end: Double)?
    let source: String

    /// Shocks by name: the index for everything, the sector's own where there is one.
    var shocks: [String: Double] {
        var shocks = ["*": end / start - 1]
        if let sector { shocks["sector:\(sector.name)"] = sector.end / sector.start - 1 }
        return shocks
    }
}

/// The built-in table. A shock is the last level over the first, less 1; nothing else is assumed.
enum HistoricScenarios {
    private static let index = "S&P 500 closing levels, S&P Dow Jones Indices"

    static let all: [HistoricScenario] = [
        HistoricScenario(id: "bear_1973", name: "Oil crisis and bear market", from: "1973-01-11", to: "1974-10-03",
                         start: 120.24, end: 62.28, source: index),
        HistoricScenario(id: "black_monday_1987", name: "Black Monday", from: "1987-10-16", to: "1987-10-19",
                         start: 282.70, end: 224.84, source: index),
        HistoricScenario(id: "russia_1998", name: "Russian default and LTCM", from: "1998-07-17", to: "1998-08-31",
                         start: 1186.75, end: 957.28, source: index),
        HistoricScenario(
            id: "dot_com_2000", name: "End of the technology bubble", from: "2000-03-24", to: "2002-10-09",
            start: 1527.46, end: 776.76, sector: (name: "Technology", start: 4963.03, end: 1114.11),
            source: "\(index); Technology: Nasdaq Composite closing levels, Nasdaq"),
        HistoricScenario(id: "september_2001", name: "11 September", from: "2001-09-10", to: "2001-09-21",
                         start: 1092.54, end: 965.80, source: index),
        HistoricScenario(id: "lehman_2008", name: "Failure of Lehman Brothers", from: "2008-09-12", to: "2008-10-10",
                         start: 1251.70, end: 899.22, source: index),
        HistoricScenario(id: "financial_crisis_2007", name: "Financial crisis, peak to trough", from: "2007-10-09",
                         to: "2009-03-09", start: 1565.15, end: 676.53, source: index),
        HistoricScenario(id: "downgrade_2011", name: "Euro crisis and downgrade of the United States",
                         from: "2011-07-22", to: "2011-08-08", start: 1345.02, end: 1119.46, source: index),
        HistoricScenario(id: "china_2015", name: "Devaluation in China", from: "2015-08-17", to: "2015-08-25",
                         start: 2102.44, end: 1867.61, source: index),
        HistoricScenario(id: "volatility_2018", name: "Collapse of short volatility", from: "2018-01-26",
                         to: "2018-02-08", start: 2872.87, end: 2581.00, source: index),
        HistoricScenario(id: "covid_2020", name: "COVID-19", from: "2020-02-19", to: "2020-03-23",
                         start: 3386.15, end: 2237.40, source: index),
        HistoricScenario(id: "rates_2022", name: "Inflation and rising rates", from: "2022-01-03", to: "2022-10-12",
                         start: 4796.56, end: 3577.03, source: index),
    ]
}
