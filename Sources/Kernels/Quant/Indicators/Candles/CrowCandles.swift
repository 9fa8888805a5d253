/// `cdl_2crows()`: a long white body, a black one above it, then a black one that opens in the second and closes in the
/// first. −100.
struct TwoCrows: CandlePattern {
    static let lookBack = 12
    private var long = CandleAverage<LongBody, 2>()

    @inline(__always)
    mutating func update(_ candles: Candles, _ step: CandleStep) {
        long.update(candles, step)
    }

    @inline(__always)
    mutating func judge(_ candles: Candles) -> Double {
        guard candles.bodyGapsUp(1, over: 2), all(candles.isWhite(2), candles.isBlack(1), candles.isBlack(0))
        else { return 0 }
        guard candles.open(0) < candles.open(1), candles.open(0) > candles.close(1) else { return 0 }
        guard candles.close(0) > candles.open(2), candles.close(0) < candles.close(2) else { return 0 }
        return candles.body(2) > long.value ? -100 : 0
    }
}

/// `cdl_upsidegap2crows()`: a long white body, a short black one above it, then a black one that covers the second and
/// still closes above the first. −100.
struct UpsideGapTwoCrows: CandlePattern {
    static let lookBack = 12
    private var long = CandleAverage<LongBody, 2>()
    private var short = CandleAverage<ShortBody, 1>()

    @inline(__always)
    mutating func update(_ candles: Candles, _ step: CandleStep) {
        long.update(candles, step)
        short.update(candles, step)
    }

    @inline(__always)
    mutating func judge(_ candles: Candles) -> Double {
        guard candles.bodyGapsUp(1, over: 2), all(candles.isWhite(2), candles.isBlack(1), candles.isBlack(0))
        else { return 0 }
        guard candles.open(0) > candles.open(1), candles.close(0) < candles.close(1) else { return 0 }
        guard candles.close(0) > candles.close(2) else { return 0 }
        return candles.body(2) > long.value && candles.body(1) <= short.value ? -100 : 0
    }
}

/// `cdl_3blackcrows()`: after a white candle three black ones that open in the body before and close lower each, next
/// to no lower shadows, the first below the white one's high. −100.
struct ThreeBlackCrows: CandlePattern {
    static let lookBack = 13
    private var first = CandleAverage<TinyShadow, 2>()
    private var second = CandleAverage<TinyShadow, 1>()
    private var third = CandleAverage<TinyShadow, 0>()

    @inline(__always)
    mutating func update(_ candles: Candles, _ step: CandleStep) {
        first.update(candles, step)
        second.update(candles, step)
        third.update(candles, step)
    }

    @inline(__always)
    mutating func judge(_ candles: Candles) -> Double {
        guard all(candles.isWhite(3), candles.isBlack(2), candles.isBlack(1), candles.isBlack(0)) else { return 0 }
        guard candles.open(1) < candles.open(2), candles.open(1) > candles.close(2) else { return 0 }
        guard candles.open(0) < candles.open(1), candles.open(0) > candles.close(1) else { return 0 }
        guard candles.high(3) > candles.close(2), candles.close(2) > candles.close(1),
            candles.close(1) > candles.close(0)
        else { return 0 }
        let isBare = candles.lower(2) < first.value && candles.lower(1) < second.value && candles.lower(0) < third.value
        return isBare ? -100 : 0
    }
}

/// `cdl_identical3crows()`: three black candles, each opening at the close before and closing lower, next to no lower
/// shadows. −100.
struct IdenticalThreeCrows: CandlePattern {
    static let lookBack = 12
    private var first = CandleAverage<TinyShadow, 2>()
    private var second = CandleAverage<TinyShadow, 1>()
    private var third = CandleAverage<TinyShadow, 0>()
    private var firstEqual = CandleAverage<Equality, 2>()
    private var secondEqual = CandleAverage<Equality, 1>()

    @inline(__always)
    mutating func update(_ candles: Candles, _ step: CandleStep) {
        first.update(candles, step)
        second.update(candles, step)
        third.update(candles, step)
        firstEqual.update(candles, step)
        secondEqual.update(candles, step)
    }

    @inline(__always)
    mutating func judge(_ candles: Candles) -> Double {
        guard all(candles.isBlack(2), candles.isBlack(1), candles.isBlack(0)) else { return 0 }
        guard candles.close(2) > candles.close(1), candles.close(1) > candles.close(0) else { return 0 }
        guard isWithin(firstEqual.value, candles.open(1), of: candles.close(2)),
            isWithin(secondEqual.value, candles.open(0), of: candles.close(1))
        else { return 0 }
        let isBare = candles.lower(2) < first.value && candles.lower(1) < second.value && candles.lower(0) < third.value
        return isBare ? -100 : 0
    }
}

/// `cdl_3starsinsouth()`: three black candles that shrink: a long body over a longer shadow, a smaller one within its
/// range with a higher low, and a bare short one within the second's range. 100.
struct ThreeStarsInSouth: CandlePattern {
    static let lookBack = 12
    private var long = CandleAverage<LongBody, 2>()
    private var second = CandleAverage<TinyShadow, 1>()
    private var third = CandleAverage<TinyShadow, 0>()
    private var short = CandleAverage<ShortBody, 0>()

    @inline(__always)
    mutating func update(_ candles: Candles, _ step: CandleStep) {
        long.update(candles, step)
        second.update(candles, step)
        third.update(candles, step)
        short.update(candles, step)
    }

    @inline(__always)
    mutating func judge(_ candles: Candles) -> Double {
        guard all(candles.isBlack(2), candles.isBlack(1), candles.isBlack(0)) else { return 0 }
        let body = candles.body(2)
        guard body > long.value, candles.lower(2) > body, candles.body(1) < body else { return 0 }
        guard candles.open(1) > candles.close(2), candles.open(1) <= candles.high(2) else { return 0 }
        guard candles.low(1) < candles.close(2), candles.low(1) >= candles.low(2) else { return 0 }
        guard candles.lower(1) > second.value, candles.body(0) < short.value else { return 0 }
        guard candles.lower(0) < third.value, candles.upper(0) < third.value else { return 0 }
        return candles.low(0) > candles.low(1) && candles.high(0) < candles.high(1) ? 100 : 0
    }
}
