/// `cdl_inneck()`: after a long black body a white candle that opens below its low and closes at its close or barely
/// above. −100.
struct InNeck: CandlePattern {
    static let lookBack = 11
    private var long = CandleAverage<LongBody, 1>()
    private var equal = CandleAverage<Equality, 1>()

    @inline(__always)
    mutating func update(_ candles: Candles, _ step: CandleStep) {
        long.update(candles, step)
        equal.update(candles, step)
    }

    @inline(__always)
    mutating func judge(_ candles: Candles) -> Double {
        guard all(candles.isBlack(1), candles.isWhite(0)), candles.open(0) < candles.low(1) else { return 0 }
        guard candles.body(1) > long.value, candles.close(0) >= candles.close(1) else { return 0 }
        return candles.close(0) <= candles.close(1) + equal.value ? -100 : 0
    }
}

/// `cdl_onneck()`: after a long black body a white candle that opens below its low and closes at it. −100.
struct OnNeck: CandlePattern {
    static let lookBack = 11
    private var long = CandleAverage<LongBody, 1>()
    private var equal = CandleAverage<Equality, 1>()

    @inline(__always)
    mutating func update(_ candles: Candles, _ step: CandleStep) {
        long.update(candles, step)
        equal.update(candles, step)
    }

    @inline(__always)
    mutating func judge(_ candles: Candles) -> Double {
        guard all(candles.isBlack(1), candles.isWhite(0)), candles.open(0) < candles.low(1) else { return 0 }
        guard candles.body(1) > long.value else { return 0 }
        return isWithin(equal.value, candles.close(0), of: candles.low(1)) ? -100 : 0
    }
}

/// `cdl_thrusting()`: after a long black body a white candle that opens below its low and closes in its lower half.
/// −100.
struct Thrusting: CandlePattern {
    static let lookBack = 11
    private var long = CandleAverage<LongBody, 1>()
    private var equal = CandleAverage<Equality, 1>()

    @inline(__always)
    mutating func update(_ candles: Candles, _ step: CandleStep) {
        long.update(candles, step)
        equal.update(candles, step)
    }

    @inline(__always)
    mutating func judge(_ candles: Candles) -> Double {
        guard all(candles.isBlack(1), candles.isWhite(0)), candles.open(0) < candles.low(1) else { return 0 }
        let body = candles.body(1)
        guard body > long.value, candles.close(0) > candles.close(1) + equal.value else { return 0 }
        return candles.close(0) <= candles.close(1) + body * 0.5 ? -100 : 0
    }
}

/// `cdl_piercing()`: after a long black body a long white one that opens below its low and closes in its upper half.
/// 100.
struct Piercing: CandlePattern {
    static let lookBack = 11
    private var older = CandleAverage<LongBody, 1>()
    private var newer = CandleAverage<LongBody, 0>()

    @inline(__always)
    mutating func update(_ candles: Candles, _ step: CandleStep) {
        older.update(candles, step)
        newer.update(candles, step)
    }

    @inline(__always)
    mutating func judge(_ candles: Candles) -> Double {
        guard all(candles.isBlack(1), candles.isWhite(0)), candles.open(0) < candles.low(1) else { return 0 }
        let body = candles.body(1)
        guard body > older.value, candles.body(0) > newer.value, candles.close(0) < candles.open(1) else { return 0 }
        return candles.close(0) > candles.close(1) + body * 0.5 ? 100 : 0
    }
}

/// `cdl_matchinglow()`: two black candles that close at one price. 100.
struct MatchingLow: CandlePattern {
    static let lookBack = 6
    private var equal = CandleAverage<Equality, 1>()

    @inline(__always)
    mutating func update(_ candles: Candles, _ step: CandleStep) {
        equal.update(candles, step)
    }

    @inline(__always)
    mutating func judge(_ candles: Candles) -> Double {
        guard all(candles.isBlack(1), candles.isBlack(0)) else { return 0 }
        return isWithin(equal.value, candles.close(0), of: candles.close(1)) ? 100 : 0
    }
}

