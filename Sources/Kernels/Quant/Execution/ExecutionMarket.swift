/// The market around orders as bars tell it: what they are measured against.
///
/// A bar's close is known when the bar is over; orders that are decided on a bar bear its own time, and for them the
/// close counts then. Averages are of typical prices, (high + low + close)/3, of bars after arrival up to the last
/// fill.
public struct ExecutionMarket: Sendable {
    /// Closes, at the time that each is known.
    public let path: MarketPath
    private let byVolume: MarketPath, byTime: MarketPath
    private let known: Int64

    /// Bars in columns; one whose close is not above 0, or known after all times there are, is left out. `known` is how
    /// long after a bar's time its close is known, in nanoseconds. Throws `.data` where times do not rise.
    public init(
        times: [Int64], high: [Double], low: [Double], close: [Double], volume: [Double], known: Int64
    ) throws(QuantError) {
        let rows = times.indices.filter {
            close[$0].isFinite && close[$0] > 0 && !times[$0].addingReportingOverflow(known).overflow
        }
        let ends = rows.map { times[$0] + known }
        let typical = rows.map { row in
            let value = (high[row] + low[row] + close[row]) / 3
            return value.isFinite && value > 0 ? value : close[row]
        }
        let volumes = rows.map { volume[$0] }
        let isTraded = volumes.allSatisfy { $0.isFinite && $0 >= 0 }
        self.known = known
        path = try MarketPath(times: ends, prices: rows.map { close[$0] })
        byVolume = try MarketPath(times: ends, prices: typical, volumes: isTraded ? volumes : nil)
        byTime = try MarketPath(times: ends, prices: typical, volumes: rows.map { _ in 1 })
    }

    /// The order with the prices it met: arrival at `start`, averages from there to `last`, the close after it.
    public func measured(_ order: ExecutedOrder, from start: Int64, to last: Int64) -> ExecutedOrder {
        var order = order
        let end = max(start, last), first = TimeSpan.time(1, after: start), until = TimeSpan.time(known, after: end)
        order.arrival = path.price(at: start)
        order.vwap = byVolume.volumeWeighted(from: first, to: until)
        order.twap = byTime.volumeWeighted(from: first, to: until)
        order.close = path.price(from: end)
        return order
    }
}
