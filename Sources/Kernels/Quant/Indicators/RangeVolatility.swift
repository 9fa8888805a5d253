/// `realized_volatility(x,n,periods)`: √(periods · mean of the squares of the last n logarithmic returns); no mean is
/// taken off. Defaults 20 and 252, look-back n. Exact.
public struct RealizedVolatility: Kernel {
    private let scale: Double
    private var previous = Double.nan
    private var squares: WindowSum

    /// Period of at least 1; `periods` bars make a year.
    public init(period: Int, periods: Double) {
        squares = WindowSum(period)
        scale = periods / Double(period)
    }

    /// n.
    public var scratchCount: Int { squares.period }
    /// n.
    public var lookBack: Int { squares.period }

    /// Takes the next value; null while a value at or below 0 is in the window.
    @inline(__always)
    public mutating func step(_ value: Double, _ scratch: Scratch) -> Double {
        let change = LogRatio.of(value, previous)
        previous = value
        return (squares.push(change * change, scratch) * scale).squareRoot()
    }
}

/// Logarithms of ratios of prices.
enum LogRatio {
    /// ln(x/y), null where it is not a finite number.
    @inline(__always)
    static func of(_ x: Double, _ y: Double) -> Double {
        let value = NaturalLogarithm.of(x / y)
        return value.isFinite ? value : .nan
    }
}

/// `parkinson(n,periods)`: √(periods/(4·ln 2) · mean of ln²(high/low)) over n bars (Parkinson 1980). Defaults 20 and
/// 252, look-back n − 1. Exact.
public struct ParkinsonVolatility: Kernel {
    private let scale: Double
    private var squares: WindowSum

    /// Period of at least 1; `periods` bars make a year.
    public init(period: Int, periods: Double) {
        squares = WindowSum(period)
        scale = periods / (4 * NaturalLogarithm.of(2) * Double(period))
    }

    /// n.
    public var scratchCount: Int { squares.period }
    /// n − 1.
    public var lookBack: Int { squares.period - 1 }

    /// Takes the next high (x) and low (y).
    @inline(__always)
    public mutating func step(_ bar: Pair, _ scratch: Scratch) -> Double {
        let range = LogRatio.of(bar.x, bar.y)
        return (squares.push(range * range, scratch) * scale).squareRoot()
    }
}

/// `garman_klass(n,periods)`: √(periods · mean of ½·ln²(high/low) − (2·ln 2 − 1)·ln²(close/open)) over n bars (Garman,
/// Klass 1980). Defaults 20 and 252, look-back n − 1; 0 where the mean is below 0. Exact.
public struct GarmanKlassVolatility: Kernel {
    private let scale: Double
    private let share: Double
    private var sum: WindowSum

    /// Period of at least 1; `periods` bars make a year.
    public init(period: Int, periods: Double) {
        sum = WindowSum(period)
        scale = periods / Double(period)
        share = 2 * NaturalLogarithm.of(2) - 1
    }

    /// n.
    public var scratchCount: Int { sum.period }
    /// n − 1.
    public var lookBack: Int { sum.period - 1 }

    /// Takes the next bar.
    @inline(__always)
    public mutating func step(_ bar: PriceBar, _ scratch: Scratch) -> Double {
        let range = LogRatio.of(bar.high, bar.low)
        let body = LogRatio.of(bar.close, bar.open)
        let total = sum.push(0.5 * range * range - share * body * body, scratch)
        return ((total < 0 ? 0 : total) * scale).squareRoot()
    }
}

/// `yang_zhang(n,periods)`: √(periods · (o + k·c + (1 − k)·r)) over n bars: o the sample variance of ln(open/close
/// before), c that of ln(close/open), r the mean of ln(high/close)·ln(high/open) + ln(low/close)·ln(low/open), k =
/// 0.34/(1.34 + (n + 1)/(n − 1)) (Yang, Zhang 2000). Defaults 20 and 252, look-back n. Exact.
public struct YangZhangVolatility: Kernel {
    private let share: Double
    private let periods: Double
    private var previousClose = Double.nan
    private var overnight: WindowMoments
    private var session: WindowMoments
    private var drift: WindowSum

    /// Period of at least 2; `periods` bars make a year.
    public init(period: Int, periods: Double) {
        overnight = WindowMoments(period)
        session = WindowMoments(period)
        drift = WindowSum(period)
        self.periods = periods
        share = 0.34 / (1.34 + Double(period + 1) / Double(period - 1))
    }

    /// 5n.
    public var scratchCount: Int { 5 * drift.period }
    /// n.
    public var lookBack: Int { drift.period }

    /// Takes the next bar.
    @inline(__always)
    public mutating func step(_ bar: PriceBar, _ scratch: Scratch) -> Double {
        let gap = LogRatio.of(bar.open, previousClose)
        previousClose = bar.close
        let body = LogRatio.of(bar.close, bar.open)
        let up = LogRatio.of(bar.high, bar.open)
        let down = LogRatio.of(bar.low, bar.open)
        let period = drift.period
        let opens = overnight.push(gap, scratch).deviations
        let bodies = session.push(body, scratch + 2 * period).deviations
        let ranges = drift.push((up - body) * up + (down - body) * down, scratch + 4 * period)
        let sample = Double(period - 1)
        let variance = opens / sample + share * bodies / sample + (1 - share) * ranges / Double(period)
        return ((variance < 0 ? 0 : variance) * periods).squareRoot()
    }
}
