extension IndicatorCatalog {
    /// Averages and bands: on the scale of the series itself.
    static let overlap: [FunctionDefinition] = [
        indicator("sma", "overlap", series, [period(30)], "Simple moving average; TA-Lib SMA.") {
            Stage(SimpleMovingAverage(period: $0.int(0)))
        },
        indicator("ema", "overlap", series, [period(30)], "Exponential moving average, SMA seed; TA-Lib EMA.",
            stability: .converging
        ) {
            Stage(ExponentialMovingAverage(period: $0.int(0)))
        },
        indicator("wma", "overlap", series, [period(30)], "Linearly weighted moving average; TA-Lib WMA.") {
            Stage(WeightedMovingAverage(period: $0.int(0)))
        },
        indicator("dema", "overlap", series, [period(30, from: 2)],
            "Double exponential moving average; Mulloy 1994, TA-Lib DEMA.", stability: .converging
        ) {
            Stage(DoubleExponentialAverage(period: $0.int(0)))
        },
        indicator("tema", "overlap", series, [period(30, from: 2)],
            "Triple exponential moving average; Mulloy 1994, TA-Lib TEMA.", stability: .converging
        ) {
            Stage(TripleExponentialAverage(period: $0.int(0)))
        },
        indicator("trima", "overlap", series, [period(30, from: 2)], "Triangular moving average; TA-Lib TRIMA.") {
            Stage(TriangularMovingAverage(period: $0.int(0)))
        },
        indicator("kama", "overlap", series, [period(30, from: 2)],
            "Kaufman's adaptive moving average; Kaufman 1995, TA-Lib KAMA.", stability: .converging
        ) {
            Stage(KaufmanAdaptiveAverage(period: $0.int(0)))
        },
        indicator("mama", "overlap", series,
            [real("fastlimit", 0.5, 0.01...0.99), real("slowlimit", 0.05, 0.01...0.99)],
            "MESA adaptive moving average; Ehlers 2001, TA-Lib MAMA.", outputs: ["mama", "fama"],
            stability: .converging
        ) {
            Stage(MesaAdaptiveAverage(fast: $0.values[0], slow: $0.values[1]))
        },
        indicator("t3", "overlap", series, [period(5, from: 2), real("vfactor", 0.7, 0...1)],
            "Tillson's T3; Tillson 1998, TA-Lib T3.", stability: .converging
        ) {
            Stage(TillsonAverage(period: $0.int(0), factor: $0.values[1]))
        },
        indicator("ma", "overlap", series, [period(30), average()],
            "Moving average of a kind chosen by number; TA-Lib MA."
        ) {
            $0.int(1) == 0
                ? Stage(SimpleMovingAverage(period: $0.int(0)))
                : Stage(SelectedAverage(kind: $0.int(1), period: $0.int(0)))
        },
        indicator("ht_trendline", "overlap", series, [],
            "Trend line without the dominant cycle; Ehlers 2001, TA-Lib HT_TRENDLINE.", stability: .converging
        ) { _ in
            Stage(HilbertTrendline())
        },
        indicator("midpoint", "overlap", series, [period(14, from: 2)],
            "Middle of the highest and lowest value; TA-Lib MIDPOINT."
        ) {
            Stage(MidPoint(period: $0.int(0)))
        },
        indicator("midprice", "overlap", range, [period(14, from: 2)],
            "Middle of the highest high and lowest low; TA-Lib MIDPRICE."
        ) {
            Stage(MidPrice(period: $0.int(0)))
        },
        indicator("bbands", "overlap", series,
            [period(20, from: 2), real("nbdevup", 2), real("nbdevdn", 2), average()],
            "Bollinger bands, population deviation; Bollinger 1983, TA-Lib BBANDS.",
            outputs: ["upper", "middle", "lower"]
        ) {
            Stage(BollingerBands(period: $0.int(0), up: $0.values[1], down: $0.values[2], kind: $0.int(3)))
        },
        indicator("accbands", "overlap", bar, [period(20, from: 2)],
            "Acceleration bands; Headley 2002, TA-Lib ACCBANDS.", outputs: ["upper", "middle", "lower"]
        ) {
            Stage(AccelerationBands(period: $0.int(0)))
        },
        indicator("sar", "overlap", range, [real("acceleration", 0.02, 0...3e37), real("maximum", 0.2, 0...3e37)],
            "Parabolic stop and reverse; Wilder 1978, TA-Lib SAR.", stability: .startDependent
        ) {
            Stage(ParabolicStopAndReverse(acceleration: $0.values[0], maximum: $0.values[1]))
        },
        indicator("sarext", "overlap", range,
            [
                real("startvalue", 0), real("offsetonreverse", 0, 0...3e37),
                real("accelerationinitlong", 0.02, 0...3e37), real("accelerationlong", 0.02, 0...3e37),
                real("accelerationmaxlong", 0.2, 0...3e37), real("accelerationinitshort", 0.02, 0...3e37),
                real("accelerationshort", 0.02, 0...3e37), real("accelerationmaxshort", 0.2, 0...3e37),
            ],
            "Parabolic stop with rates apart for long and short, short ones negative; TA-Lib SAREXT.",
            stability: .startDependent
        ) {
            Stage(ExtendedParabolicStop($0.values))
        },
    ]
}
