/// The newest candle of a series and those before it, which patterns are read off. `back` counts bars before the
/// newest.
///
/// A candle is white where it closes at or above its open. Its body runs from open to close; shadows are what the range
/// has beyond the body.
struct Candles {
    private let opens: UnsafePointer<Double>
    private let highs: UnsafePointer<Double>
    private let lows: UnsafePointer<Double>
    private let closes: UnsafePointer<Double>

    /// Pointers to the newest values; older ones lie before them.
    @inline(__always)
    init(
        open: UnsafePointer<Double>, high: UnsafePointer<Double>, low: UnsafePointer<Double>,
        close: UnsafePointer<Double>
    ) {
        opens = open
        highs = high
        lows = low
        closes = close
    }

    @inline(__always)
    func open(_ back: Int) -> Double { opens[-back] }
    @inline(__always)
    func high(_ back: Int) -> Double { highs[-back] }
    @inline(__always)
    func low(_ back: Int) -> Double { lows[-back] }
    @inline(__always)
    func close(_ back: Int) -> Double { closes[-back] }

    /// True where the newest candle has no null.
    @inline(__always)
    var isComplete: Bool {
        let witness = (opens[0] + highs[0]) + (lows[0] + closes[0])
        return witness == witness
    }

    /// True where the newest high is less than a millionth of the one before.
    @inline(__always)
    var hasFallenFar: Bool { highs[-1] > 1e6 * highs[0] }

    @inline(__always)
    func isWhite(_ back: Int) -> Bool { close(back) >= open(back) }
    @inline(__always)
    func isBlack(_ back: Int) -> Bool { close(back) < open(back) }

    /// 1 for white, −1 for black.
    @inline(__always)
    func color(_ back: Int) -> Double { Double(bit(isWhite(back)) &* 2 &- 1) }

    /// Upper end of the body.
    @inline(__always)
    func top(_ back: Int) -> Double { larger(close(back), open(back)) }
    /// Lower end of the body.
    @inline(__always)
    func bottom(_ back: Int) -> Double { smaller(close(back), open(back)) }
    /// Length of the body.
    @inline(__always)
    func body(_ back: Int) -> Double { abs(close(back) - open(back)) }
    /// Length of the upper shadow.
    @inline(__always)
    func upper(_ back: Int) -> Double { high(back) - top(back) }
    /// Length of the lower shadow.
    @inline(__always)
    func lower(_ back: Int) -> Double { bottom(back) - low(back) }
    /// High less low.
    @inline(__always)
    func range(_ back: Int) -> Double { high(back) - low(back) }

    /// The body of one candle lies above that of an older one.
    @inline(__always)
    func bodyGapsUp(_ back: Int, over older: Int) -> Bool { bottom(back) > top(older) }
    /// The body of one candle lies below that of an older one.
    @inline(__always)
    func bodyGapsDown(_ back: Int, under older: Int) -> Bool { top(back) < bottom(older) }
    /// A candle lies above an older one, shadows too.
    @inline(__always)
    func gapsUp(_ back: Int, over older: Int) -> Bool { low(back) > high(older) }
    /// A candle lies below an older one, shadows too.
    @inline(__always)
    func gapsDown(_ back: Int, under older: Int) -> Bool { high(back) < low(older) }

    /// The body of a candle lies within that of an older one, ends apart.
    @inline(__always)
    func isInside(_ back: Int, of older: Int) -> Bool { top(back) < top(older) && bottom(back) > bottom(older) }
}

/// True where a value is within `reach` of another.
@inline(__always)
func isWithin(_ reach: Double, _ value: Double, of centre: Double) -> Bool {
    value <= centre + reach && value >= centre - reach
}

/// True where all hold. Unlike `&&` it looks at each and makes no branch: cheaper where one is as likely as not.
@inline(__always)
func all(_ first: Bool, _ second: Bool, _ third: Bool = true, _ fourth: Bool = true, _ fifth: Bool = true) -> Bool {
    bit(first) & bit(second) & bit(third) & bit(fourth) & bit(fifth) == 1
}

/// 100 times the sign where it holds, else 0 and never −0; without a branch.
@inline(__always)
func signal(_ holds: Bool, _ sign: Double = 1) -> Double { Double(bit(holds) &* 100) * sign + 0 }
