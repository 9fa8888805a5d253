import Bus
import EngineKit
import Market
import Runtime
import Store
import Telemetry

/// What is told of portfolios: positions, and values at every time that something changed.
extension PortfolioEngine {
    /// A stored close is taken for a holding that nothing was told of where it is no older than this.
    private static let adoptedNanoseconds: Int64 = 7 * 86_400_000_000_000
    /// A booking waits no longer for market data.
    private static let adoptionDeadlineNanoseconds: Int64 = 1_000_000_000

    // MARK: Transactions

    /// What a transaction tells others: the position, and the value at its time and at each later one that was told.
    /// `account` is the one after it.
    func updates(
        _ account: Account, _ transaction: LedgerTransaction, _ adopted: [Symbol: PriceMark], _ cause: Message?,
        _ trace: String?
    ) -> (messages: [Message], owing: [Statement]) {
        let history = histories[account.id] ?? ValuationHistory()
        func price(_ symbol: Symbol, _ time: Timestamp) -> Price? {
            let mark = [history.mark(of: symbol, at: time), adopted[symbol]].compactMap { $0 }.max { $0.time < $1.time }
            return mark.map { account.price($0, of: symbol, at: time) }
        }
        let all = history.points(from: transaction.time), points = OwedValues.soon(all)
        var messages: [Message] = []
        if let symbol = transaction.symbol, let holding = account.book.holdings[symbol] {
            // It is told as it is now, whenever the transaction was.
            let now = points.last ?? transaction.time
            var update = PositionUpdate(
                portfolioID: account.id, symbol: symbol, quantity: holding.quantity, averageCost: holding.averageCost,
                price: price(symbol, now), realized: holding.realized, time: now)
            if case .split(_, let ratio) = transaction.kind {
                update.split = ShareSplit(ratio: ratio, time: transaction.time)
            }
            messages.append(context.message(Topics.position, account.id, time: now, cause: cause, trace: trace, update))
        }
        for value in values(account, at: points, price) {
            messages.append(context.message(Topics.value, account.id, time: value.time, cause: cause, trace: trace,
                                            value))
        }
        return (messages, owing(account.id, from: transaction.time, all, points))
    }

    /// What notes in the records that values are owed; nothing where all are told, or it is noted already.
    private func owing(
        _ portfolio: String, from time: Timestamp, _ all: [Timestamp], _ points: [Timestamp]
    ) -> [Statement] {
        if points.count == all.count { return [] }
        return owed.has(portfolio, from: time) ? [] : [ValuationRecords.owe(from: time, in: portfolio)]
    }

    /// Closes for holdings of which none had been told at the time of a transaction: those that came by, else stored ones
    /// of the days before. Without them a holding counts at cost. Where market data is away they stay unknown.
    func adopt(_ account: Account, at time: Timestamp) async -> [Symbol: PriceMark] {
        let history = histories[account.id] ?? ValuationHistory()
        var found: [Symbol: PriceMark] = [:]
        let client = BarsClient(context, deadlineNanoseconds: Self.adoptionDeadlineNanoseconds)
        for (symbol, holding) in account.book(at: time).holdings
        where !holding.quantity.isZero && history.mark(of: symbol, at: time)?.isLookedUp ?? true {
            if let mark = board.mark(of: symbol, at: time) {
                found[symbol] = mark
                continue
            }
            do {
                let from = time.adding(nanoseconds: -Self.adoptedNanoseconds)
                let bars = try await client.bars(symbol, .day1, from: from, to: time, last: 1)
                if let last = bars.times.last, let price = bars.close.last.flatMap({ FixedPoint($0) }) {
                    found[symbol] = PriceMark(time: Timestamp(nanoseconds: last), price: price, isLookedUp: true)
                }
            } catch {
                break
            }
        }
        return found
    }

    // MARK: Bars

