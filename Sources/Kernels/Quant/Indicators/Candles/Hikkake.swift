/// A break out of an inside bar that is remembered for three bars, in which a close beyond the inside bar confirms that
/// it was false.
struct FalseBreak: Sendable, BitwiseCopyable {
    private var sign = 0.0
    private var level = 0.0
    private var left = 0

    /// Remembers a break seen at the newest candle; up is where it broke downward.
    @inline(__always)
    mutating func found(_ candles: Candles) -> Double {
        sign = candles.high(0) < candles.high(1) ? 1 : -1
        level = sign > 0 ? candles.high(1) : candles.low(1)
        left = 3
        return sign * 100
    }

    /// ±200 where the newest close confirms the last break, else 0.
    @inline(__always)
    mutating func confirmed(_ candles: Candles) -> Double {
        guard left > 0 else { return 0 }
        left -= 1
        guard sign > 0 ? candles.close(0) > level : candles.close(0) < level else { return 0 }
        left = 0
        return sign * 200
    }
}

/// `cdl_hikkake()`: an inside bar, then a bar with a lower high and low: 100, or with a higher high and low: −100
/// (Chesler 2003); ±200 on a close beyond the inside bar within three bars after.
struct Hikkake: CandlePattern {
    static let lookBack = 5
    static let warmUp = 2
    private var memory = FalseBreak()

    @inline(__always)
    mutating func judge(_ candles: Candles) -> Double {
        let isInside = candles.high(1) < candles.high(2) && candles.low(1) > candles.low(2)
        let breaksDown = candles.high(0) < candles.high(1) && candles.low(0) < candles.low(1)
        let breaksUp = candles.high(0) > candles.high(1) && candles.low(0) > candles.low(1)
        return isInside && (breaksDown || breaksUp) ? memory.found(candles) : memory.confirmed(candles)
    }
}

/// `cdl_hikkakemod()`: two inside bars, the first of which closes near its low before a break downward, near its high
/// before one upward; values as in `cdl_hikkake`.
struct ModifiedHikkake: CandlePattern {
    static let lookBack = 10
    static let warmUp = 7
    private var near = CandleAverage<Nearness, 2>()
    private var memory = FalseBreak()

    @inline(__always)
    mutating func update(_ candles: Candles, _ step: CandleStep) { near.update(candles, step) }

    @inline(__always)
    mutating func judge(_ candles: Candles) -> Double {
        let isInside = candles.high(2) < candles.high(3) && candles.low(2) > candles.low(3)
            && candles.high(1) < candles.high(2) && candles.low(1) > candles.low(2)
        guard isInside else { return memory.confirmed(candles) }
        let breaksDown = candles.high(0) < candles.high(1) && candles.low(0) < candles.low(1)
            && candles.close(2) <= candles.low(2) + near.value
        let breaksUp = candles.high(0) > candles.high(1) && candles.low(0) > candles.low(1)
            && candles.close(2) >= candles.high(2) - near.value
        return breaksDown || breaksUp ? memory.found(candles) : memory.confirmed(candles)
    }
}
