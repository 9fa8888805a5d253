extension IndicatorCatalog {
    private static let bands = ["upper", "middle", "lower"]

    private static func yearly(
        _ name: String, _ inputs: [String], _ reference: String, from low: Double = 1,
        _ make: @escaping @Sendable (Int, Double) -> Stage
    ) -> FunctionDefinition {
        indicator(
            name, "volatility", inputs, [period(20, from: low), real("periods_per_year", 252, 1e-9...1e9)], reference
        ) {
            make($0.int(0), $0.values[1])
        }
    }

    /// Trends and channels that TA-Lib does not have, or not under these names.
    static let channels: [FunctionDefinition] = [
        indicator("supertrend", "overlap", bar, [period(10), real("multiplier", 3)],
            "Supertrend with Wilder's ATR; Seban 2008.", outputs: ["line", "direction"], stability: .converging
        ) {
            Stage(Supertrend(period: $0.int(0), multiplier: $0.values[1]))
        },
        indicator("ichimoku", "overlap", bar,
            [period(9, from: 2, "tenkan"), period(26, from: 2, "kijun"), period(52, from: 2, "senkou")],
            "Ichimoku lines, the displaced ones as known at each bar; Hosoda 1969.",
            outputs: ["tenkan", "kijun", "senkou_a", "senkou_b", "chikou"]
        ) {
            Stage(Ichimoku(tenkan: $0.int(0), kijun: $0.int(1), senkou: $0.int(2)))
        },
        indicator("keltner", "overlap", bar, [period(20), real("multiplier", 2), period(10, "atrperiod")],
            "Keltner channel of EMA and ATR; Keltner 1960, Raschke's form.", outputs: bands, stability: .converging
        ) {
            Stage(KeltnerChannel(period: $0.int(0), multiplier: $0.values[1], range: $0.int(2)))
        },
        indicator("donchian", "overlap", range, [period(20)], "Donchian channel; Donchian 1960.", outputs: bands) {
            Stage(DonchianChannel(period: $0.int(0)))
        },
        indicator("hull_ma", "overlap", series, [period(20, from: 2)], "Hull moving average; Hull 2005.") {
            Stage(HullMovingAverage(period: $0.int(0)))
        },
        indicator("zlema", "overlap", series, [period(30)], "Zero-lag EMA; Ehlers, Way 2010.", stability: .converging) {
            Stage(ZeroLagAverage(period: $0.int(0)))
        },
        indicator(
            "vortex", "momentum", bar, [period(14)], "Vortex; Botes, Siepman 2010. 0 where nothing has moved.",
            outputs: ["plus", "minus"]
        ) {
            Stage(Vortex(period: $0.int(0)))
        },
        indicator("choppiness", "momentum", bar, [period(14, from: 2)], "Choppiness index; Dreiss 1993.") {
            Stage(Choppiness(period: $0.int(0)))
        },
        indicator("fisher", "momentum", range, [period(9)], "Fisher transform; Ehlers 2002.",
            outputs: ["fisher", "trigger"], stability: .converging
        ) {
            Stage(FisherTransform(period: $0.int(0)))
        },
        indicator("elder_ray", "momentum", bar, [period(13)], "Elder ray; Elder 1993.", outputs: ["bull", "bear"],
            stability: .converging
        ) {
            Stage(ElderRay(period: $0.int(0)))
        },
    ]

    /// Volume, volatility and liquidity beyond TA-Lib.
    static let liquidity: [FunctionDefinition] = [
        indicator(
            "chaikin_money_flow", "volume", barVolume, [period(20)],
            "Chaikin money flow; Chaikin. 0 where nothing was traded."
        ) {
            Stage(ChaikinMoneyFlow(period: $0.int(0)))
        },
        indicator("klinger", "volume", barVolume,
            [period(34, "fastperiod"), period(55, "slowperiod"), period(13, "signalperiod")],
            "Klinger volume oscillator; Klinger 1997.", outputs: ["line", "signal"], stability: .converging
        ) {
            Stage(KlingerOscillator(fast: $0.int(0), slow: $0.int(1), signal: $0.int(2)))
        },
        indicator("force_index", "volume", ["close", "volume"], [period(13)], "Force index; Elder 1993.",
            stability: .converging
        ) {
            Stage(ForceIndex(period: $0.int(0)))
        },
        indicator("ease_of_movement", "volume", ["high", "low", "volume"], [period(14)],
            "Ease of movement, volume in 10⁸; Arms 1983."
        ) {
            Stage(EaseOfMovement(period: $0.int(0)))
        },
        yearly("realized_volatility", series, "Root mean square of logarithmic returns, a year's.") {
            Stage(RealizedVolatility(period: $0, periods: $1))
        },
        yearly("parkinson", range, "Volatility from high and low, a year's; Parkinson 1980.") {
            Stage(ParkinsonVolatility(period: $0, periods: $1))
        },
        yearly("garman_klass", fullBar, "Volatility from four prices, a year's; Garman, Klass 1980.") {
            Stage(GarmanKlassVolatility(period: $0, periods: $1))
        },
        yearly("yang_zhang", fullBar, "Volatility with gaps and drift, a year's; Yang, Zhang 2000.", from: 2) {
            Stage(YangZhangVolatility(period: $0, periods: $1))
        },
        indicator("amihud", "liquidity", ["close", "volume"], [period(20)], "Illiquidity; Amihud 2002.") {
            Stage(AmihudIlliquidity(period: $0.int(0)))
        },
        indicator("roll_spread", "liquidity", series, [period(20, from: 2)], "Effective spread; Roll 1984.") {
            Stage(RollSpread(period: $0.int(0)))
        },
        indicator("kyle_lambda", "liquidity", ["close", "volume"], [period(20, from: 2)],
            "Price impact of signed volume; Kyle 1985, as in Hasbrouck 2009."
        ) {
            Stage(KyleLambda(period: $0.int(0)))
        },
    ]
}
