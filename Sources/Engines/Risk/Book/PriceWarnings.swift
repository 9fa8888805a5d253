import Documents
import EngineKit
import Market
import Telemetry

/// What is to be said of prices and stored bars that limits and reports rest on: those that nobody told, and those that
/// have grown old. One sentence names all that it is said of.
enum PriceWarnings {
    /// How old a price or a bar may be, counted back from the newest instant that risk was told of for the portfolio.
    static let nanoseconds: Int64 = 5 * day
    private static let day: Int64 = 86_400_000_000_000
    /// As many are named; the rest is counted.
    private static let named = 20

    /// A sentence on holdings whose price is too old, and one on those that nobody told a price of; `time` is when each
    /// was told.
    static func texts(_ holdings: [(symbol: String, time: Timestamp?)], at newest: Timestamp) -> [String] {
        var untold: [String] = [], old: [(symbol: String, time: Timestamp)] = []
        for holding in holdings {
            if let time = holding.time {
                if newest.nanoseconds(since: time) > nanoseconds { old.append((holding.symbol, time)) }
            } else {
                untold.append(holding.symbol)
            }
        }
        var texts: [String] = []
        if old.count == 1 {
            texts.append("The price of \(old[0].symbol) is of \(old[0].time.day): older than five days.")
        } else if !old.isEmpty {
            texts.append("The prices of \(list(old.map { "\($0.symbol) (\($0.time.day))" })) are older than five days.")
        }
        if !untold.isEmpty {
            let subject = untold.count == 1 ? "it is" : "each is"
            texts.append(
                "No price of \(list(untold)) was told: \(subject) valued at what the portfolio last said, or paid.")
        }
        return texts
    }

    /// A sentence on instruments whose stored daily bars end too long ago; `days` are the newest, counted from 1970.
    static func texts(bars days: [String: Int64], at newest: Timestamp) -> [String] {
        let first = newest.nanoseconds.flooredQuotient(day) - nanoseconds / day
        let old = days.filter { $0.value < first }.sorted { $0.key < $1.key }
        if old.isEmpty { return [] }
        let names = old.map { "\($0.key) (\(Timestamp(nanoseconds: $0.value * day).day))" }
        return ["The stored daily bars of \(list(names)) end more than five days before the newest price."]
    }

    /// A sentence on instruments of which no daily bars are stored.
    static func texts(withoutBars symbols: [String]) -> [String] {
        symbols.isEmpty ? [] : ["No daily bars of \(list(symbols)) are stored: figures from history leave "
            + "\(symbols.count == 1 ? "it" : "them") out."]
    }

    /// The first names, and how many more there are.
    private static func list(_ names: [String]) -> String {
        let first = names.prefix(named).joined(separator: ", ")
        return names.count > named ? "\(first) and \(names.count - named) more" : first
    }
}

extension PortfolioBook {
    /// The newest instant that a price or a value was told of; nil where none was.
    private var newest: Timestamp? {
        (lines.compactMap { $0.mark?.time.nanoseconds } + [curve.times.last].compactMap { $0 }).max()
            .map { Timestamp(nanoseconds: $0) }
    }

    /// What is to be said of the prices of holdings and open orders, and of the stored bars that their limits read.
    func warnings(_ history: MarketHistory? = nil) -> [String] {
        guard let newest else {
            return PriceWarnings.texts(lines.map { ($0.symbol.text, nil) }, at: Timestamp(seconds: 0))
        }
        let first = newest.adding(nanoseconds: -PriceWarnings.nanoseconds)
        let named = lines.filter { $0.mark.map { $0.time < first } ?? true }
        let prices = named.isEmpty ? [] : PriceWarnings.texts(named.map { ($0.symbol.text, $0.mark?.time) }, at: newest)
        return prices + (history.map { PriceWarnings.texts(bars: $0.newestDays, at: newest) } ?? [])
    }
}

extension RiskEngine {
    /// Logs what is to be said of a portfolio's prices and bars, once until it changes.
    func logWarnings(of portfolio: String, _ history: MarketHistory?) {
        guard let texts = state.books[portfolio]?.warnings(history), texts != warned[portfolio] ?? [] else { return }
        warned[portfolio] = texts.isEmpty ? nil : texts
        for text in texts {
            context.logger.warning("limits rest on prices or bars that are missing or old", [
                "portfolio": .string(portfolio), "what": .string(text)])
        }
    }
}
