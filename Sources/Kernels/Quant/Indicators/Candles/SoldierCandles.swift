/// `cdl_3whitesoldiers()`: three white candles that open in or near the body before and close higher, next to no upper
/// shadows, none far shorter than the one before, the last not short. 100.
struct ThreeWhiteSoldiers: CandlePattern {
    static let lookBack = 12
    private var firstTiny = CandleAverage<TinyShadow, 2>()
    private var secondTiny = CandleAverage<TinyShadow, 1>()
    private var thirdTiny = CandleAverage<TinyShadow, 0>()
    private var firstNear = CandleAverage<Nearness, 2>()
    private var secondNear = CandleAverage<Nearness, 1>()
    private var firstFar = CandleAverage<Farness, 2>()
    private var secondFar = CandleAverage<Farness, 1>()
    private var short = CandleAverage<ShortBody, 0>()

    @inline(__always)
    mutating func update(_ candles: Candles, _ step: CandleStep) {
        firstTiny.update(candles, step)
        secondTiny.update(candles, step)
        thirdTiny.update(candles, step)
        firstNear.update(candles, step)
        secondNear.update(candles, step)
        firstFar.update(candles, step)
        secondFar.update(candles, step)
        short.update(candles, step)
    }

    @inline(__always)
    mutating func judge(_ candles: Candles) -> Double {
        guard all(candles.isWhite(2), candles.isWhite(1), candles.isWhite(0)) else { return 0 }
        guard candles.close(0) > candles.close(1), candles.close(1) > candles.close(2) else { return 0 }
        guard candles.open(1) > candles.open(2), candles.open(1) <= candles.close(2) + firstNear.value else { return 0 }
        guard candles.open(0) > candles.open(1), candles.open(0) <= candles.close(1) + secondNear.value
        else { return 0 }
        guard candles.upper(2) < firstTiny.value, candles.upper(1) < secondTiny.value,
            candles.upper(0) < thirdTiny.value
        else { return 0 }
        guard candles.body(1) > candles.body(2) - firstFar.value, candles.body(0) > candles.body(1) - secondFar.value
        else { return 0 }
        return candles.body(0) > short.value ? 100 : 0
    }
}

/// `cdl_advanceblock()`: three white candles that close higher, the first long with a short upper shadow, and weaken:
/// bodies shrink, or upper shadows grow. −100.
struct AdvanceBlock: CandlePattern {
    static let lookBack = 12
    private var firstShadow = CandleAverage<ShortShadow, 2>()
    private var secondShadow = CandleAverage<ShortShadow, 1>()
    private var thirdShadow = CandleAverage<ShortShadow, 0>()
    private var firstNear = CandleAverage<Nearness, 2>()
    private var secondNear = CandleAverage<Nearness, 1>()
    private var firstFar = CandleAverage<Farness, 2>()
    private var secondFar = CandleAverage<Farness, 1>()
    private var long = CandleAverage<LongBody, 2>()

    @inline(__always)
    mutating func update(_ candles: Candles, _ step: CandleStep) {
        firstShadow.update(candles, step)
        secondShadow.update(candles, step)
        thirdShadow.update(candles, step)
        firstNear.update(candles, step)
        secondNear.update(candles, step)
        firstFar.update(candles, step)
        secondFar.update(candles, step)
        long.update(candles, step)
    }

    @inline(__always)
    mutating func judge(_ candles: Candles) -> Double {
        guard all(candles.isWhite(2), candles.isWhite(1), candles.isWhite(0)) else { return 0 }
        guard candles.close(0) > candles.close(1), candles.close(1) > candles.close(2) else { return 0 }
        guard candles.open(1) > candles.open(2), candles.open(1) <= candles.close(2) + firstNear.value else { return 0 }
        guard candles.open(0) > candles.open(1), candles.open(0) <= candles.close(1) + secondNear.value
        else { return 0 }
        let (first, second, third) = (candles.body(2), candles.body(1), candles.body(0))
        guard first > long.value, candles.upper(2) < firstShadow.value else { return 0 }
        if second < first - firstFar.value, third < second + secondNear.value { return -100 }
        if third < second - secondFar.value { return -100 }
        guard third < second else { return 0 }
        let isShaded = candles.upper(0) > thirdShadow.value || candles.upper(1) > secondShadow.value
        return second < first && isShaded || candles.upper(0) > third ? -100 : 0
    }
}

/// `cdl_stalledpattern()`: two long white bodies, the second bare above, and a short white one at its end. −100.
struct StalledPattern: CandlePattern {
    static let lookBack = 12
    private var firstLong = CandleAverage<LongBody, 2>()
    private var secondLong = CandleAverage<LongBody, 1>()
    private var short = CandleAverage<ShortBody, 0>()
    private var tiny = CandleAverage<TinyShadow, 1>()
    private var firstNear = CandleAverage<Nearness, 2>()
    private var secondNear = CandleAverage<Nearness, 1>()

    @inline(__always)
    mutating func update(_ candles: Candles, _ step: CandleStep) {
        firstLong.update(candles, step)
        secondLong.update(candles, step)
        short.update(candles, step)
        tiny.update(candles, step)
        firstNear.update(candles, step)
        secondNear.update(candles, step)
    }

    @inline(__always)
    mutating func judge(_ candles: Candles) -> Double {
        guard all(candles.isWhite(2), candles.isWhite(1), candles.isWhite(0)) else { return 0 }
        guard candles.close(0) > candles.close(1), candles.close(1) > candles.close(2) else { return 0 }
        guard candles.body(2) > firstLong.value, candles.body(1) > secondLong.value, candles.upper(1) < tiny.value
        else { return 0 }
        guard candles.open(1) > candles.open(2), candles.open(1) <= candles.close(2) + firstNear.value else { return 0 }
        let body = candles.body(0)
        return body < short.value && candles.open(0) >= candles.close(1) - body - secondNear.value ? -100 : 0
    }
}
