import EngineKit
import Market
import Runtime
import Telemetry

/// Stored daily bars of the last year, asked of the market data engine and kept for a while.
@LoopActor final class DailyBars {
    /// How long an answer is used before it is asked for again.
    static let lifeNanoseconds: Int64 = 60_000_000_000
    /// How long it is used where market data does not answer, and the pause before it is asked again then.
    static let keptNanoseconds: Int64 = 86_400_000_000_000, pauseNanoseconds: Int64 = 5_000_000_000
    /// How long an order waits for an answer where an older one is kept.
    static let refreshNanoseconds: Int64 = 1_000_000_000

    private let context: EngineContext
    /// No column where no bar is stored.
    private var known: [String: (column: DailyColumn?, at: Int64)] = [:]
    /// By instrument: until when it is not asked for again, as market data did not tell it.
    private var silentUntil: [String: Int64] = [:]
    /// Until when nothing is asked for, as market data let a question wait for longer than it may: with one after the
    /// other that hang an order would wait for all of them.
    private var hangsUntil = Int64.min
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
        var found = Found(symbols, guest, needs)
        for name in found.names { found.add(name, await column(of: name, life)) }
        return found.history
    }

    /// The same of what is known already, without a wait.
    func known(of symbols: [String], _ needs: HistoryNeeds) -> MarketHistory {
        var found = Found(symbols, nil, needs)
        let now = context.clock.monotonic
        for name in found.names {
            found.add(name, known[name].flatMap { now - $0.at < Self.keptNanoseconds ? .some($0.column) : nil })
        }
        return found.history
    }

    /// The column of an instrument, none where no bar is stored; nil where market data does not answer and has not for
    /// a day: an answer that is older than it should be says more than none.
    private func column(of name: String, _ life: Int64) async -> DailyColumn?? {
        let entry = known[name], age = entry.map { context.clock.monotonic - $0.at } ?? .max
        if let entry, age < life { return .some(entry.column) }
        guard let symbol = Symbol(name) else { return .some(nil) }
        let kept = age < Self.keptNanoseconds ? entry : nil, asked = context.clock.monotonic
        if asked < hangsUntil { return kept.map { .some($0.column) } ?? nil }
        if let kept, let until = silentUntil[name], asked < until { return .some(kept.column) }
        let client = BarsClient(context, deadlineNanoseconds: kept == nil ? nil : Self.refreshNanoseconds)
        guard let bars = try? await client.bars(symbol, .day1, last: DailyColumn.bars) else {
            hear(nothing: name, since: asked)
            return kept.map { .some($0.column) } ?? nil
        }
        silentUntil[name] = nil
        let column = bars.count == 0 ? nil : DailyColumn(bars, sharing: days)
        if let column { days = column.closes.days }
        known[name] = (column, context.clock.monotonic)
        return .some(column)
    }

    /// Logs once that market data is silent of anything.
    private func hear(nothing name: String, since asked: Int64) {
        let now = context.clock.monotonic
        // What is held is asked for again within its life; nobody asks for the others any more.
        silentUntil = silentUntil.filter { now - $0.value < 2 * Self.lifeNanoseconds }
        if silentUntil.isEmpty {
            context.logger.warning(
                "market data does not tell daily bars: limits rest on those it told last, for a day",
                ["symbol": .string(name)])
        }
        silentUntil[name] = now + Self.pauseNanoseconds
        if now - asked >= Self.refreshNanoseconds { hangsUntil = now + Self.pauseNanoseconds }
    }

    /// Columns as they are found.
    private struct Found {
        let symbols: [String], guest: String?, needs: HistoryNeeds, names: [String]
        private var columns: [String: DailyColumn] = [:], absent: [String: String] = [:]

        init(_ symbols: [String], _ guest: String?, _ needs: HistoryNeeds) {
            (self.symbols, self.guest, self.needs) = (symbols, guest, needs)
            var seen: Set<String> = []
            let all = symbols + (guest.map { [$0] } ?? []) + needs.benchmarks.sorted()
            names = all.filter { seen.insert($0).inserted }
            columns.reserveCapacity(names.count)
        }

        mutating func add(_ name: String, _ column: DailyColumn??) {
            switch column {
            case .some(.some(let column)): columns[name] = column
            case .some(.none): absent[name] = "no daily bars of \(name) are stored"
            case .none: absent[name] = "market data does not tell the daily bars of \(name)"
            }
        }

        var history: MarketHistory {
            MarketHistory(needs, symbols: symbols, guest: guest, columns: columns, absent: absent)
        }
    }
}

extension RiskEngine {
    /// Has ready what limits of a portfolio need of stored bars for an order. It is never older than a minute, unless
    /// market data does not answer; from half that age on it is fetched anew behind the orders, so that none waits for
    /// a thousand instruments.
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
