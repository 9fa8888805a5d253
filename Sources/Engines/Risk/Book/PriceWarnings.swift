import Documents
import EngineKit
import Market

/// What is to be said of prices that limits and reports rest on: those that nobody told, and those that have grown old.
enum PriceWarnings {
    /// How old a price may be, counted back from the newest instant that risk was told of for the portfolio.
    static let nanoseconds: Int64 = 5 * 86_400_000_000_000

    /// A sentence for each holding that nobody told a price of or whose price is too old; `time` is when each was told.
    static func texts(_ holdings: [(symbol: String, time: Timestamp?)], at newest: Timestamp) -> [String] {
        holdings.compactMap { holding in
            guard let time = holding.time else {
                return "No price of \(holding.symbol) was told: it is valued at what the portfolio last said, or paid."
            }
            return newest.nanoseconds - time.nanoseconds > nanoseconds
                ? "The price of \(holding.symbol) is of \(time.day): older than five days." : nil
        }
    }
}

extension PortfolioBook {
    /// The newest instant that a price or a value was told of; nil where none was.
    private var newest: Timestamp? {
        (lines.compactMap { $0.mark?.time.nanoseconds } + [curve.times.last].compactMap { $0 }).max()
            .map { Timestamp(nanoseconds: $0) }
    }

    /// What is to be said of the prices of holdings and open orders.
    var priceWarnings: [String] {
        guard let newest else {
            return PriceWarnings.texts(lines.map { ($0.symbol.text, nil) }, at: Timestamp(seconds: 0))
        }
        let first = newest.adding(nanoseconds: -PriceWarnings.nanoseconds)
        let named = lines.filter { $0.mark.map { $0.time < first } ?? true }
        return named.isEmpty ? [] : PriceWarnings.texts(named.map { ($0.symbol.text, $0.mark?.time) }, at: newest)
    }
}
