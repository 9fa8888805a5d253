import EngineKit
import Market
import Runtime

/// Daily returns of the last year of stored bars, asked of the market data engine and kept for a while.
@LoopActor final class ReturnsCache {
    /// Bars asked for: a year's returns.
    static let bars = 253
    /// How long an answer is used.
    static let lifeNanoseconds: Int64 = 60_000_000_000

    private let context: EngineContext
    private var known: [String: (returns: [Double]?, at: Int64)] = [:]
    /// Portfolios whose returns are being fetched anew behind their orders.
    var underway: Set<String> = []

    init(_ context: EngineContext) { self.context = context }

    /// Simple returns by symbol, cut to one length; a symbol without stored bars is left out.
    func returns(
        of symbols: [String], noOlderThan life: Int64 = ReturnsCache.lifeNanoseconds
    ) async -> [String: [Double]] {
        var found: [String: [Double]] = [:]
        for symbol in symbols { if let column = await self.returns(of: symbol, life) { found[symbol] = column } }
        let shortest = found.values.map(\.count).min() ?? 0
        return found.mapValues { $0.count == shortest ? $0 : Array($0.suffix(shortest)) }
    }

    private func returns(of symbol: String, _ life: Int64) async -> [Double]? {
        if let entry = known[symbol], context.clock.monotonic - entry.at < life { return entry.returns }
        guard let name = Symbol(symbol),
              let bars = try? await BarsClient(context).bars(name, .day1, last: Self.bars) else { return nil }
        let closes = bars.close.filter { $0.isFinite && $0 > 0 }
        let returns = closes.count > 2 ? zip(closes.dropFirst(), closes).map { $0 / $1 - 1 } : nil
        known[symbol] = (returns, context.clock.monotonic)
        return returns
    }
}

extension RiskEngine {
    /// Has the returns ready that limits of a portfolio need for an order. They are never older than a minute; from
    /// half that age on they are fetched anew behind the orders, so that none waits for a thousand instruments.
    func prepare(_ portfolio: String, _ symbol: Symbol?) async {
        let life = ReturnsCache.lifeNanoseconds
        guard applying(to: portfolio).needs.returns,
              let age = state.returnsAge(of: portfolio, for: symbol, at: context.clock.monotonic) else { return }
        if age >= life { return await fetchReturns(of: portfolio, symbol, noOlderThan: life) }
        guard age >= life / 2, returns.underway.insert(portfolio).inserted else { return }
        spawn { [weak self] in
            await self?.fetchReturns(of: portfolio, symbol, noOlderThan: life / 2)
            self?.returns.underway.remove(portfolio)
        }
    }

    private func fetchReturns(of portfolio: String, _ symbol: Symbol?, noOlderThan life: Int64) async {
        guard let book = state.books[portfolio] else { return }
        var symbols = Set(book.lines.map(\.symbol.text))
        if let symbol { symbols.insert(symbol.text) }
        let found = await returns.returns(of: symbols.sorted(), noOlderThan: life)
        state.setReturns(found, asked: symbols, of: portfolio, at: context.clock.monotonic)
        state.refresh([portfolio])
    }

    /// Adds what limits need and the store has: returns of the last year of stored daily bars.
    func complete(_ picture: RiskPicture, for limits: [Limit]) async throws -> RiskPicture {
        guard picture.returns == nil, LimitNeeds(limits).returns else { return picture }
        var picture = picture
        var symbols = Set(picture.positions.map(\.symbol))
        if let order = picture.order { symbols.insert(order.symbol) }
        picture.returns = await returns.returns(of: symbols.sorted())
        return picture
    }
}