/// `cdl_separatinglines()`: a long body that opens where the one before, of the other color, opened, without a shadow
/// there: 100 white, −100 black.
struct SeparatingLines: CandlePattern {
    static let lookBack = 11
    private var long = CandleAverage<LongBody, 0>()
    private var tiny = CandleAverage<TinyShadow, 0>()
    private var equal = CandleAverage<Equality, 1>()

    @inline(__always)
    mutating func update(_ candles: Candles, _ step: CandleStep) {
        long.update(candles, step)
        tiny.update(candles, step)
        equal.update(candles, step)
    }

    @inline(__always)
    mutating func judge(_ candles: Candles) -> Double {
        let isWhite = candles.isWhite(0)
        guard isWhite != candles.isWhite(1), candles.body(0) > long.value else { return 0 }
        guard isWithin(equal.value, candles.open(0), of: candles.open(1)) else { return 0 }
        return (isWhite ? candles.lower(0) : candles.upper(0)) < tiny.value ? candles.color(0) * 100 : 0
    }
}

/// `cdl_kicking()`: two marubozus of opposite colors with a gap between them: 100 upward, −100 downward.
struct Kicking: CandlePattern {
    static let lookBack = 11
    private var olderLong = CandleAverage<LongBody, 1>()
    private var newerLong = CandleAverage<LongBody, 0>()
    private var olderTiny = CandleAverage<TinyShadow, 1>()
    private var newerTiny = CandleAverage<TinyShadow, 0>()

    @inline(__always)
    mutating func update(_ candles: Candles, _ step: CandleStep) {
        olderLong.update(candles, step)
        newerLong.update(candles, step)
        olderTiny.update(candles, step)
        newerTiny.update(candles, step)
    }

    @inline(__always)
    mutating func judge(_ candles: Candles) -> Double {
        guard candles.isWhite(1) != candles.isWhite(0) else { return 0 }
        guard candles.isBlack(1) ? candles.gapsUp(0, over: 1) : candles.gapsDown(0, under: 1) else { return 0 }
        guard candles.body(1) > olderLong.value, candles.body(0) > newerLong.value else { return 0 }
        let isOlderBare = candles.upper(1) < olderTiny.value && candles.lower(1) < olderTiny.value
        let isNewerBare = candles.upper(0) < newerTiny.value && candles.lower(0) < newerTiny.value
        return isOlderBare && isNewerBare ? candles.color(0) * 100 : 0
    }
}

/// `cdl_kickingbylength()`: the same, its sign that of the longer body.
struct KickingByLength: CandlePattern {
    static let lookBack = 11
    private var olderLong = CandleAverage<LongBody, 1>()
    private var newerLong = CandleAverage<LongBody, 0>()
    private var olderTiny = CandleAverage<TinyShadow, 1>()
    private var newerTiny = CandleAverage<TinyShadow, 0>()

    @inline(__always)
    mutating func update(_ candles: Candles, _ step: CandleStep) {
        olderLong.update(candles, step)
        newerLong.update(candles, step)
        olderTiny.update(candles, step)
        newerTiny.update(candles, step)
    }

    @inline(__always)
    mutating func judge(_ candles: Candles) -> Double {
        guard candles.isWhite(1) != candles.isWhite(0) else { return 0 }
        guard candles.isBlack(1) ? candles.gapsUp(0, over: 1) : candles.gapsDown(0, under: 1) else { return 0 }
        guard candles.body(1) > olderLong.value, candles.body(0) > newerLong.value else { return 0 }
        let isOlderBare = candles.upper(1) < olderTiny.value && candles.lower(1) < olderTiny.value
        let isNewerBare = candles.upper(0) < newerTiny.value && candles.lower(0) < newerTiny.value
        return isOlderBare && isNewerBare ? candles.color(candles.body(0) > candles.body(1) ? 0 : 1) * 100 : 0
    }
}
