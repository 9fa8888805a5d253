extension IndicatorCatalog {
    private static func line<Reading: LineReading>(
        _ name: String, _ reference: String, _ reading: Reading.Type
    ) -> FunctionDefinition {
        indicator(name, "statistic", series, [period(14, from: 2)], reference) {
            Stage(RegressionLine<Reading>(period: $0.int(0)))
        }
    }

    /// Statistics of windows.
    static let statistics: [FunctionDefinition] = [
        indicator("stddev", "statistic", series, [period(5, from: 2), real("nbdev", 1)],
            "Population standard deviation (ddof 0); TA-Lib STDDEV."
        ) {
            Stage(StandardDeviation(period: $0.int(0), deviations: $0.values[1]))
        },
        indicator("var", "statistic", series, [period(5), real("nbdev", 1)],
            "Population variance (ddof 0); TA-Lib VAR, whose second parameter changes nothing."
        ) {
            Stage(Variance(period: $0.int(0)))
        },
        indicator("avgdev", "statistic", series, [period(14, from: 2)],
            "Mean absolute deviation from the mean; TA-Lib AVGDEV."
        ) {
            Stage(AverageDeviation(period: $0.int(0)))
        },
        indicator("linearreg", "statistic", series, [period(14, from: 2)],
            "End of the least-squares line; TA-Lib LINEARREG."
        ) {
            Stage(LinearRegression(period: $0.int(0)))
        },
        line("linearreg_slope", "Slope of the least-squares line; TA-Lib LINEARREG_SLOPE.", LineSlope.self),
        line("linearreg_intercept", "Start of the least-squares line; TA-Lib LINEARREG_INTERCEPT.", LineIntercept.self),
        line("linearreg_angle", "Slope of the line in degrees; TA-Lib LINEARREG_ANGLE.", LineAngle.self),
        line("tsf", "The line one bar ahead; TA-Lib TSF.", LineForecast.self),
        indicator("beta", "statistic", pair, [period(5)],
            "Slope of the second's returns on the first's; TA-Lib BETA."
        ) {
            Stage(Beta(period: $0.int(0)))
        },
        indicator("correl", "statistic", pair, [period(30)], "Pearson correlation; TA-Lib CORREL.") {
            Stage(Correlation(period: $0.int(0)))
        },
        indicator("minmax", "statistic", series, [period(30, from: 2)], "Smallest and largest value; TA-Lib MINMAX.",
            outputs: ["min", "max"]
        ) {
            Stage(MinMax(period: $0.int(0)))
        },
        indicator("sum", "statistic", series, [period(30, from: 2)], "Sum; TA-Lib SUM.") {
            Stage(TimeSeriesSum(period: $0.int(0)))
        },
    ]
}
