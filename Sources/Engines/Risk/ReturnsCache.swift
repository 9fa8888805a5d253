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

    init(_ context: EngineContext) { self.context = context }

    /// Simple returns by symbol, cut to one length; a symbol without stored bars is left out.
    func returns(of symbols: [String]) async -> [String: [Double]] {
        var found: [String: [Double]] = [:]
        for symbol in symbols { if let column = await self.returns(of: symbol) { found[symbol] = column } }
        let shortest = found.values.map(\.count).min() ?? 0
        return found.mapValues { $0.count == shortest ? $0 : Array($0.suffix(shortest)) }
    }

    private func returns(of symbol: String) async -> [Double]? {
        if let entry = known[symbol], context.clock.monotonic - entry.at < Self.lifeNanoseconds { return entry.returns }
        guard let name = Symbol(symbol),
              let bars = try? await BarsClient(context).bars(name, .day1, last: Self.bars) else { return nil }
        let closes = bars.close.filter { $0.isFinite && $0 > 0 }
        let returns = closes.count > 2 ? zip(closes.dropFirst(), closes).map { $0 / $1 - 1 } : nil
        known[symbol] = (returns, context.clock.monotonic)
        return returns
    }
}
