extension IndicatorCatalog {
    private static let fastSlow = [period(12, from: 2, "fastperiod"), period(26, from: 2, "slowperiod")]

    private typealias Simple = SimpleMovingAverage

    private static func chosen(_ arguments: FunctionArguments, kind: Int, period: Int) -> SelectedAverage {
        SelectedAverage(kind: arguments.int(kind), period: arguments.int(period))
    }

    /// Momentum of one series.
    static let momentum: [FunctionDefinition] = [
        indicator("rsi", "momentum", series, [period(14, from: 2)],
            "Relative strength index; Wilder 1978, TA-Lib RSI.", stability: .converging
        ) {
            Stage(RelativeStrengthIndex(period: $0.int(0)))
        },
        indicator("cmo", "momentum", series, [period(14, from: 2)],
            "Chande's momentum oscillator; Chande 1994, TA-Lib CMO.", stability: .converging
        ) {
            Stage(ChandeMomentumOscillator(period: $0.int(0)))
        },
        indicator("macd", "momentum", series, fastSlow + [period(9, "signalperiod")],
            "Moving average convergence/divergence; Appel 1979, TA-Lib MACD.",
            outputs: ["macd", "signal", "hist"], stability: .converging
        ) {
            Stage(MovingAverageConvergence(fast: $0.int(0), slow: $0.int(1), signal: $0.int(2)))
        },
        indicator("macdfix", "momentum", series, [period(9, "signalperiod")],
            "MACD of 12 and 26 bars with weights 0.15 and 0.075; TA-Lib MACDFIX.",
            outputs: ["macd", "signal", "hist"], stability: .converging
        ) {
            Stage(MovingAverageConvergence(fixedWithSignal: $0.int(0)))
        },
        indicator("macdext", "momentum", series,
            [
                period(12, from: 2, "fastperiod"), average("fastmatype"), period(26, from: 2, "slowperiod"),
                average("slowmatype"), period(9, "signalperiod"), average("signalmatype"),
            ], "MACD of averages of any kind; TA-Lib MACDEXT.", outputs: ["macd", "signal", "hist"]
        ) {
            let fastFirst = $0.int(0) <= $0.int(2)
            let (fast, slow) = fastFirst ? (0, 2) : (2, 0)
            if $0.int(1) == 0, $0.int(3) == 0, $0.int(5) == 0 {
                return Stage(
                    ChosenConvergence(
                        fast: Simple(period: $0.int(fast)), slow: Simple(period: $0.int(slow)),
                        signal: Simple(period: $0.int(4))))
            }
            return Stage(
                ChosenConvergence(
                    fast: chosen($0, kind: fast + 1, period: fast), slow: chosen($0, kind: slow + 1, period: slow),
                    signal: chosen($0, kind: 5, period: 4)))
        },
        indicator("apo", "momentum", series, fastSlow + [average("matype", 1)],
            "Absolute price oscillator; TA-Lib APO."
        ) {
            let (fast, slow) = (min($0.int(0), $0.int(1)), max($0.int(0), $0.int(1)))
            if $0.int(2) == 1 {
                return Stage(
                    AbsolutePriceOscillator(
                        fast: ExponentialMovingAverage(period: fast), slow: ExponentialMovingAverage(period: slow)))
            }
            return Stage(
                AbsolutePriceOscillator(
                    fast: SelectedAverage(kind: $0.int(2), period: fast),
                    slow: SelectedAverage(kind: $0.int(2), period: slow)))
        },
        indicator("ppo", "momentum", series, fastSlow + [average("matype", 1)],
            "Percentage price oscillator; TA-Lib PPO."
        ) {
            let (fast, slow) = (min($0.int(0), $0.int(1)), max($0.int(0), $0.int(1)))
            if $0.int(2) == 1 {
                return Stage(
                    PercentagePriceOscillator(
                        fast: ExponentialMovingAverage(period: fast), slow: ExponentialMovingAverage(period: slow)))
            }
            return Stage(
                PercentagePriceOscillator(
                    fast: SelectedAverage(kind: $0.int(2), period: fast),
                    slow: SelectedAverage(kind: $0.int(2), period: slow)))
        },
        indicator("stochrsi", "momentum", series,
            [period(14, from: 2), period(5, "fastk_period"), period(3, "fastd_period"), average("fastd_matype")],
            "Fast stochastic of the relative strength index; Chande, Kroll 1994, TA-Lib STOCHRSI.",
            outputs: ["fastk", "fastd"], stability: .converging
        ) {
            if $0.int(3) == 0 {
                return Stage(
                    StochasticStrength(
                        strength: $0.int(0), period: $0.int(1), signal: Simple(period: $0.int(2))))
            }
            return Stage(
                StochasticStrength(
                    strength: $0.int(0), period: $0.int(1), signal: chosen($0, kind: 3, period: 2)))
        },
        indicator("mom", "momentum", series, [period(10)], "Momentum, a difference; TA-Lib MOM.") {
            Stage(Momentum(period: $0.int(0)))
        },
        indicator("roc", "momentum", series, [period(10)], "Rate of change in percent; TA-Lib ROC.") {
            Stage(RateOfChange(period: $0.int(0)))
        },
        indicator("rocp", "momentum", series, [period(10)], "Rate of change as a share; TA-Lib ROCP.") {
            Stage(RateOfChangeShare(period: $0.int(0)))
        },
        indicator("rocr", "momentum", series, [period(10)], "Rate of change as a ratio; TA-Lib ROCR.") {
            Stage(RateOfChangeRatio(period: $0.int(0), scale: 1))
        },
        indicator("rocr100", "momentum", series, [period(10)],
            "Rate of change as a ratio in percent; TA-Lib ROCR100."
        ) {
            Stage(RateOfChangeRatio(period: $0.int(0), scale: 100))
        },
        indicator("trix", "momentum", series, [period(30)],
            "Rate of change of a triple EMA in percent; Hutson 1983, TA-Lib TRIX.", stability: .converging
        ) {
            Stage(TripleSmoothedRate(period: $0.int(0)))
        },
    ]

