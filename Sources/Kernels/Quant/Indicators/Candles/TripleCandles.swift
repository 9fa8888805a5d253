/// `cdl_3inside()`: a harami, then a candle that closes beyond the first's open: 100 upward, −100 downward.
struct ThreeInside: CandlePattern {
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
        guard candles.isInside(1, of: 2), candles.isWhite(2) != candles.isWhite(0) else { return 0 }
        let isBeyond = candles.isWhite(2) ? candles.close(0) < candles.open(2) : candles.close(0) > candles.open(2)
        guard isBeyond, candles.body(2) > long.value, candles.body(1) <= short.value else { return 0 }
        return -candles.color(2) * 100
    }
}

/// `cdl_3outside()`: an engulfing body, then a candle that closes beyond it: 100 upward, −100 downward.
struct ThreeOutside: CandlePattern {
    static let lookBack = 3

    @inline(__always)
    mutating func judge(_ candles: Candles) -> Double {
        guard candles.isWhite(1) != candles.isWhite(2) else { return 0 }
        if candles.isWhite(1) {
            let isEngulfing = candles.close(1) > candles.open(2) && candles.open(1) < candles.close(2)
            return isEngulfing && candles.close(0) > candles.close(1) ? 100 : 0
        }
        let isEngulfing = candles.open(1) > candles.close(2) && candles.close(1) < candles.open(2)
        return isEngulfing && candles.close(0) < candles.close(1) ? -100 : 0
    }
}

/// `cdl_gapsidesidewhite()`: two white candles side by side, of about one body and open, both beyond the body before:
/// 100 above, −100 below.
struct GapSideBySideWhite: CandlePattern {
    static let lookBack = 7
    private var near = CandleAverage<Nearness, 1>()
    private var equal = CandleAverage<Equality, 1>()

    @inline(__always)
    mutating func update(_ candles: Candles, _ step: CandleStep) {
        near.update(candles, step)
        equal.update(candles, step)
    }

    @inline(__always)
    mutating func judge(_ candles: Candles) -> Double {
        let isAbove = candles.bodyGapsUp(1, over: 2) && candles.bodyGapsUp(0, over: 2)
        guard isAbove || candles.bodyGapsDown(1, under: 2) && candles.bodyGapsDown(0, under: 2) else { return 0 }
        guard all(candles.isWhite(1), candles.isWhite(0)) else { return 0 }
        guard isWithin(near.value, candles.body(0), of: candles.body(1)),
            isWithin(equal.value, candles.open(0), of: candles.open(1))
        else { return 0 }
        return isAbove ? 100 : -100
    }
}

/// `cdl_sticksandwich()`: two black candles that close at one price, and a white one between them above it. 100.
struct StickSandwich: CandlePattern {
    static let lookBack = 7
    private var equal = CandleAverage<Equality, 2>()

    @inline(__always)
    mutating func update(_ candles: Candles, _ step: CandleStep) {
        equal.update(candles, step)
    }

    @inline(__always)
    mutating func judge(_ candles: Candles) -> Double {
        guard all(candles.isBlack(2), candles.isWhite(1), candles.isBlack(0)), candles.low(1) > candles.close(2)
        else { return 0 }
        return isWithin(equal.value, candles.close(0), of: candles.close(2)) ? 100 : 0
    }
}

/// `cdl_tasukigap()`: a body beyond the one before, then one of the other color and about its size that opens in it and
/// closes in the gap: 100 upward, −100 downward.
struct TasukiGap: CandlePattern {
    static let lookBack = 7
    private var near = CandleAverage<Nearness, 1>()

    @inline(__always)
    mutating func update(_ candles: Candles, _ step: CandleStep) {
        near.update(candles, step)
    }

    @inline(__always)
    mutating func judge(_ candles: Candles) -> Double {
        let hasGap = candles.bodyGapsUp(1, over: 2) || candles.bodyGapsDown(1, under: 2)
        guard hasGap, candles.isWhite(1) != candles.isWhite(0) else { return 0 }
        let (open, close) = (candles.open(0), candles.close(0))
        if candles.isWhite(1) {
            guard candles.bodyGapsUp(1, over: 2), open < candles.close(1), open > candles.open(1),
                close < candles.open(1), close > candles.top(2)
            else { return 0 }
        } else {
            guard candles.bodyGapsDown(1, under: 2), open < candles.open(1), open > candles.close(1),
                close > candles.open(1), close < candles.bottom(2)
            else { return 0 }
        }
        return abs(candles.body(1) - candles.body(0)) < near.value ? candles.color(1) * 100 : 0
    }
}

/// `cdl_xsidegap3methods()`: two bodies of one color with a gap between them, then one of the other color from the
/// second into the first: 100 upward, −100 downward.
struct GapThreeMethods: CandlePattern {
    static let lookBack = 2

    @inline(__always)
    mutating func judge(_ candles: Candles) -> Double {
        guard all(candles.isWhite(2) == candles.isWhite(1), candles.isWhite(1) != candles.isWhite(0)) else { return 0 }
        guard candles.open(0) < candles.top(1), candles.open(0) > candles.bottom(1) else { return 0 }
        guard candles.close(0) < candles.top(2), candles.close(0) > candles.bottom(2) else { return 0 }
        let hasGap = candles.isWhite(2) ? candles.bodyGapsUp(1, over: 2) : candles.bodyGapsDown(1, under: 2)
        return hasGap ? candles.color(2) * 100 : 0
    }
}
