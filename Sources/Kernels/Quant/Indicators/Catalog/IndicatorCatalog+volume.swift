extension IndicatorCatalog {
    /// Ranges of bars.
    static let volatility: [FunctionDefinition] = [
        indicator(
            "trange", "volatility", bar, [],
            "True range; Wilder 1978, TA-Lib TRANGE. Behind a bar with a null it reaches to the close before that."
        ) { _ in
            Stage(TrueRange())
        },
        indicator("atr", "volatility", bar, [period(14)], "Average true range; Wilder 1978, TA-Lib ATR.",
            stability: .converging
        ) {
            Stage(AverageTrueRange(period: $0.int(0)))
        },
        indicator("natr", "volatility", bar, [period(14)], "ATR in percent of the close; Forman 2006, TA-Lib NATR.",
            stability: .converging
        ) {
            Stage(NormalizedAverageTrueRange(period: $0.int(0)))
        },
    ]

    /// What volume says.
    static let volume: [FunctionDefinition] = [
        indicator("obv", "volume", ["close", "volume"], [], "On-balance volume; Granville 1963, TA-Lib OBV.",
            stability: .startDependent
        ) { _ in
            Stage(OnBalanceVolume())
        },
        indicator("ad", "volume", barVolume, [], "Accumulation/distribution line; Chaikin, TA-Lib AD.",
            stability: .startDependent
        ) { _ in
            Stage(AccumulationDistribution())
        },
        indicator("adosc", "volume", barVolume, [period(3, from: 2, "fastperiod"), period(10, from: 2, "slowperiod")],
            "Accumulation/distribution oscillator; Chaikin, TA-Lib ADOSC.", stability: .startDependent
        ) {
            Stage(AccumulationOscillator(fast: $0.int(0), slow: $0.int(1)))
        },
        indicator("vwap", "volume", barVolume, [period(14)],
            "Rolling volume-weighted typical price; beyond TA-Lib."
        ) {
            Stage(VolumeWeightedAveragePrice(period: $0.int(0)))
        },
    ]
}
