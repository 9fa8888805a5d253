/// `cdl_3linestrike()`: three candles of one color, each opening in or near the body before and closing further, then
/// one that takes it all back: 100 after white, −100 after black.
struct ThreeLineStrike: CandlePattern {
    static let lookBack = 8
    private var first = CandleAverage<Nearness, 3>()
    private var second = CandleAverage<Nearness, 2>()

    @inline(__always)
    mutating func update(_ candles: Candles, _ step: CandleStep) {
        first.update(candles, step)
        second.update(candles, step)
    }

    @inline(__always)
    mutating func judge(_ candles: Candles) -> Double {
        let isWhite = candles.isWhite(1)
        guard all(candles.isWhite(3) == isWhite, candles.isWhite(2) == isWhite, candles.isWhite(0) != isWhite)
        else { return 0 }
        if isWhite {
            guard candles.close(1) > candles.close(2), candles.close(2) > candles.close(3),
                candles.open(0) > candles.close(1), candles.close(0) < candles.open(3)
            else { return 0 }
        } else {
            guard candles.close(1) < candles.close(2), candles.close(2) < candles.close(3),
                candles.open(0) < candles.close(1), candles.close(0) > candles.open(3)
            else { return 0 }
        }
        guard candles.open(2) >= candles.bottom(3) - first.value, candles.open(2) <= candles.top(3) + first.value,
            candles.open(1) >= candles.bottom(2) - second.value, candles.open(1) <= candles.top(2) + second.value
        else { return 0 }
        return candles.color(1) * 100
    }
}

/// `cdl_concealbabyswall()`: two bare black bodies, a black one below them with a shadow up into the second, and a
/// black one whose range covers the third's. 100.
struct ConcealingBabySwallow: CandlePattern {
    static let lookBack = 13
    private var first = CandleAverage<TinyShadow, 3>()
    private var second = CandleAverage<TinyShadow, 2>()
    private var third = CandleAverage<TinyShadow, 1>()

    @inline(__always)
    mutating func update(_ candles: Candles, _ step: CandleStep) {
        first.update(candles, step)
        second.update(candles, step)
        third.update(candles, step)
    }

    @inline(__always)
    mutating func judge(_ candles: Candles) -> Double {
        guard all(candles.isBlack(3), candles.isBlack(2), candles.isBlack(1), candles.isBlack(0)) else { return 0 }
        guard candles.bodyGapsDown(1, under: 2), candles.high(1) > candles.close(2) else { return 0 }
        guard candles.high(0) > candles.high(1), candles.low(0) < candles.low(1) else { return 0 }
        guard candles.lower(3) < first.value, candles.upper(3) < first.value else { return 0 }
        guard candles.lower(2) < second.value, candles.upper(2) < second.value else { return 0 }
        return candles.upper(1) > third.value ? 100 : 0
    }
}

/// `cdl_ladderbottom()`: three black candles with lower opens and closes, a black one with an upper shadow, then a
/// white one that opens above its body and closes above its high. 100.
struct LadderBottom: CandlePattern {
    static let lookBack = 14
    private var tiny = CandleAverage<TinyShadow, 1>()

    @inline(__always)
    mutating func update(_ candles: Candles, _ step: CandleStep) {
        tiny.update(candles, step)
    }

    @inline(__always)
    mutating func judge(_ candles: Candles) -> Double {
        guard all(candles.isBlack(4), candles.isBlack(3), candles.isBlack(2), candles.isBlack(1), candles.isWhite(0))
        else { return 0 }
        guard candles.open(4) > candles.open(3), candles.open(3) > candles.open(2) else { return 0 }
        guard candles.close(4) > candles.close(3), candles.close(3) > candles.close(2) else { return 0 }
        guard candles.open(0) > candles.open(1), candles.close(0) > candles.high(1) else { return 0 }
        return candles.upper(1) > tiny.value ? 100 : 0
    }
}

/// `cdl_breakaway()`: a long body, one of its color beyond it, two that go on, then one of the other color that closes
/// in the gap: 100 upward, −100 downward.
struct Breakaway: CandlePattern {
    static let lookBack = 14
    private var long = CandleAverage<LongBody, 4>()

    @inline(__always)
    mutating func update(_ candles: Candles, _ step: CandleStep) {
        long.update(candles, step)
    }

