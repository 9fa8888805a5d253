/// Bars of one instrument as columns of equal length; a null is NaN.
public struct Bars: Sendable, Equatable {
    /// Times in epoch nanoseconds, strictly rising.
    public var ts: [Int64]
    /// First prices.
    public var open: [Double]
    /// Highest prices.
    public var high: [Double]
    /// Lowest prices.
    public var low: [Double]
    /// Last prices.
    public var close: [Double]
    /// Quantities traded.
    public var volume: [Double]
    /// The bars' own volume-weighted prices, where the source has them.
    public var vwap: [Double]?
    /// Market capitalisations in currency, where the source has them.
    public var cap: [Double]?
    /// Columns made of facts, each as long as the others.
    public var fundamentals: [Column: [Double]] = [:]

    /// Columns of equal length; one that is empty while `ts` is not is all null. Anything else is refused.
    public init(
        ts: [Int64], open: [Double] = [], high: [Double] = [], low: [Double] = [], close: [Double],
        volume: [Double] = [], vwap: [Double]? = nil, cap: [Double]? = nil
    ) throws(QuantError) {
        let count = ts.count
        for column in [open, high, low, close, volume, vwap ?? [], cap ?? []] where !column.isEmpty && column.count != count {
            throw QuantError(.data, "a column has \(column.count) values and ts has \(count)")
        }
        for index in ts.indices.dropFirst() where ts[index] <= ts[index - 1] {
            throw QuantError(.data, "ts does not rise at index \(index)")
        }
        func full(_ column: [Double]) -> [Double] {
            column.isEmpty ? [Double](repeating: .nan, count: count) : column
        }
        self.ts = ts
        self.open = full(open)
        self.high = full(high)
        self.low = full(low)
        self.close = full(close)
        self.volume = full(volume)
        self.vwap = vwap.map(full)
        self.cap = cap.map(full)
    }

    /// Number of bars.
    public var count: Int { ts.count }

    /// One column; `vwap` falls back bar by bar to (high + low + close)/3.
    public func values(_ column: Column) -> [Double] {
        switch column {
        case .open: open
        case .high: high
        case .low: low
        case .close: close
        case .volume: volume
        case .vwap: vwapOrTypical()
        case .cap: cap ?? [Double](repeating: .nan, count: count)
        default: fundamentals[column] ?? [Double](repeating: .nan, count: count)
        }
    }

    private func vwapOrTypical() -> [Double] {
        (0..<count).map { row in
            Self.vwapOrTypical(vwap?[row] ?? .nan, high: high[row], low: low[row], close: close[row])
        }
    }

    /// A bar's own price where it has one, else (high + low + close)/3.
    @inline(__always)
    static func vwapOrTypical(_ own: Double, high: Double, low: Double, close: Double) -> Double {
        own == own ? own : (high + low + close) / 3
    }
}
