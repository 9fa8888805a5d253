/// `vortex(n)`: outputs `plus` and `minus`: Σ|high − low before| and Σ|low − high before| over n bars, as shares of Σ
/// true range (Botes, Siepman 2010). Default 14, look-back n; 0 where nothing has moved. Exact.
public struct Vortex: Kernel {
    private var previous = Triple(.nan, .nan, .nan)
    private var moves: WindowSums
    private var range: WindowSum

    /// Period of at least 1.
    public init(period: Int) {
        moves = WindowSums(period)
        range = WindowSum(period)
    }

    /// 3n.
    public var scratchCount: Int { 3 * range.period }
    /// n.
    public var lookBack: Int { range.period }

    /// Takes the next bar.
    @inline(__always)
    public mutating func step(_ bar: Triple, _ scratch: Scratch) -> TwoValues {
        let before = previous
        previous = bar
        let top = before.close > bar.high ? before.close : bar.high
        let bottom = before.close < bar.low ? before.close : bar.low
        // A null anywhere in either bar spoils all three.
        let spoiled = (before.close - before.close) + (bar.close - bar.close)
        let rise = abs(bar.high - before.low) + spoiled
        let fall = abs(bar.low - before.high) + spoiled
        let spread = (rise - rise) + (fall - fall)
        let (ups, downs) = moves.push(rise + spread, fall + spread, scratch)
        let ranges = range.push(top - bottom + spread, scratch + moves.scratchCount)
        return ranges == 0 ? TwoValues(0, 0) : TwoValues(ups / ranges, downs / ranges)
    }
}

/// `choppiness(n)`: 100·log₁₀(Σ true range/(highest high − lowest low))/log₁₀ n over n bars (Dreiss 1993). Default 14,
/// look-back n; null where nothing has moved. Exact.
public struct Choppiness: Kernel {
    private let scale: Double
    private var previousClose = Double.nan
    private var range: WindowSum
    private var window: WindowRange

    /// Period of at least 2.
    public init(period: Int) {
        range = WindowSum(period)
        window = WindowRange(period)
        scale = 100 / NaturalLogarithm.of(Double(period))
    }

    /// 3n.
    public var scratchCount: Int { 3 * range.period }
    /// n.
    public var lookBack: Int { range.period }

    /// Takes the next bar.
    @inline(__always)
    public mutating func step(_ bar: Triple, _ scratch: Scratch) -> Double {
        let close = previousClose
        previousClose = bar.close
        let top = close > bar.high ? close : bar.high
        let bottom = close < bar.low ? close : bar.low
        let spoiled = (bar.high - bar.high) + (bar.low - bar.low) + (close - close) + (bar.close - bar.close)
        let way = range.push(top - bottom + spoiled, scratch)
        let (peak, trough) = window.push(bar.high, bar.low, scratch + range.period)
        guard way == way, peak > trough, way > 0 else { return .nan }
        return NaturalLogarithm.of(way / (peak - trough)) * scale
    }
}
