import Bus
import EngineKit
import Market
import Wire

/// Prices between the values that the portfolio engine tells: each touches the portfolios that hold its instrument.
extension AnalyticsEngine {
    /// Notes whether a portfolio holds an instrument.
    func hold(_ symbol: Symbol, _ portfolio: String) {
        if portfolios[portfolio]?.book.holdings[symbol] != nil {
            holders[symbol, default: []].insert(portfolio)
        } else {
            holders[symbol]?.remove(portfolio)
        }
    }

    /// Bars and quotes; one of an instrument that nobody holds is not even read.
    func takePrices(_ batch: [Message]) throws {
        var causes: [String: Message] = [:]
        for message in batch {
            guard let named = Symbol(message.topic.key), holders[named]?.isEmpty == false,
                  let (symbol, price, time) = try Self.price(message) else { continue }
            for id in holders[symbol] ?? [] where portfolios[id]?.take(price, of: symbol, at: time) == true {
                causes[id] = message
            }
        }
        if !causes.isEmpty { publisher.changed(causes) }
    }

    /// A bar's close at its time; a quote's middle, or its one side.
    private static func price(_ message: Message) throws -> (Symbol, Price, Timestamp)? {
        try JSONParser().withDocument(message.data) { root in
            if message.topic.family == Topics.bar.name {
                guard let bar = Bar(json: root) else { throw Unreadable(message) }
                return FixedPoint(bar.close).flatMap { $0 > .zero ? (bar.symbol, $0, bar.time) : nil }
            }
            guard let quote = Quote(json: root) else { throw Unreadable(message) }
            return FixedPoint(quote.middle).flatMap { $0 > .zero ? (quote.symbol, $0, quote.time) : nil }
        }
    }
}
