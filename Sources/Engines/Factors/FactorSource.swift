import Wire

/// Where factors come from. The eight are data providers; none is connected in this version, so their factors are
/// catalogued and not computable, and the answer says so. Formulas over stored bars are built in.
enum FactorSource: String, CaseIterable, Sendable {
    case alphaVantage = "alpha_vantage", fred, edgar, dataGov = "data_gov", tradingEconomics = "trading_economics"
    case dbnomics, yahooFinance = "yahoo_finance", interactiveBrokers = "ibkr"

    /// The source of the formulas over stored bars.
    static let builtIn = "alpha101"

    var title: String {
        switch self {
        case .alphaVantage: "Alpha Vantage"
        case .fred: "FRED"
        case .edgar: "SEC EDGAR"
        case .dataGov: "Data.gov"
        case .tradingEconomics: "Trading Economics"
        case .dbnomics: "DBnomics"
        case .yahooFinance: "Yahoo Finance"
        case .interactiveBrokers: "Interactive Brokers"
        }
    }

    var detail: String { "not connected: factors from \(title) are catalogued and not computable" }
}