    @inline(__always)
    mutating func judge(_ candles: Candles) -> Double {
        let isWhite = candles.isWhite(4)
        guard all(candles.isWhite(3) == isWhite, candles.isWhite(1) == isWhite, candles.isWhite(0) != isWhite)
        else { return 0 }
        if isWhite {
            guard candles.bodyGapsUp(3, over: 4), candles.high(2) > candles.high(3), candles.low(2) > candles.low(3),
                candles.high(1) > candles.high(2), candles.low(1) > candles.low(2),
                candles.close(0) < candles.open(3), candles.close(0) > candles.close(4)
            else { return 0 }
        } else {
            guard candles.bodyGapsDown(3, under: 4), candles.high(2) < candles.high(3), candles.low(2) < candles.low(3),
                candles.high(1) < candles.high(2), candles.low(1) < candles.low(2),
                candles.close(0) > candles.open(3), candles.close(0) < candles.close(4)
            else { return 0 }
        }
        return candles.body(4) > long.value ? candles.color(0) * 100 : 0
    }
}

/// `cdl_mathold(penetration)`: a long white body, a short black one above it, two short ones that fall back into it by
/// less than the share 0.5, then a white one above them all. 100.
struct MatHold: CandlePattern {
    static let lookBack = 14
    private var long = CandleAverage<LongBody, 4>()
    private var first = CandleAverage<ShortBody, 3>()
    private var second = CandleAverage<ShortBody, 2>()
    private var third = CandleAverage<ShortBody, 1>()
    private let penetration: Double

    init(penetration: Double) { self.penetration = penetration }

    @inline(__always)
    mutating func update(_ candles: Candles, _ step: CandleStep) {
        long.update(candles, step)
        first.update(candles, step)
        second.update(candles, step)
        third.update(candles, step)
    }

    @inline(__always)
    mutating func judge(_ candles: Candles) -> Double {
        guard candles.bodyGapsUp(3, over: 4), all(candles.isWhite(4), candles.isBlack(3), candles.isWhite(0))
        else { return 0 }
        let body = candles.body(4)
        let floor = candles.close(4) - body * penetration
        guard candles.bottom(2) < candles.close(4), candles.bottom(1) < candles.close(4), candles.bottom(2) > floor,
            candles.bottom(1) > floor
        else { return 0 }
        guard candles.top(2) < candles.open(3), candles.top(1) < candles.top(2), candles.open(0) > candles.close(1)
        else { return 0 }
        guard candles.close(0) > max(candles.high(3), candles.high(2), candles.high(1)) else { return 0 }
        guard candles.body(3) < first.value, candles.body(2) < second.value, candles.body(1) < third.value
        else { return 0 }
        return body > long.value ? 100 : 0
    }
}

/// `cdl_risefall3methods()`: a long body, three short ones of the other color within its range that drift back, then a
/// long one of its color beyond its close: 100 white, −100 black.
struct ThreeMethods: CandlePattern {
    static let lookBack = 14
    private var long = CandleAverage<LongBody, 4>()
    private var first = CandleAverage<ShortBody, 3>()
    private var second = CandleAverage<ShortBody, 2>()
    private var third = CandleAverage<ShortBody, 1>()
    private var last = CandleAverage<LongBody, 0>()

    @inline(__always)
    mutating func update(_ candles: Candles, _ step: CandleStep) {
        long.update(candles, step)
        first.update(candles, step)
        second.update(candles, step)
        third.update(candles, step)
        last.update(candles, step)
    }

    @inline(__always)
    mutating func judge(_ candles: Candles) -> Double {
        let isWhite = candles.isWhite(4)
        guard all(candles.isWhite(3) != isWhite, candles.isWhite(2) != isWhite, candles.isWhite(1) != isWhite, candles.isWhite(0) == isWhite)
        else { return 0 }
        let (high, low) = (candles.high(4), candles.low(4))
        guard candles.bottom(3) < high, candles.top(3) > low, candles.bottom(2) < high, candles.top(2) > low,
            candles.bottom(1) < high, candles.top(1) > low
        else { return 0 }
        let sign = candles.color(4)
        guard candles.close(2) * sign < candles.close(3) * sign, candles.close(1) * sign < candles.close(2) * sign,
            candles.open(0) * sign > candles.close(1) * sign, candles.close(0) * sign > candles.close(4) * sign
        else { return 0 }
        guard candles.body(3) < first.value, candles.body(2) < second.value, candles.body(1) < third.value
        else { return 0 }
        return candles.body(4) > long.value && candles.body(0) > last.value ? sign * 100 : 0
    }
}
