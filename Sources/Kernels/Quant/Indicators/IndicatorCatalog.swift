/// The technical indicators, in alphabetical order of their names.
public enum IndicatorCatalog {
    /// Every indicator.
    public static let all: [FunctionDefinition] = (overlap + momentum + volatility + volume + statistic)
        .sorted { $0.name < $1.name }

    /// The definition of a name.
    public static func definition(_ name: String) -> FunctionDefinition? { FunctionCatalog.byName[name] }

    private static func period(_ value: Double, from low: Double = 1, _ name: String = "timeperiod")
        -> FunctionParameter {
        FunctionParameter(name, value, low...TALib.largestPeriod)
    }

    private static func average(_ name: String) -> FunctionParameter {
        FunctionParameter(name, 0, 0...8, .averageKind)
    }

    private static func indicator(
        _ name: String, _ category: String, _ inputs: [String], _ parameters: [FunctionParameter],
        _ reference: String, outputs: [String]? = nil, _ make: @escaping @Sendable (FunctionArguments) -> Stage
    ) -> FunctionDefinition {
        FunctionDefinition(
            name: name, category: category, inputs: inputs, parameters: parameters, outputs: outputs ?? [name],
            reference: reference, takesMinPeriods: false, operation: .stage(make))
    }

    private static let series = [FunctionDefinition.series]
    private static let bar = ["high", "low", "close"]
    private static let barVolume = ["high", "low", "close", "volume"]

    private static let overlap: [FunctionDefinition] = [
        indicator("sma", "overlap", series, [period(30)], "Simple moving average; TA-Lib SMA.") {
            Stage(SimpleMovingAverage(period: $0.int(0)))
        },
        indicator("ema", "overlap", series, [period(30)], "Exponential moving average, SMA seed; TA-Lib EMA.") {
            Stage(ExponentialMovingAverage(period: $0.int(0)))
        },
        indicator("wma", "overlap", series, [period(30)], "Linearly weighted moving average; TA-Lib WMA.") {
            Stage(WeightedMovingAverage(period: $0.int(0)))
        },
        indicator(
            "bbands", "overlap", series,
            [
                period(5, from: 2), FunctionParameter("nbdevup", 2, -3e37...3e37, .real),
                FunctionParameter("nbdevdn", 2, -3e37...3e37, .real), average("matype"),
            ], "Bollinger bands, population deviation; Bollinger 1983, TA-Lib BBANDS.",
            outputs: ["upper", "middle", "lower"]
        ) {
            Stage(BollingerBands(period: $0.int(0), up: $0.values[1], down: $0.values[2], kind: $0.int(3)))
        },
    ]

    private static let momentum: [FunctionDefinition] = [
        indicator("rsi", "momentum", series, [period(14, from: 2)],
            "Relative strength index; Wilder 1978, TA-Lib RSI."
        ) {
            Stage(RelativeStrengthIndex(period: $0.int(0)))
        },
        indicator(
            "macd", "momentum", series,
            [period(12, from: 2, "fastperiod"), period(26, from: 2, "slowperiod"), period(9, "signalperiod")],
            "Moving average convergence/divergence; Appel 1979, TA-Lib MACD.",
            outputs: ["macd", "signal", "hist"]
        ) {
            Stage(MovingAverageConvergence(fast: $0.int(0), slow: $0.int(1), signal: $0.int(2)))
        },
        indicator("adx", "momentum", bar, [period(14, from: 2)],
            "Average directional index; Wilder 1978, TA-Lib ADX."
        ) {
            Stage(AverageDirectionalIndex(period: $0.int(0)))
        },
        indicator("cci", "momentum", bar, [period(14, from: 2)],
            "Commodity channel index; Lambert 1980, TA-Lib CCI."
        ) {
            Stage(CommodityChannelIndex(period: $0.int(0)))
        },
        indicator("mfi", "momentum", barVolume, [period(14, from: 2)],
            "Money flow index; Quong, Soudack 1989, TA-Lib MFI."
        ) {
            Stage(MoneyFlowIndex(period: $0.int(0)))
        },
        indicator("roc", "momentum", series, [period(10)], "Rate of change in percent; TA-Lib ROC.") {
            Stage(RateOfChange(period: $0.int(0)))
        },
        indicator("mom", "momentum", series, [period(10)], "Momentum, a difference; TA-Lib MOM.") {
            Stage(Momentum(period: $0.int(0)))
        },
        indicator("willr", "momentum", bar, [period(14, from: 2)], "Williams' %R; Williams 1973, TA-Lib WILLR.") {
            Stage(WilliamsPercentRange(period: $0.int(0)))
        },
        indicator(
            "stoch", "momentum", bar,
            [
                period(5, "fastk_period"), period(3, "slowk_period"), average("slowk_matype"),
                period(3, "slowd_period"), average("slowd_matype"),
            ], "Stochastic oscillator; Lane 1957, TA-Lib STOCH.",
            outputs: ["slowk", "slowd"]
        ) {
            Stage(
                StochasticOscillator(
                    period: $0.int(0), slow: $0.int(1), slowKind: $0.int(2), signal: $0.int(3), signalKind: $0.int(4)))
        },
    ]

    private static let volatility: [FunctionDefinition] = [
        indicator("trange", "volatility", bar, [], "True range; Wilder 1978, TA-Lib TRANGE.") { _ in
            Stage(TrueRange())
        },
        indicator("atr", "volatility", bar, [period(14)], "Average true range; Wilder 1978, TA-Lib ATR.") {
            Stage(AverageTrueRange(period: $0.int(0)))
        },
        indicator("natr", "volatility", bar, [period(14)], "ATR in percent of the close; Forman 2006, TA-Lib NATR.") {
            Stage(NormalizedAverageTrueRange(period: $0.int(0)))
        },
    ]

    private static let volume: [FunctionDefinition] = [
        indicator("obv", "volume", ["close", "volume"], [], "On-balance volume; Granville 1963, TA-Lib OBV.") { _ in
            Stage(OnBalanceVolume())
        },
        indicator("vwap", "volume", barVolume, [period(14)],
            "Rolling volume-weighted typical price; beyond TA-Lib."
        ) {
            Stage(VolumeWeightedAveragePrice(period: $0.int(0)))
        },
    ]

    private static let statistic: [FunctionDefinition] = [
        indicator(
            "stddev", "statistic", series,
            [period(5, from: 2), FunctionParameter("nbdev", 1, -3e37...3e37, .real)],
            "Population standard deviation (ddof 0); TA-Lib STDDEV."
        ) {
            Stage(StandardDeviation(period: $0.int(0), deviations: $0.values[1]))
        },
        indicator("linearreg", "statistic", series, [period(14, from: 2)],
            "End of the least-squares line; TA-Lib LINEARREG."
        ) {
            Stage(LinearRegression(period: $0.int(0)))
        },
    ]
}