    /// Momentum of bars: positions in a range and oscillators.
    static let oscillators: [FunctionDefinition] = [
        indicator("stoch", "momentum", bar,
            [
                period(5, "fastk_period"), period(3, "slowk_period"), average("slowk_matype"),
                period(3, "slowd_period"), average("slowd_matype"),
            ], "Stochastic oscillator; Lane 1957, TA-Lib STOCH.", outputs: ["slowk", "slowd"]
        ) {
            if $0.int(2) == 0, $0.int(4) == 0 {
                return Stage(
                    StochasticOscillator(
                        period: $0.int(0), slow: Simple(period: $0.int(1)), signal: Simple(period: $0.int(3))))
            }
            return Stage(
                StochasticOscillator(
                    period: $0.int(0), slow: chosen($0, kind: 2, period: 1), signal: chosen($0, kind: 4, period: 3)))
        },
        indicator("stochf", "momentum", bar,
            [period(5, "fastk_period"), period(3, "fastd_period"), average("fastd_matype")],
            "Fast stochastic oscillator; Lane 1957, TA-Lib STOCHF.", outputs: ["fastk", "fastd"]
        ) {
            if $0.int(2) == 0 {
                return Stage(FastStochastic(period: $0.int(0), signal: Simple(period: $0.int(1))))
            }
            return Stage(FastStochastic(period: $0.int(0), signal: chosen($0, kind: 2, period: 1)))
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
        indicator("willr", "momentum", bar, [period(14, from: 2)], "Williams' %R; Williams 1973, TA-Lib WILLR.") {
            Stage(WilliamsPercentRange(period: $0.int(0)))
        },
        indicator("ultosc", "momentum", bar,
            [period(7, "timeperiod1"), period(14, "timeperiod2"), period(28, "timeperiod3")],
            "Ultimate oscillator; Williams 1985, TA-Lib ULTOSC."
        ) {
            Stage(UltimateOscillator($0.int(0), $0.int(1), $0.int(2)))
        },
        indicator("bop", "momentum", fullBar, [], "Balance of power; Livshin 2001, TA-Lib BOP.") { _ in
            Stage(BalanceOfPower())
        },
        indicator("imi", "momentum", ["open", "close"], [period(14, from: 2)],
            "Intraday momentum index; Chande 1994, TA-Lib IMI."
        ) {
            Stage(IntradayMomentum(period: $0.int(0)))
        },
        indicator("aroon", "momentum", range, [period(14, from: 2)],
            "Age of the lowest low and highest high; Chande 1995, TA-Lib AROON.", outputs: ["down", "up"]
        ) {
            Stage(Aroon(period: $0.int(0)))
        },
        indicator("aroonosc", "momentum", range, [period(14, from: 2)],
            "Aroon up less Aroon down; Chande 1995, TA-Lib AROONOSC."
        ) {
            Stage(AroonOscillator(period: $0.int(0)))
        },
    ]
}
