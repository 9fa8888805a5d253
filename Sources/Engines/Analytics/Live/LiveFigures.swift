import EngineKit
import Market
import Quant
import Wire

/// A followed portfolio between two values: its cash as last told, what it holds at the newest prices.
struct LiveFigures: Sendable {
    /// Returns of a day each in the window of the rolling figures.
    static let window = 63

    let time: Timestamp
    let sums: LiveBook.Sums, equity: Money, pnl: Money
    let totalReturn: Double?, drawdown: Double?, maxDrawdown: Double?
    let daily: Money?
    let unpriced: [Symbol]
    let rolling: RollingFigures?

    /// Nil before a value was told.
    init?(_ portfolio: LivePortfolio) {
        guard let value = portfolio.value else { return nil }
        let book = portfolio.book
        sums = book.sums
        time = max(value.time, book.pricedAt ?? value.time)
        equity = value.cash + book.sums.marketValue
        pnl = value.realized + book.sums.unrealized
        let level = portfolio.curve.level(of: equity.double)
        (totalReturn, drawdown, maxDrawdown) = (level?.totalReturn, level?.drawdown, level?.maxDrawdown)
        daily = portfolio.curve.change(of: equity, at: time)
        unpriced = book.sums.unpriced == 0 ? [] : book.unpriced
        let tail = portfolio.curve.latestDays(Self.window + 1)
        let returns = (try? Performance.returns(of: tail)) ?? []
        rolling = returns.count > 1 ? try? RollingFigures(returns: returns, window: returns.count) : nil
    }

    /// The `live` member.
    func writeMember(to json: inout JSONWriter) {
        json.object("live") { json in
            json.field("ts", time)
            for (name, amount) in [
                ("equity", equity), ("market_value", sums.marketValue), ("pnl", pnl), ("unrealized", sums.unrealized),
                ("long_exposure", sums.long), ("short_exposure", sums.short), ("gross_exposure", sums.gross),
                ("net_exposure", sums.marketValue),
            ] {
                json.key(name)
                json.fixed(amount)
            }
            if let daily {
                json.key("daily")
                json.fixed(daily)
            }
            for (name, figure) in [
                ("leverage", equity > .zero ? sums.gross.double / equity.double : nil),
                ("total_return", totalReturn), ("drawdown", drawdown), ("max_drawdown", maxDrawdown),
            ] as [(String, Double?)] { json.field(name, figure ?? .nan) }
            json.strings("unpriced", unpriced.map(\.text))
            json.object("rolling") { json in
                json.field("returns", rolling?.window ?? 0)
                json.field("volatility", rolling?.volatility.last ?? .nan)
                json.field("sharpe_ratio", rolling?.sharpeRatio.last ?? .nan)
                json.field("sortino_ratio", rolling?.sortinoRatio.last ?? .nan)
                json.field("max_drawdown", rolling?.maxDrawdown.last ?? .nan)
            }
        }
    }
}
