/// Two quantiles and the rank of one window: `ts_quantile` twice and `ts_rank`, put in order once.
struct OrderFamily: WindowFamily {
    private var window: SortedWindow
    private let fractions: (first: Double, second: Double)
    private let places: (first: QuantilePlace, second: QuantilePlace)

    init(period: Int, _ first: Double, _ second: Double) {
        window = SortedWindow(period)
        fractions = (first, second)
        places = (QuantilePlace(first, count: period), QuantilePlace(second, count: period))
    }

    var scratchCount: Int { window.scratchCount }
    var lookBack: Int { window.period - 1 }

    func statistic(_ index: Int) -> WindowScan.Statistic {
        switch index {
        case 0: .quantile(fractions.first)
        case 1: .quantile(fractions.second)
        default: .rank
        }
    }

    @inline(__always)
    mutating func step(_ value: Double, _ scratch: Scratch) -> ThreeValues {
        let below = window.push(value, scratch)
        guard window.isFull else { return .null }
        return ThreeValues(
            places.first.value(window, scratch), places.second.value(window, scratch),
            TimeSeriesRank.rank(value, below: below, window, scratch))
    }
}

/// The least-squares line of one window and its deviation: `ts_slope`, `ts_rsquare`, `ts_resi`, `ts_stddev`.
struct LineFamily: WindowFamily {
    private var window: WindowLine

    init(period: Int) { window = WindowLine(period) }

    var scratchCount: Int { window.scratchCount }
    var lookBack: Int { window.period - 1 }

    func statistic(_ index: Int) -> WindowScan.Statistic {
        switch index {
        case 0: .slope
        case 1: .rsquare
        case 2: .residual
        default: .deviation
        }
    }

    @inline(__always)
    mutating func step(_ value: Double, _ scratch: Scratch) -> FourValues {
        let (line, slope, deviations) = window.push(value, scratch)
        return FourValues(
            slope, TimeSeriesRSquare.share(slope, deviations, period: window.period),
            TimeSeriesResidual.residual(value, line, slope, period: window.period),
            TimeSeriesDeviation.deviation(deviations, period: window.period))
    }
}

/// Outputs of a family of four.
struct FourValues: FamilyOutput, BitwiseCopyable, Sendable {
    private let values: (Double, Double, Double, Double)
    static var width: Int { 4 }
    @inline(__always)
    init(_ first: Double, _ second: Double, _ third: Double, _ fourth: Double) {
        values = (first, second, third, fourth)
    }
    @inline(__always)
    init(_ sinks: Sinks, _ row: Int) {
        values = (sinks.first[row], sinks.second[row], sinks.third[row], sinks.fourth[row])
    }
    @inline(__always)
    func store(in sinks: Sinks, _ row: Int) {
        sinks.first[row] = values.0
        sinks.second[row] = values.1
        sinks.third[row] = values.2
        sinks.fourth[row] = values.3
    }
    func map(_ each: (_ index: Int, _ value: Double) -> Double) -> FourValues {
        FourValues(each(0, values.0), each(1, values.1), each(2, values.2), each(3, values.3))
    }
}

extension ThreeValues: FamilyOutput {
    @inline(__always)
    init(_ sinks: Sinks, _ row: Int) { self.init(sinks.first[row], sinks.second[row], sinks.third[row]) }
    func map(_ each: (_ index: Int, _ value: Double) -> Double) -> ThreeValues {
        ThreeValues(each(0, first), each(1, second), each(2, third))
    }
}
