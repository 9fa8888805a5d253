import EngineKit
import Market
import Runtime

/// Stored daily bars of the last year, asked of the market data engine and kept for a while.
@LoopActor final class DailyBars {
    /// How long an answer is used.
    static let lifeNanoseconds: Int64 = 60_000_000_000

    private let context: EngineContext
    /// No column where no bar is stored.
    private var known: [String: (column: DailyColumn?, at: Int64)] = [:]
    /// Days of the column that was read last: most instruments have the same.
    private var days: [Int64] = []
    /// Portfolios whose history is being fetched anew behind their orders.
    var underway: Set<String> = []

    init(_ context: EngineContext) { self.context = context }

    /// Simple returns by symbol, between the days that all have; a symbol without stored bars is left out.
    func returns(of symbols: [String]) async -> [String: [Double]] {
        await history(of: symbols, HistoryNeeds(returns: true)).returns
    }

    /// What limits need of stored bars of instruments, and of one that is not held. What is not stored, and what market
    /// data does not tell, is left out with the reason.
    func history(
        of symbols: [String], guest: String? = nil, _ needs: HistoryNeeds,
        noOlderThan life: Int64 = DailyBars.lifeNanoseconds
    ) async -> MarketHistory {
        var columns: [String: DailyColumn] = [:], absent: [String: String] = [:]
        columns.reserveCapacity(symbols.count + needs.benchmarks.count + 1)
        for name in symbols + (guest.map { [$0] } ?? []) + needs.benchmarks.sorted()
        where columns[name] == nil && absent[name] == nil {
            switch await column(of: name, life) {
            case .some(.some(let column)): columns[name] = column
            case .some(.none): absent[name] = "no daily bars of \(name) are stored"
            case .none: absent[name] = "market data does not tell the daily bars of \(name)"
            }
        }
        return MarketHistory(needs, symbols: symbols, guest: guest, columns: columns, absent: absent)
    }

    /// The column of an instrument, none where no bar is stored; nil where market data does not answer.
    private func column(of name: String, _ life: Int64) async -> DailyColumn?? {
        if let entry = known[name], context.clock.monotonic - entry.at < life { return .some(entry.column) }
        guard let symbol = Symbol(name) else { return .some(nil) }
        guard let bars = try? await BarsClient(context).bars(symbol, .day1, last: DailyColumn.bars) else { return nil }
        let column = bars.count == 0 ? nil : DailyColumn(bars).sharing(days)
        if let column { days = column.days }
        known[name] = (column, context.clock.monotonic)
        return .some(column)
    }
}

extension RiskEngine {
    /// Has ready what limits of a portfolio need of stored bars for an order. It is never older than a minute; from
    /// half that age on it is fetched anew behind the orders, so that none waits for a thousand instruments.
    func prepare(_ portfolio: String, _ symbol: Symbol?) async {
        let life = DailyBars.lifeNanoseconds, needs = applying(to: portfolio).needs.history
        guard !needs.isEmpty,
              let age = state.historyAge(of: portfolio, for: symbol, needs, at: context.clock.monotonic) else { return }
        if age >= life { return await fetchHistory(of: portfolio, symbol, needs, noOlderThan: life) }
        guard age >= life / 2, dailyBars.underway.insert(portfolio).inserted else { return }
        spawn { [weak self] in
            await self?.fetchHistory(of: portfolio, symbol, needs, noOlderThan: life / 2)
            self?.dailyBars.underway.remove(portfolio)
        }
    }

    private func fetchHistory(
        of portfolio: String, _ symbol: Symbol?, _ needs: HistoryNeeds, noOlderThan life: Int64
    ) async {
        guard let book = state.books[portfolio] else { return }
        let held = book.lines.map(\.symbol.text), guest = symbol.flatMap { book.has($0) ? nil : $0.text }
        let found = await dailyBars.history(of: held, guest: guest, needs, noOlderThan: life)
        state.setHistory(found, asked: Set(held + (guest.map { [$0] } ?? [])), of: portfolio, at: context.clock.monotonic)
        state.refresh([portfolio])
    }

    /// Adds what limits need and the store has, where the picture was not sent with it.
    func complete(_ picture: RiskPicture, for limits: [Limit]) async -> RiskPicture {
        var needs = LimitNeeds(limits).history
        if picture.returns != nil { needs.returns = false }
        if picture.returns != nil || picture.benchmarkReturns != nil { needs.benchmarks = [] }
        var picture = picture
        picture.history = nil
        if needs.isEmpty { return picture }
        var symbols = Set(picture.positions.map(\.symbol))
        if let order = picture.order { symbols.insert(order.symbol) }
        picture.history = await dailyBars.history(of: symbols.sorted(), needs)
        return picture
    }
}
