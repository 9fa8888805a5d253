/// `cdl_doji()`: a body next to none. 100.
struct Doji: CandlePattern {
    static let lookBack = 10
    private var doji = CandleAverage<DojiBody, 0>()

    @inline(__always)
    mutating func update(_ candles: Candles, _ step: CandleStep) {
        doji.update(candles, step)
    }

    @inline(__always)
    mutating func judge(_ candles: Candles) -> Double {
        signal(candles.body(0) <= doji.value)
    }
}

/// `cdl_dragonflydoji()`: a doji at the top of its range: no upper shadow to speak of, a lower one. 100.
struct DragonflyDoji: CandlePattern {
    static let lookBack = 10
    private var doji = CandleAverage<DojiBody, 0>()

    @inline(__always)
    mutating func update(_ candles: Candles, _ step: CandleStep) {
        doji.update(candles, step)
    }

    @inline(__always)
    mutating func judge(_ candles: Candles) -> Double {
        let small = doji.value
        return signal(all(candles.body(0) <= small, candles.upper(0) < small, candles.lower(0) > small))
    }
}

/// `cdl_gravestonedoji()`: a doji at the bottom of its range. 100.
struct GravestoneDoji: CandlePattern {
    static let lookBack = 10
    private var doji = CandleAverage<DojiBody, 0>()

    @inline(__always)
    mutating func update(_ candles: Candles, _ step: CandleStep) {
        doji.update(candles, step)
    }

    @inline(__always)
    mutating func judge(_ candles: Candles) -> Double {
        let small = doji.value
        return signal(all(candles.body(0) <= small, candles.lower(0) < small, candles.upper(0) > small))
    }
}

/// `cdl_longleggeddoji()`: a doji with a shadow longer than its body. 100.
struct LongLeggedDoji: CandlePattern {
    static let lookBack = 10
    private var doji = CandleAverage<DojiBody, 0>()

    @inline(__always)
    mutating func update(_ candles: Candles, _ step: CandleStep) {
        doji.update(candles, step)
    }

    @inline(__always)
    mutating func judge(_ candles: Candles) -> Double {
        let body = candles.body(0)
        let isLegged = larger(candles.lower(0), candles.upper(0)) > body
        return signal(all(body <= doji.value, isLegged))
    }
}

/// `cdl_rickshawman()`: a doji near the middle of its range, both shadows longer than its body. 100.
struct RickshawMan: CandlePattern {
    static let lookBack = 10
    private var doji = CandleAverage<DojiBody, 0>()
    private var near = CandleAverage<Nearness, 0>()

    @inline(__always)
    mutating func update(_ candles: Candles, _ step: CandleStep) {
        doji.update(candles, step)
        near.update(candles, step)
    }

    @inline(__always)
    mutating func judge(_ candles: Candles) -> Double {
        let body = candles.body(0)
        guard body <= doji.value, candles.lower(0) > body, candles.upper(0) > body else { return 0 }
        let middle = candles.low(0) + candles.range(0) / 2
        return candles.bottom(0) <= middle + near.value && candles.top(0) >= middle - near.value ? 100 : 0
    }
}

/// `cdl_takuri()`: a dragonfly doji whose lower shadow is more than twice its body. 100.
struct Takuri: CandlePattern {
    static let lookBack = 10
    private var doji = CandleAverage<DojiBody, 0>()

    @inline(__always)
    mutating func update(_ candles: Candles, _ step: CandleStep) {
        doji.update(candles, step)
    }

    @inline(__always)
    mutating func judge(_ candles: Candles) -> Double {
        let small = doji.value
        let body = candles.body(0)
        return signal(all(body <= small, candles.upper(0) < small, candles.lower(0) > 2 * body))
    }
}

/// `cdl_highwave()`: a short body between shadows of more than twice its length. 100 white, −100 black.
struct HighWave: CandlePattern {
    static let lookBack = 10
    private var short = CandleAverage<ShortBody, 0>()

    @inline(__always)
    mutating func update(_ candles: Candles, _ step: CandleStep) {
        short.update(candles, step)
    }

    @inline(__always)
    mutating func judge(_ candles: Candles) -> Double {
        let body = candles.body(0)
        let isHigh = all(body < short.value, candles.upper(0) > 2 * body, candles.lower(0) > 2 * body)
        return signal(isHigh, candles.color(0))
    }
}

