/// What is read off the least-squares line through the last n values, time counted in bars from the oldest.
protocol LineReading: Sendable {
    /// The value for n values, their mean and the slope.
    static func value(count: Double, mean: Double, slope: Double) -> Double
}

/// `linearreg(x,n)`: the line at the newest bar. TA-Lib LINEARREG.
enum LineEnd: LineReading {
    @inline(__always)
    static func value(count: Double, mean: Double, slope: Double) -> Double { mean + slope * (count - 1) / 2 }
}

/// `linearreg_slope(x,n)`: rise a bar. TA-Lib LINEARREG_SLOPE.
enum LineSlope: LineReading {
    @inline(__always)
    static func value(count: Double, mean: Double, slope: Double) -> Double { slope }
}

/// `linearreg_intercept(x,n)`: the line at the oldest bar. TA-Lib LINEARREG_INTERCEPT.
enum LineIntercept: LineReading {
    @inline(__always)
    static func value(count: Double, mean: Double, slope: Double) -> Double { mean - slope * (count - 1) / 2 }
}

/// `linearreg_angle(x,n)`: the slope as an angle in degrees. TA-Lib LINEARREG_ANGLE.
enum LineAngle: LineReading {
    @inline(__always)
    static func value(count: Double, mean: Double, slope: Double) -> Double { Angle.arcTangent(slope) * Angle.degrees }
}

/// `tsf(x,n)`: the line one bar after the newest. TA-Lib TSF.
enum LineForecast: LineReading {
    @inline(__always)
    static func value(count: Double, mean: Double, slope: Double) -> Double { mean + slope * (count + 1) / 2 }
}

/// `linearreg_slope linearreg_intercept linearreg_angle tsf` of a series over n values: default 14, look-back n − 1.
/// Exact.
struct RegressionLine<Reading: LineReading>: Kernel {
    private let count: Double
    private let inverse: Double
    private let sumWeight: Double
    private let trendWeight: Double
    private var window: WindowTrend

    /// Period of at least 2.
    init(period: Int) {
        window = WindowTrend(period)
        count = Double(period)
        inverse = 1 / count
        let scale = 1 / (count * (count * count - 1))
        trendWeight = 12 * scale
        sumWeight = 6 * (count + 1) * scale
    }

    var scratchCount: Int { window.scratchCount }
    var lookBack: Int { window.period - 1 }

    @inline(__always)
    mutating func step(_ value: Double, _ scratch: Scratch) -> Double {
        let trend = window.push(value, scratch)
        let slope = trend.weighted * trendWeight - trend.sum * sumWeight
        return Reading.value(count: count, mean: trend.pivot + trend.sum * inverse, slope: slope)
    }
}
