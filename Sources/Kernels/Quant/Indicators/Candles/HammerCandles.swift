/// `cdl_hammer()`: a short body over a lower shadow longer than it, next to no upper shadow, near or below the low
/// before. 100.
struct Hammer: CandlePattern {
    static let lookBack = 11
    private var short = CandleAverage<ShortBody, 0>()
    private var tiny = CandleAverage<TinyShadow, 0>()
    private var near = CandleAverage<Nearness, 1>()

    @inline(__always)
    mutating func update(_ candles: Candles, _ step: CandleStep) {
        short.update(candles, step)
        tiny.update(candles, step)
        near.update(candles, step)
    }

    @inline(__always)
    mutating func judge(_ candles: Candles) -> Double {
        let body = candles.body(0)
        guard all(body < short.value, candles.lower(0) > body, candles.upper(0) < tiny.value) else { return 0 }
        return candles.bottom(0) <= candles.low(1) + near.value ? 100 : 0
    }
}

/// `cdl_hangingman()`: the shape of a hammer near or above the high before. −100.
struct HangingMan: CandlePattern {
    static let lookBack = 11
    private var short = CandleAverage<ShortBody, 0>()
    private var tiny = CandleAverage<TinyShadow, 0>()
    private var near = CandleAverage<Nearness, 1>()

    @inline(__always)
    mutating func update(_ candles: Candles, _ step: CandleStep) {
        short.update(candles, step)
        tiny.update(candles, step)
        near.update(candles, step)
    }

    @inline(__always)
    mutating func judge(_ candles: Candles) -> Double {
        let body = candles.body(0)
        guard all(body < short.value, candles.lower(0) > body, candles.upper(0) < tiny.value) else { return 0 }
        return candles.bottom(0) >= candles.high(1) - near.value ? -100 : 0
    }
}

/// `cdl_invertedhammer()`: a short body under an upper shadow longer than it, next to no lower shadow, its body below
/// the one before. 100.
struct InvertedHammer: CandlePattern {
    static let lookBack = 11
    private var short = CandleAverage<ShortBody, 0>()
    private var tiny = CandleAverage<TinyShadow, 0>()

    @inline(__always)
    mutating func update(_ candles: Candles, _ step: CandleStep) {
        short.update(candles, step)
        tiny.update(candles, step)
    }

    @inline(__always)
    mutating func judge(_ candles: Candles) -> Double {
        let body = candles.body(0)
        guard candles.bodyGapsDown(0, under: 1), body < short.value else { return 0 }
        return candles.upper(0) > body && candles.lower(0) < tiny.value ? 100 : 0
    }
}

/// `cdl_shootingstar()`: the shape of an inverted hammer, its body above the one before. −100.
struct ShootingStar: CandlePattern {
    static let lookBack = 11
    private var short = CandleAverage<ShortBody, 0>()
    private var tiny = CandleAverage<TinyShadow, 0>()

    @inline(__always)
    mutating func update(_ candles: Candles, _ step: CandleStep) {
        short.update(candles, step)
        tiny.update(candles, step)
    }

    @inline(__always)
    mutating func judge(_ candles: Candles) -> Double {
        let body = candles.body(0)
        guard candles.bodyGapsUp(0, over: 1), body < short.value else { return 0 }
        return candles.upper(0) > body && candles.lower(0) < tiny.value ? -100 : 0
    }
}
