extension IndicatorCatalog {
    private static func pattern<Pattern: CandlePattern>(
        _ name: String, _ reference: String, _ pattern: Pattern
    ) -> FunctionDefinition {
        indicator("cdl_" + name, "pattern", fullBar, [], "\(reference); TA-Lib CDL\(name.uppercased()).") { _ in
            Stage(CandleKernel(pattern))
        }
    }

    private static func pattern<Pattern: CandlePattern>(
        _ name: String, _ reference: String, penetration: Double,
        _ make: @escaping @Sendable (Double) -> Pattern
    ) -> FunctionDefinition {
        indicator(
            "cdl_" + name, "pattern", fullBar, [real("penetration", penetration, 0...3e37)],
            "\(reference); TA-Lib CDL\(name.uppercased())."
        ) {
            Stage(CandleKernel(make($0.values[0])))
        }
    }

    /// Candlestick patterns: 100 bullish, −100 bearish, 0 none; 200 confirmed, 80 with ends that touch.
    static let patterns: [FunctionDefinition] = singles + pairs + triples + longer

    private static let singles: [FunctionDefinition] = [
        pattern("belthold", "Long body that opens at the end of its range", BeltHold()),
        pattern("closingmarubozu", "Long body that closes at the end of its range", ClosingMarubozu()),
        pattern("doji", "Body next to none", Doji()),
        pattern("dragonflydoji", "Doji at the top of its range", DragonflyDoji()),
        pattern("gravestonedoji", "Doji at the bottom of its range", GravestoneDoji()),
        pattern("highwave", "Short body between very long shadows", HighWave()),
        pattern("longleggeddoji", "Doji with a long shadow", LongLeggedDoji()),
        pattern("longline", "Long body with short shadows", LongLine()),
        pattern("marubozu", "Long body without shadows", Marubozu()),
        pattern("rickshawman", "Doji in the middle of a long range", RickshawMan()),
        pattern("shortline", "Short body with short shadows", ShortLine()),
        pattern("spinningtop", "Short body between longer shadows", SpinningTop()),
        pattern("takuri", "Dragonfly doji with a very long shadow", Takuri()),
    ]

    private static let pairs: [FunctionDefinition] = [
        pattern("counterattack", "Long bodies of opposite colors with one close", CounterAttack()),
        pattern("darkcloudcover", "Black body deep into a long white one", penetration: 0.5) {
            DarkCloudCover(penetration: $0)
        },
        pattern("dojistar", "Doji beyond a long body", DojiStar()),
        pattern("engulfing", "Body that covers the one before", Engulfing()),
        pattern("hammer", "Short body over a long shadow, low", Hammer()),
        pattern("hangingman", "Short body over a long shadow, high", HangingMan()),
        pattern("harami", "Short body within a long one", Harami()),
        pattern("haramicross", "Doji within a long body", HaramiCross()),
        pattern("homingpigeon", "Short black body within a long black one", HomingPigeon()),
        pattern("inneck", "White candle from below to a black close", InNeck()),
        pattern("invertedhammer", "Short body under a long shadow, below", InvertedHammer()),
        pattern("kicking", "Marubozus of opposite colors with a gap", Kicking()),
        pattern("kickingbylength", "The same, signed by the longer", KickingByLength()),
        pattern("matchinglow", "Black candles with one close", MatchingLow()),
        pattern("onneck", "White candle from below to a black low", OnNeck()),
        pattern("piercing", "White body into the upper half of a black one", Piercing()),
        pattern("separatinglines", "Bodies of opposite colors with one open", SeparatingLines()),
        pattern("shootingstar", "Short body under a long shadow, above", ShootingStar()),
        pattern("thrusting", "White candle into the lower half of a black body", Thrusting()),
    ]

    private static let triples: [FunctionDefinition] = [
        pattern("2crows", "Black body above a white one, then one into it", TwoCrows()),
        pattern("3inside", "Harami and a close beyond it", ThreeInside()),
        pattern("3outside", "Engulfing body and a close beyond it", ThreeOutside()),
        pattern("3starsinsouth", "Three shrinking black candles", ThreeStarsInSouth()),
        pattern("3whitesoldiers", "Three strong white candles", ThreeWhiteSoldiers()),
        pattern("abandonedbaby", "Doji apart from both neighbours", penetration: 0.3) {
            AbandonedBaby(penetration: $0)
        },
        pattern("advanceblock", "Three white candles that weaken", AdvanceBlock()),
        pattern("eveningdojistar", "Doji above a long white body, then a fall", penetration: 0.3) {
            EveningDojiStar(penetration: $0)
        },
        pattern("eveningstar", "Short body above a long white one, then a fall", penetration: 0.3) {
            EveningStar(penetration: $0)
        },
        pattern("gapsidesidewhite", "White candles side by side beyond a gap", GapSideBySideWhite()),
        pattern("hikkake", "Inside bar with a false break", Hikkake()),
        pattern("identical3crows", "Black candles from close to close", IdenticalThreeCrows()),
        pattern("morningdojistar", "Doji below a long black body, then a rise", penetration: 0.3) {
            MorningDojiStar(penetration: $0)
        },
        pattern("morningstar", "Short body below a long black one, then a rise", penetration: 0.3) {
            MorningStar(penetration: $0)
        },
        pattern("stalledpattern", "Long white bodies, then a short one", StalledPattern()),
        pattern("sticksandwich", "White candle between black ones with one close", StickSandwich()),
        pattern("tasukigap", "Gap that the third candle half closes", TasukiGap()),
        pattern("tristar", "Three dojis, the middle one beyond", TriStar()),
        pattern("unique3river", "Black candle with a new low, then a short white one", UniqueThreeRiver()),
        pattern("upsidegap2crows", "Two black candles above a white one", UpsideGapTwoCrows()),
        pattern("xsidegap3methods", "Gap that the third candle closes", GapThreeMethods()),
    ]

    private static let longer: [FunctionDefinition] = [
        pattern("3blackcrows", "Three strong black candles", ThreeBlackCrows()),
        pattern("3linestrike", "Three candles and one that takes them back", ThreeLineStrike()),
        pattern("breakaway", "Gap, two candles on, then back into it", Breakaway()),
        pattern("concealbabyswall", "Four black candles, the last covers the third", ConcealingBabySwallow()),
        pattern("hikkakemod", "Two inside bars with a false break", ModifiedHikkake()),
        pattern("ladderbottom", "Four black candles, then a white one above", LadderBottom()),
        pattern("mathold", "Rest above a long white body, then on", penetration: 0.5) { MatHold(penetration: $0) },
        pattern("risefall3methods", "Rest within a long body, then on", ThreeMethods()),
    ]
}
