/// The values of one bar; a null is NaN.
public struct BarValues: Sendable, Equatable {
    /// First price.
    public var open: Double
    /// Highest price.
    public var high: Double
    /// Lowest price.
    public var low: Double
    /// Last price.
    public var close: Double
    /// Quantity traded.
    public var volume: Double
    /// The bar's own volume-weighted price, NaN where the source has none.
    public var vwap: Double
    /// Market capitalisation, NaN where the source has none.
    public var cap: Double

    /// A bar.
    public init(
        open: Double, high: Double, low: Double, close: Double, volume: Double, vwap: Double = .nan,
        cap: Double = .nan
    ) {
        self.open = open
        self.high = high
        self.low = low
        self.close = close
        self.volume = volume
        self.vwap = vwap
        self.cap = cap
    }

    /// Row `row` of columns.
    public init(_ bars: Bars, row: Int) {
        self.init(
            open: bars.open[row], high: bars.high[row], low: bars.low[row], close: bars.close[row],
            volume: bars.volume[row], vwap: bars.vwap?[row] ?? .nan, cap: bars.cap?[row] ?? .nan)
    }

    func value(_ column: Column) -> Double {
        switch column {
        case .open: open
        case .high: high
        case .low: low
        case .close: close
        case .volume: volume
        case .vwap: Bars.vwapOrTypical(vwap, high: high, low: low, close: close)
        case .cap: cap
        default: .nan
        }
    }
}
