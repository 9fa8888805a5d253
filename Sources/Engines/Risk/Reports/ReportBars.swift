import EngineKit
import Market
import Runtime

/// Stored daily bars for reports, kept for a minute: a dashboard asks for nine views of the same holdings.
@LoopActor final class ReportBars {
    /// Three years of trading days and one.
    private static let count = 757
    private static let lifeNanoseconds: Int64 = 60_000_000_000

    private let context: EngineContext
    private var known: [String: (bars: BarColumns, end: Timestamp, at: Int64)] = [:]

    init(_ context: EngineContext) { self.context = context }

    /// Bars of instruments up to a time, on the days that all of them have. Throws `Problem` 503 when market data is away.
    func aligned(_ symbols: [String], to end: Timestamp) async throws -> AlignedBars {
        let now = context.clock.monotonic
        known = known.filter { now - $0.value.at < Self.lifeNanoseconds }
        let wanted = symbols.filter { known[$0]?.end != end }.compactMap { Symbol($0) }
        for symbol in wanted {
            known[symbol.text] = (try await BarsClient(context).bars(symbol, .day1, to: end, last: Self.count), end, now)
        }
        let found = symbols.compactMap { name in known[name].map { (symbol: name, bars: $0.bars) } }
        return await context.compute { AlignedBars(found) }
    }
}
