import Market
import Numerics
import Quant

/// A made-up portfolio under a limit of every type. How long a check before trade takes is measured on it: the check is
/// the one that orders get, without the bus and the records.
public struct PreTradeRehearsal {
    private var state = RiskState()
    private let symbols: [Symbol]
    private let plan: LimitPlan
    private static let portfolio = "rehearsal"

    /// As many positions as said, each with a year of daily returns, and an equity curve of ten years; the same numbers
    /// every time.
    public init(positions count: Int) {
        let random = Philox(seed: 17), days = 252
        symbols = (0..<count).compactMap { Symbol("S\($0)") }
        plan = LimitPlan(LimitType.allCases.filter { $0 != .expression }.map { type in
            Limit(id: type.rawValue, type: type, threshold: 1e12, scope: .all, minimum: nil, softThreshold: nil,
                  expression: nil, warnAt: 0.8, method: .parametric, confidence: 0.99, horizonDays: 1,
                  participation: 0.2, benchmark: type == .beta ? "MARKET" : nil, isActive: true)
        })
        let market = (0..<days).map { 0.008 * random.normal(UInt64($0), stream: 0) }
        var returns: [String: [Double]] = [:]
        for (index, symbol) in symbols.enumerated() {
            returns[symbol.text] = market.indices.map { day in
                market[day] + 0.012 * random.normal(UInt64(day), stream: UInt64(index + 1))
            }
        }
        state.scenarios = [["*": -0.2], ["sector:2": -0.4, "S1": -0.5, "*": -0.1], ["*": 0.1]]
        fill(random)
        let volumes = returns.mapValues { _ in [MeanVolume(days: MeanVolume.usualDays, stored: 20, mean: 1e6)] }
        state.setHistory(
            MarketHistory(
                needs: plan.needs.history, returns: returns, benchmarks: ["MARKET": BenchmarkReturns(market)],
                volumes: volumes),
            asked: Set(returns.keys), of: Self.portfolio, at: 0)
    }

    private mutating func fill(_ random: Philox) {
        for (index, symbol) in symbols.enumerated() {
            state.apply(InstrumentFacts(sector: "\(index % 11)", averageDailyVolume: nil), of: symbol)
            let price = 20 + 5 * abs(random.normal(UInt64(index), stream: 1 << 20))
            for (day, value) in [price * 0.99, price].enumerated() {
                state.apply(Bar(symbol: symbol, timeframe: .day1, time: Timestamp(seconds: Int64(day) * 86_400),
                    open: value,
                                high: value, low: value, close: value, volume: 1e6))
            }
            state.apply(PositionUpdate(
                portfolioID: Self.portfolio, symbol: symbol, quantity: FixedPoint(index % 7 * 100 - 250),
                averageCost: FixedPoint(20), price: nil, realized: .zero, time: Timestamp(seconds: 0)))
        }
        var equity = 10_000_000.0
        for day in 0..<2520 {
            equity *= 1 + 0.01 * random.normal(UInt64(day), stream: 1 << 21)
            state.apply(PortfolioValue(
                portfolioID: Self.portfolio, time: Timestamp(seconds: Int64(day) * 86_400),
                    cash: FixedPoint(equity) ?? .zero,
                marketValue: .zero, realized: .zero, unrealized: .zero, netDeposits: .zero, trades: 0))
        }
    }

    /// A new price of an instrument, and a fill of 100 told as a position, each of its own for a number.
    public mutating func move(_ number: Int) {
        let symbol = symbols[number * 61 % symbols.count]
        let price = 25 + 0.01 * Double(number % 100)
        state.apply(Bar(symbol: symbol, timeframe: .minute1, time: Timestamp(seconds: 200_000 + Int64(number)),
                        open: price, high: price, low: price, close: price, volume: 1))
        let other = symbols[number * 97 % symbols.count]
        state.apply(PositionUpdate(
            portfolioID: Self.portfolio, symbol: other, quantity: FixedPoint(100 + number % 300),
            averageCost: FixedPoint(20), price: nil, realized: .zero, time: Timestamp(seconds: 0)))
    }

    /// Judges an order of its own for each number; returns how many limits it passes.
    public mutating func check(_ number: Int) -> Int {
        let symbol = symbols[number * 37 % symbols.count]
        let order = RiskOrder(symbol: symbol.text, quantity: number % 2 == 0 ? 100 : -100, price: 25)
        let rate = state.countCheck(Self.portfolio, at: Int64(number) * 1_000_000_000)
        guard let figures = state.figures(
            of: Self.portfolio, order: order, symbol: symbol, rate: rate, plan.needs) else { return 0 }
        return plan.judge(figures).count { $0.verdict != .breach }
    }
}