/// `cdl_spinningtop()`: a short body between longer shadows. 100 white, −100 black.
struct SpinningTop: CandlePattern {
    static let lookBack = 10
    private var short = CandleAverage<ShortBody, 0>()

    @inline(__always)
    mutating func update(_ candles: Candles, _ step: CandleStep) {
        short.update(candles, step)
    }

    @inline(__always)
    mutating func judge(_ candles: Candles) -> Double {
        let body = candles.body(0)
        let isTop = all(body < short.value, candles.upper(0) > body, candles.lower(0) > body)
        return signal(isTop, candles.color(0))
    }
}

/// `cdl_belthold()`: a long body that opens at the end of its range: a white one without a lower shadow 100, a black
/// one without an upper shadow −100.
struct BeltHold: CandlePattern {
    static let lookBack = 10
    private var long = CandleAverage<LongBody, 0>()
    private var tiny = CandleAverage<TinyShadow, 0>()

    @inline(__always)
    mutating func update(_ candles: Candles, _ step: CandleStep) {
        long.update(candles, step)
        tiny.update(candles, step)
    }

    @inline(__always)
    mutating func judge(_ candles: Candles) -> Double {
        let shadow = candles.isWhite(0) ? candles.lower(0) : candles.upper(0)
        return signal(all(candles.body(0) > long.value, shadow < tiny.value), candles.color(0))
    }
}

/// `cdl_closingmarubozu()`: a long body that closes at the end of its range. 100 white, −100 black.
struct ClosingMarubozu: CandlePattern {
    static let lookBack = 10
    private var long = CandleAverage<LongBody, 0>()
    private var tiny = CandleAverage<TinyShadow, 0>()

    @inline(__always)
    mutating func update(_ candles: Candles, _ step: CandleStep) {
        long.update(candles, step)
        tiny.update(candles, step)
    }

    @inline(__always)
    mutating func judge(_ candles: Candles) -> Double {
        let shadow = candles.isWhite(0) ? candles.upper(0) : candles.lower(0)
        return signal(all(candles.body(0) > long.value, shadow < tiny.value), candles.color(0))
    }
}

/// `cdl_marubozu()`: a long body that is all of its range. 100 white, −100 black.
struct Marubozu: CandlePattern {
    static let lookBack = 10
    private var long = CandleAverage<LongBody, 0>()
    private var tiny = CandleAverage<TinyShadow, 0>()

    @inline(__always)
    mutating func update(_ candles: Candles, _ step: CandleStep) {
        long.update(candles, step)
        tiny.update(candles, step)
    }

    @inline(__always)
    mutating func judge(_ candles: Candles) -> Double {
        let small = tiny.value
        let isBare = all(candles.upper(0) < small, candles.lower(0) < small)
        return signal(all(candles.body(0) > long.value, isBare), candles.color(0))
    }
}

/// `cdl_longline()`: a long body with short shadows. 100 white, −100 black.
struct LongLine: CandlePattern {
    static let lookBack = 10
    private var long = CandleAverage<LongBody, 0>()
    private var shadow = CandleAverage<ShortShadow, 0>()

    @inline(__always)
    mutating func update(_ candles: Candles, _ step: CandleStep) {
        long.update(candles, step)
        shadow.update(candles, step)
    }

    @inline(__always)
    mutating func judge(_ candles: Candles) -> Double {
        let small = shadow.value
        let isBare = all(candles.upper(0) < small, candles.lower(0) < small)
        return signal(all(candles.body(0) > long.value, isBare), candles.color(0))
    }
}

/// `cdl_shortline()`: a short body with short shadows. 100 white, −100 black.
struct ShortLine: CandlePattern {
    static let lookBack = 10
    private var short = CandleAverage<ShortBody, 0>()
    private var shadow = CandleAverage<ShortShadow, 0>()

    @inline(__always)
    mutating func update(_ candles: Candles, _ step: CandleStep) {
        short.update(candles, step)
        shadow.update(candles, step)
    }

    @inline(__always)
    mutating func judge(_ candles: Candles) -> Double {
        let small = shadow.value
        let isBare = all(candles.upper(0) < small, candles.lower(0) < small)
        return signal(all(candles.body(0) < short.value, isBare), candles.color(0))
    }
}
