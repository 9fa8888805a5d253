import Analytics
import Market
import Quant
import Runtime

/// `analytics.performance`: µs for every figure of 2,520 daily returns: the contract's, those of the path, the tails
/// and the Sharpe ratio's significance.
func performanceBenchmark(runs: Int = 2001) throws -> Measurement {
    let closes = walkBars(2521).close
    let returns = zip(closes.dropFirst(), closes).map { $0 / $1 - 1 }
    let times = try (0..<runs).map { _ in
        try seconds { _ = try ReturnSummary(returns: returns) } * 1e6
    }
    return Measurement("analytics.performance", middle(times), "µs", runs: runs, p50: middle(times),
                       p99: quantile(times, 0.99), context: [
                           ("returns", "2520"), ("figures", "contract, path, tails, significance"), ("threads", "1")])
}

/// `analytics.revaluation`: ms to price every holding of 5,000 portfolios of 100 positions in 2,000 instruments
/// anew and sum them exactly; and ns for one price that moves one holding of one portfolio.
func revaluationBenchmarks(runs: Int = 21) throws -> [Measurement] {
    let symbols = (0..<2000).compactMap { Symbol("S\($0)") }
    var books = [LiveBook](repeating: LiveBook(), count: 5000)
    for portfolio in books.indices {
        for position in 0..<100 {
            let symbol = symbols[(portfolio &* 37 &+ position &* 19) % symbols.count]
            books[portfolio].take(PositionUpdate(
                portfolioID: "p", symbol: symbol, quantity: FixedPoint(position % 7 - 3 == 0 ? 5 : position % 7 - 3),
                averageCost: FixedPoint(50 + position), price: nil, realized: .zero, time: Timestamp(nanoseconds: 0)))
        }
    }
    let held = books.reduce(0) { $0 + $1.holdings.count }
    var prices: [Symbol: Price] = [:]
    let times = (1...runs).map { run in
        for (index, symbol) in symbols.enumerated() { prices[symbol] = FixedPoint(40 + (index &* run) % 90) }
        return seconds {
            var gross = Money.zero
            for index in books.indices {
                gross += books[index].revalue(at: Timestamp(nanoseconds: Int64(run))) { prices[$0] }.gross
            }
            precondition(gross > .zero)
        } * 1e3
    }
    let updates = 200_000
    let single = seconds {
        for index in 0..<updates {
            let symbol = symbols[(index &* 19) % symbols.count]
            _ = books[(index / 100) % books.count].take(
                FixedPoint(50 + index % 50), of: symbol, at: Timestamp(nanoseconds: Int64(1000 + index)))
        }
    } / Double(updates) * 1e9
    return [
        Measurement("analytics.revaluation", middle(times), "ms", runs: runs, p50: middle(times),
                    p99: quantile(times, 0.99), context: [
                        ("portfolios", "5000"), ("positions", "\(held)"), ("instruments", "2000"), ("threads", "1")]),
        Measurement("analytics.revaluation.price", single, "ns/update", runs: 1, context: [
            ("portfolios", "5000"), ("positions", "\(held)"), ("threads", "1")]),
    ]
}
