/// `cdl_eveningstar(penetration)`: a long white body, a short one above it, then a black one, not short, that closes in
/// the first by more than the share 0.3. −100.
struct EveningStar: CandlePattern {
    static let lookBack = 12
    private var long = CandleAverage<LongBody, 2>()
    private var middle = CandleAverage<ShortBody, 1>()
    private var last = CandleAverage<ShortBody, 0>()
    private let penetration: Double

    init(penetration: Double) { self.penetration = penetration }

    @inline(__always)
    mutating func update(_ candles: Candles, _ step: CandleStep) {
        long.update(candles, step)
        middle.update(candles, step)
        last.update(candles, step)
    }

    @inline(__always)
    mutating func judge(_ candles: Candles) -> Double {
        guard candles.bodyGapsUp(1, over: 2), all(candles.isWhite(2), candles.isBlack(0)) else { return 0 }
        let body = candles.body(2)
        guard body > long.value, candles.body(1) <= middle.value, candles.body(0) > last.value else { return 0 }
        return candles.close(0) < candles.close(2) - body * penetration ? -100 : 0
    }
}

/// `cdl_eveningdojistar(penetration)`: an evening star whose middle is a doji. −100.
struct EveningDojiStar: CandlePattern {
    static let lookBack = 12
    private var long = CandleAverage<LongBody, 2>()
    private var middle = CandleAverage<DojiBody, 1>()
    private var last = CandleAverage<ShortBody, 0>()
    private let penetration: Double

    init(penetration: Double) { self.penetration = penetration }

    @inline(__always)
    mutating func update(_ candles: Candles, _ step: CandleStep) {
        long.update(candles, step)
        middle.update(candles, step)
        last.update(candles, step)
    }

    @inline(__always)
    mutating func judge(_ candles: Candles) -> Double {
        guard candles.bodyGapsUp(1, over: 2), all(candles.isWhite(2), candles.isBlack(0)) else { return 0 }
        let body = candles.body(2)
        guard body > long.value, candles.body(1) <= middle.value, candles.body(0) > last.value else { return 0 }
        return candles.close(0) < candles.close(2) - body * penetration ? -100 : 0
    }
}

/// `cdl_morningstar(penetration)`: a long black body, a short one below it, then a white one, not short, that closes in
/// the first by more than the share 0.3. 100.
struct MorningStar: CandlePattern {
    static let lookBack = 12
    private var long = CandleAverage<LongBody, 2>()
    private var middle = CandleAverage<ShortBody, 1>()
    private var last = CandleAverage<ShortBody, 0>()
    private let penetration: Double

    init(penetration: Double) { self.penetration = penetration }

    @inline(__always)
    mutating func update(_ candles: Candles, _ step: CandleStep) {
        long.update(candles, step)
        middle.update(candles, step)
        last.update(candles, step)
    }

    @inline(__always)
    mutating func judge(_ candles: Candles) -> Double {
        guard candles.bodyGapsDown(1, under: 2), all(candles.isBlack(2), candles.isWhite(0)) else { return 0 }
        let body = candles.body(2)
        guard body > long.value, candles.body(1) <= middle.value, candles.body(0) > last.value else { return 0 }
        return candles.close(0) > candles.close(2) + body * penetration ? 100 : 0
    }
}

/// `cdl_morningdojistar(penetration)`: a morning star whose middle is a doji. 100.
struct MorningDojiStar: CandlePattern {
    static let lookBack = 12
    private var long = CandleAverage<LongBody, 2>()
    private var middle = CandleAverage<DojiBody, 1>()
    private var last = CandleAverage<ShortBody, 0>()
    private let penetration: Double

    init(penetration: Double) { self.penetration = penetration }

    @inline(__always)
    mutating func update(_ candles: Candles, _ step: CandleStep) {
        long.update(candles, step)
        middle.update(candles, step)
        last.update(candles, step)
    }

    @inline(__always)
    mutating func judge(_ candles: Candles) -> Double {
        guard candles.bodyGapsDown(1, under: 2), all(candles.isBlack(2), candles.isWhite(0)) else { return 0 }
        let body = candles.body(2)
        guard body > long.value, candles.body(1) <= middle.value, candles.body(0) > last.value else { return 0 }
        return candles.close(0) > candles.close(2) + body * penetration ? 100 : 0
    }
}

/// `cdl_abandonedbaby(penetration)`: a star whose doji is apart from both its neighbours by gaps, shadows too: 100
/// after a long black body, −100 after a long white one.
struct AbandonedBaby: CandlePattern {
    static let lookBack = 12
    private var long = CandleAverage<LongBody, 2>()
    private var doji = CandleAverage<DojiBody, 1>()
    private var last = CandleAverage<ShortBody, 0>()
    private let penetration: Double

    init(penetration: Double) { self.penetration = penetration }

    @inline(__always)
    mutating func update(_ candles: Candles, _ step: CandleStep) {
        long.update(candles, step)
        doji.update(candles, step)
        last.update(candles, step)
    }

    @inline(__always)
    mutating func judge(_ candles: Candles) -> Double {
        let body = candles.body(2)
        guard body > long.value, candles.body(1) <= doji.value, candles.body(0) > last.value else { return 0 }
        if candles.isWhite(2) {
            guard candles.isBlack(0), candles.close(0) < candles.close(2) - body * penetration else { return 0 }
            return candles.gapsUp(1, over: 2) && candles.gapsDown(0, under: 1) ? -100 : 0
        }
        guard candles.isWhite(0), candles.close(0) > candles.close(2) + body * penetration else { return 0 }
        return candles.gapsDown(1, under: 2) && candles.gapsUp(0, over: 1) ? 100 : 0
    }
}

/// `cdl_tristar()`: three dojis, the middle one beyond the others: above −100, below 100. What a doji is comes from the
/// candles before the first.
struct TriStar: CandlePattern {
    static let lookBack = 12
    private var doji = CandleAverage<DojiBody, 2>()

    @inline(__always)
    mutating func update(_ candles: Candles, _ step: CandleStep) {
        doji.update(candles, step)
    }

    @inline(__always)
    mutating func judge(_ candles: Candles) -> Double {
        let small = doji.value
        guard candles.body(2) <= small, candles.body(1) <= small, candles.body(0) <= small else { return 0 }
        if candles.bodyGapsUp(1, over: 2), candles.top(0) < candles.top(1) { return -100 }
        return candles.bodyGapsDown(1, under: 2) && candles.bottom(0) > candles.bottom(1) ? 100 : 0
    }
}

/// `cdl_unique3river()`: a long black body, a black one in it with a lower low, then a short white one above that low.
/// 100.
struct UniqueThreeRiver: CandlePattern {
    static let lookBack = 12
    private var long = CandleAverage<LongBody, 2>()
    private var short = CandleAverage<ShortBody, 0>()

    @inline(__always)
    mutating func update(_ candles: Candles, _ step: CandleStep) {
        long.update(candles, step)
        short.update(candles, step)
    }

    @inline(__always)
    mutating func judge(_ candles: Candles) -> Double {
        guard all(candles.isBlack(2), candles.isBlack(1), candles.isWhite(0)) else { return 0 }
        guard candles.close(1) > candles.close(2), candles.open(1) <= candles.open(2), candles.low(1) < candles.low(2)
        else { return 0 }
        guard candles.open(0) > candles.low(1) else { return 0 }
        return candles.body(2) > long.value && candles.body(0) < short.value ? 100 : 0
    }
}