    /// A close: a mark of every portfolio that looks at the instrument, and their values from then to its next one.
    func take(_ bar: Bar, _ message: Message) async throws {
        guard let price = FixedPoint(bar.close) else { return }
        let symbol = bar.symbol, mark = PriceMark(time: bar.time, price: price)
        board.set(symbol, mark)
        let watchers = order.filter { accounts[$0]?.watched.contains(symbol) ?? false }
        if watchers.isEmpty { return }
        // What is being booked is booked first: a value without it must not be told after it.
        try await locks.with(all: watchers) {
            var statements: [Statement] = [], messages: [Message] = [], debtors: [String] = []
            for id in watchers {
                guard let account = accounts[id] else { continue }
                let history = histories[id] ?? ValuationHistory()
                let all = history.points(markedBy: symbol, at: mark.time), points = OwedValues.soon(all)
                let owing = owing(id, from: mark.time, all, points)
                if points.count < all.count { debtors.append(id) }
                statements += [ValuationRecords.upsert(mark, of: symbol, in: id)] + owing
                let values = values(account, at: points) { other, time in
                    let known = other == symbol ? mark : history.mark(of: other, at: time)
                    return known.map { account.price($0, of: other, at: time) }
                }
                messages += values.map { context.message(Topics.value, id, time: $0.time, cause: message, $0) }
            }
            try await context.commit(statements, messages)
            for id in watchers { await told(of: id) { $0.take(mark, of: symbol) } }
            for id in debtors { owe(id, from: mark.time) }
        }
    }

    // MARK: Values

    /// What an account is worth at times that rise: its book as of then; what has no price counts at cost. Before the first
    /// transaction there is nothing to value.
    private func values(
        _ account: Account, at points: [Timestamp], _ price: (Symbol, Timestamp) -> Price?
    ) -> [PortfolioValue] {
        account.books(at: points.filter { $0 >= account.began ?? $0 }) { time, book in
            let value = book.marketValue { price($0, time) }.value
            return PortfolioValue(
                portfolioID: account.id, time: time, cash: book.cash[account.currency] ?? .zero, marketValue: value,
                realized: book.realized, unrealized: value - book.costBasis,
                netDeposits: book.deposits[account.currency] ?? .zero, trades: book.trades, currency: account.currency)
        }
    }

    /// Notes what was told, and forgets what is too old to be told anew.
    func told(of portfolio: String, _ note: (inout ValuationHistory) -> Void) async {
        note(&histories[portfolio, default: ValuationHistory()])
        guard let forgotten = histories[portfolio]?.forget() else { return }
        do throws(StoreError) {
            try await context.records.transaction(ValuationRecords.delete(forgotten, of: portfolio))
        } catch {
            // The rows go the next time.
            context.logger.warning("old valuations were not deleted", ["error": .string(error.description)])
        }
    }

    // MARK: Owed values

    func owe(_ portfolio: String, from time: Timestamp) {
        owed.owe(portfolio, from: time)
        tellOwedLater()
    }

    /// Tells what is owed once it is quiet.
    func tellOwedLater() {
        if owed.isEmpty || owedTimer != nil { return }
        owedTimer = LoopTimer.once(milliseconds: OwedValues.pauseMilliseconds) { [weak self] in
            self?.owedTimer = nil
            spawn { await self?.tellOwed() }
        }
    }

    private func tellOwed() async {
        for portfolio in owed.due() {
            do {
                try await tellOwed(portfolio)
            } catch {
                context.logger.warning("values are not told yet", [
                    "portfolio": .string(portfolio), "error": .string("\(error)")])
            }
        }
        tellOwedLater()
    }

    private func tellOwed(_ portfolio: String) async throws {
        try await locks.with(portfolio) {
            guard let from = owed.first(of: portfolio), let account = accounts[portfolio],
                  let history = histories[portfolio] else { return owed.settle(portfolio) }
            let values = values(account, at: Array(history.told(from: from))) { symbol, time in
                history.mark(of: symbol, at: time).map { account.price($0, of: symbol, at: time) }
            }
            let messages = values.map { context.message(Topics.value, portfolio, time: $0.time, $0) }
            try await context.commit([ValuationRecords.settle(portfolio)], messages)
            owed.settle(portfolio)
        }
    }
}
