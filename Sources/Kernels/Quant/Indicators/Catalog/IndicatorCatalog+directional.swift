extension IndicatorCatalog {
    /// Wilder's directional movement.
    static let directional: [FunctionDefinition] = [
        indicator("adx", "momentum", bar, [period(14, from: 2)],
            "Average directional index; Wilder 1978, TA-Lib ADX.", stability: .converging
        ) {
            Stage(AverageDirectionalIndex(period: $0.int(0)))
        },
        indicator("adxr", "momentum", bar, [period(14, from: 2)],
            "Average directional rating; Wilder 1978, TA-Lib ADXR.", stability: .converging
        ) {
            Stage(AverageDirectionalRating(period: $0.int(0)))
        },
        indicator("dx", "momentum", bar, [period(14, from: 2)],
            "Directional movement index; Wilder 1978, TA-Lib DX.", stability: .converging
        ) {
            Stage(DirectionalKernel<DirectionalIndex>(period: $0.int(0)))
        },
        indicator("plus_di", "momentum", bar, [period(14)],
            "Plus directional indicator; Wilder 1978, TA-Lib PLUS_DI.", stability: .converging
        ) {
            Stage(DirectionalKernel<PlusIndicator>(period: $0.int(0)))
        },
        indicator("minus_di", "momentum", bar, [period(14)],
            "Minus directional indicator; Wilder 1978, TA-Lib MINUS_DI.", stability: .converging
        ) {
            Stage(DirectionalKernel<MinusIndicator>(period: $0.int(0)))
        },
        indicator("plus_dm", "momentum", range, [period(14)],
            "Plus directional movement; Wilder 1978, TA-Lib PLUS_DM.", stability: .converging
        ) {
            Stage(MovementKernel(period: $0.int(0), isUp: true))
        },
        indicator("minus_dm", "momentum", range, [period(14)],
            "Minus directional movement; Wilder 1978, TA-Lib MINUS_DM.", stability: .converging
        ) {
            Stage(MovementKernel(period: $0.int(0), isUp: false))
        },
    ]

    /// The dominant cycle.
    static let cycles: [FunctionDefinition] = [
        indicator("ht_dcperiod", "cycle", series, [],
            "Dominant cycle's period in bars; Ehlers 2001, TA-Lib HT_DCPERIOD.", stability: .converging
        ) { _ in
            Stage(HilbertPeriod())
        },
        indicator("ht_dcphase", "cycle", series, [],
            "Dominant cycle's phase in degrees; Ehlers 2001, TA-Lib HT_DCPHASE.", stability: .converging
        ) { _ in
            Stage(HilbertPhase())
        },
        indicator("ht_phasor", "cycle", series, [],
            "Phase and quadrature parts; Ehlers 2001, TA-Lib HT_PHASOR.", outputs: ["inphase", "quadrature"],
            stability: .converging
        ) { _ in
            Stage(HilbertPhasor())
        },
        indicator("ht_sine", "cycle", series, [],
            "Sine of the phase, and 45 degrees ahead; Ehlers 2001, TA-Lib HT_SINE.", outputs: ["sine", "leadsine"],
            stability: .converging
        ) { _ in
            Stage(HilbertSine())
        },
        indicator("ht_trendmode", "cycle", series, [],
            "1 in a trend, 0 in a cycle; Ehlers 2001, TA-Lib HT_TRENDMODE.", stability: .converging
        ) { _ in
            Stage(HilbertTrendMode())
        },
    ]

    /// Prices of a bar.
    static let prices: [FunctionDefinition] = [
        indicator("avgprice", "price", fullBar, [], "Mean of the four prices; TA-Lib AVGPRICE.") { _ in
            Stage(AveragePrice())
        },
        indicator("medprice", "price", range, [], "Middle of high and low; TA-Lib MEDPRICE.") { _ in
            Stage(MedianPrice())
        },
        indicator("typprice", "price", bar, [], "Typical price; TA-Lib TYPPRICE.") { _ in
            Stage(WeightedPrice(closes: 1))
        },
        indicator("wclprice", "price", bar, [], "Price with the close twice; TA-Lib WCLPRICE.") { _ in
            Stage(WeightedPrice(closes: 2))
        },
    ]
}
