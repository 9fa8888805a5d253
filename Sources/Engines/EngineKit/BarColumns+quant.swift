public import Market
public import Quant

// Stored bars and bars off the bus, as the kernels take them: every column that a feature may read comes along, so that
// a value of the stored bars, of a replay and of a batch is the same.

extension Bars {
    /// Stored bars.
    public init(_ stored: BarColumns) throws(QuantError) {
        try self.init(
            ts: stored.times, open: stored.open, high: stored.high, low: stored.low, close: stored.close,
            volume: stored.volume, vwap: stored.vwap)
    }
}

extension BarValues {
    /// A bar off the bus.
    public init(_ bar: Bar) {
        self.init(
            open: bar.open, high: bar.high, low: bar.low, close: bar.close, volume: bar.volume, vwap: bar.vwap)
    }

    /// A stored bar.
    public init(_ stored: BarColumns, row: Int) {
        self.init(
            open: stored.open[row], high: stored.high[row], low: stored.low[row], close: stored.close[row],
            volume: stored.volume[row], vwap: stored.vwap?[row] ?? .nan)
    }
}
