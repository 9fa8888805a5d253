/// A pattern of the newest candles.
protocol CandlePattern: Sendable, BitwiseCopyable {
    /// Candles before the first that is judged for an answer: TA-Lib's look-back.
    static var lookBack: Int { get }
    /// Candles before the first that is judged at all.
    static var warmUp: Int { get }
    /// Brings the averages up to date.
    mutating func update(_ candles: Candles, _ step: CandleStep)
    /// 100 or more for a bullish pattern that ends with the newest candle, −100 or less for a bearish one, else 0.
    mutating func judge(_ candles: Candles) -> Double
}

extension CandlePattern {
    static var warmUp: Int { lookBack }
    mutating func update(_ candles: Candles, _ step: CandleStep) {}
}

/// A pattern over open, high, low and close. Exact: no candle beyond the look-back matters. A candle with a null in it
/// starts everything anew, for a pattern never reaches over a hole.
///
/// The batch form reads the columns where they are; the streaming form keeps the last sixteen candles, written twice so
/// that they lie in one piece. Both hand the same view to the same pattern.
struct CandleKernel<Pattern: CandlePattern>: Kernel {
    private static var length: Int { 16 }

    private let fresh: Pattern
    private var pattern: Pattern
    private var seen = 0
    private var refresh = 0
    private var slot = 0

    init(_ pattern: Pattern) {
        fresh = pattern
        self.pattern = pattern
    }

    /// Sixteen candles, twice.
    var scratchCount: Int { 8 * Self.length }
    var lookBack: Int { Pattern.lookBack }

    @inline(__always)
    mutating func step(_ bar: PriceBar, _ scratch: Scratch) -> Double {
        let length = Self.length
        let place = scratch + slot
        Self.write(bar.open, place)
        Self.write(bar.high, place + 2 * length)
        Self.write(bar.low, place + 4 * length)
        Self.write(bar.close, place + 6 * length)
        slot = (slot + 1) % length
        let newest = UnsafePointer(place + length)
        return take(
            Candles(open: newest, high: newest + 2 * length, low: newest + 4 * length, close: newest + 6 * length))
    }

    @inline(__always)
    private static func write(_ value: Double, _ place: Scratch) {
        place[0] = value
        place[length] = value
    }

    @inline(__always)
    mutating func advance(_ sources: Sources, into sinks: Sinks, count: Int, _ scratch: Scratch) {
        var kernel = self
        var row = 0
        while row < count {
            sinks.first[row] = kernel.take(Self.candles(sources, row))
            row += 1
            guard kernel.seen > Pattern.lookBack, kernel.refresh == 0 else { continue }
            row = Self.run(&kernel.pattern, sources, into: sinks, from: row, count: count)
        }
        self = kernel
    }

    @inline(__always)
    private static func candles(_ sources: Sources, _ row: Int) -> Candles {
        Candles(
            open: sources.first + row, high: sources.second + row, low: sources.third + row,
            close: sources.fourth + row)
    }

    /// The rows from one that has everything before it up to one that needs care, which it answers: the loop of nearly
    /// every row, with the averages in registers.
    @inline(__always)
    private static func run(
        _ pattern: inout Pattern, _ sources: Sources, into sinks: Sinks, from first: Int, count: Int
    ) -> Int {
        var state = pattern
        var row = first
        while row < count {
            let candles = candles(sources, row)
            guard candles.isComplete, !candles.hasFallenFar else { break }
            sinks.first[row] = state.judge(candles)
            state.update(candles, .advance)
            row += 1
        }
        pattern = state
        return row
    }

    /// The value for the newest candle.
    @inline(__always)
    private mutating func take(_ candles: Candles) -> Double {
        guard candles.isComplete else {
            seen = 0
            pattern = fresh
            return .nan
        }
        if seen <= Pattern.lookBack { return start(candles) }
        // A fall to a millionth leaves the sums with rounding of another scale until the tall candle is out of them.
        if candles.hasFallenFar { refresh = Self.length }
        if refresh > 0 {
            refresh -= 1
            pattern.update(candles, .start)
        }
        let value = pattern.judge(candles)
        pattern.update(candles, .advance)
        return value
    }

    @inline(never)
    private mutating func start(_ candles: Candles) -> Double {
        let index = seen
        seen += 1
        guard index >= Pattern.warmUp else { return .nan }
        if index == Pattern.warmUp { pattern.update(candles, .start) }
        let value = pattern.judge(candles)
        pattern.update(candles, .advance)
        return index < Pattern.lookBack ? .nan : value
    }
}
