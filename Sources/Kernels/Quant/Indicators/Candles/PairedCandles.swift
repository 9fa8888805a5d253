/// `cdl_counterattack()`: two long bodies of opposite colors that close at one price. 100 where the second is white,
/// else −100.
struct CounterAttack: CandlePattern {
    static let lookBack = 11
    private var older = CandleAverage<LongBody, 1>()
    private var newer = CandleAverage<LongBody, 0>()
    private var equal = CandleAverage<Equality, 1>()

    @inline(__always)
    mutating func update(_ candles: Candles, _ step: CandleStep) {
        older.update(candles, step)
        newer.update(candles, step)
        equal.update(candles, step)
    }

    @inline(__always)
    mutating func judge(_ candles: Candles) -> Double {
        guard candles.isWhite(1) != candles.isWhite(0), candles.body(1) > older.value, candles.body(0) > newer.value
        else { return 0 }
        return isWithin(equal.value, candles.close(0), of: candles.close(1)) ? candles.color(0) * 100 : 0
    }
}

/// `cdl_darkcloudcover(penetration)`: after a long white body a black candle that opens above its high and closes deep
/// in it, by more than the share 0.5. −100.
struct DarkCloudCover: CandlePattern {
    static let lookBack = 11
    private var long = CandleAverage<LongBody, 1>()
    private let penetration: Double

    init(penetration: Double) { self.penetration = penetration }

    @inline(__always)
    mutating func update(_ candles: Candles, _ step: CandleStep) {
        long.update(candles, step)
    }

    @inline(__always)
    mutating func judge(_ candles: Candles) -> Double {
        guard all(candles.isWhite(1), candles.isBlack(0)), candles.open(0) > candles.high(1) else { return 0 }
        let body = candles.body(1)
        guard body > long.value, candles.close(0) > candles.open(1) else { return 0 }
        return candles.close(0) < candles.close(1) - body * penetration ? -100 : 0
    }
}

/// `cdl_dojistar()`: a doji whose body lies beyond a long body, above a white one −100, below a black one 100.
struct DojiStar: CandlePattern {
    static let lookBack = 11
    private var long = CandleAverage<LongBody, 1>()
    private var doji = CandleAverage<DojiBody, 0>()

    @inline(__always)
    mutating func update(_ candles: Candles, _ step: CandleStep) {
        long.update(candles, step)
        doji.update(candles, step)
    }

    @inline(__always)
    mutating func judge(_ candles: Candles) -> Double {
        guard candles.body(1) > long.value, candles.body(0) <= doji.value else { return 0 }
        let isBeyond = candles.isWhite(1) ? candles.bodyGapsUp(0, over: 1) : candles.bodyGapsDown(0, under: 1)
        return isBeyond ? -candles.color(1) * 100 : 0
    }
}

/// `cdl_engulfing()`: a body that covers the one before, of the other color: 100 white, −100 black, 80 and −80 where
/// two ends are the same.
struct Engulfing: CandlePattern {
    static let lookBack = 2

    @inline(__always)
    mutating func judge(_ candles: Candles) -> Double {
        guard candles.isWhite(0) != candles.isWhite(1) else { return 0 }
        let isWhite = candles.isWhite(0)
        let above = isWhite ? candles.close(0) - candles.open(1) : candles.open(0) - candles.close(1)
        let below = isWhite ? candles.close(1) - candles.open(0) : candles.open(1) - candles.close(0)
        guard above >= 0, below >= 0, above > 0 || below > 0 else { return 0 }
        return candles.color(0) * (above > 0 && below > 0 ? 100 : 80)
    }
}

/// `cdl_harami()`: a short body within a long one before: 100 after black, −100 after white, 80 and −80 where an end is
/// the same.
struct Harami: CandlePattern {
    static let lookBack = 11
    private var long = CandleAverage<LongBody, 1>()
    private var short = CandleAverage<ShortBody, 0>()

    @inline(__always)
    mutating func update(_ candles: Candles, _ step: CandleStep) {
        long.update(candles, step)
        short.update(candles, step)
    }

    @inline(__always)
    mutating func judge(_ candles: Candles) -> Double {
        guard candles.body(1) > long.value, candles.body(0) <= short.value else { return 0 }
        return harami(candles)
    }
}

/// `cdl_haramicross()`: a doji within a long body, as in `cdl_harami`.
struct HaramiCross: CandlePattern {
    static let lookBack = 11
    private var long = CandleAverage<LongBody, 1>()
    private var doji = CandleAverage<DojiBody, 0>()

    @inline(__always)
    mutating func update(_ candles: Candles, _ step: CandleStep) {
        long.update(candles, step)
        doji.update(candles, step)
    }

    @inline(__always)
    mutating func judge(_ candles: Candles) -> Double {
        guard candles.body(1) > long.value, candles.body(0) <= doji.value else { return 0 }
        return harami(candles)
    }
}

/// `cdl_homingpigeon()`: a short black body within a long black one. 100.
struct HomingPigeon: CandlePattern {
    static let lookBack = 11
    private var long = CandleAverage<LongBody, 1>()
    private var short = CandleAverage<ShortBody, 0>()

    @inline(__always)
    mutating func update(_ candles: Candles, _ step: CandleStep) {
        long.update(candles, step)
        short.update(candles, step)
    }

    @inline(__always)
    mutating func judge(_ candles: Candles) -> Double {
        guard all(candles.isBlack(1), candles.isBlack(0)), candles.isInside(0, of: 1) else { return 0 }
        return candles.body(1) > long.value && candles.body(0) <= short.value ? 100 : 0
    }
}

/// 100 or 80 for a body within the one before, by whether their ends are apart; the sign is against the older color.
@inline(__always)
private func harami(_ candles: Candles) -> Double {
    if candles.isInside(0, of: 1) { return -candles.color(1) * 100 }
    let touches = candles.top(0) <= candles.top(1) && candles.bottom(0) >= candles.bottom(1)
    return touches ? -candles.color(1) * 80 : 0
}
