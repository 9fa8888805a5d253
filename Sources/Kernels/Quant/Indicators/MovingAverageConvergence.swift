/// `macd(x,fast,slow,signal)`: outputs `macd` (EMA fast − EMA slow), `signal` (EMA of it), `hist` (their difference).
///
/// Appel 1979, as TA-Lib MACD has it: the fast average is seeded over the last `fast` of the first `slow` bars, so that
/// both start on the same bar; it is not the plain `ema(x,fast)`. Defaults 12, 26, 9; a slow period below the fast one
/// changes places with it. Look-back slow − 1 + signal − 1, for all three outputs.
public struct MovingAverageConvergence: SeededKernel {
    private let slowPeriod: Int
    private let signalPeriod: Int
    private var skip: Int
    private var fast: ExponentialMovingAverage
    private var slow: ExponentialMovingAverage
    private var signal: ExponentialMovingAverage

    /// Fast and slow of at least 2, signal of at least 1.
    public init(fast: Int, slow: Int, signal: Int) {
        slowPeriod = max(fast, slow)
        signalPeriod = signal
        skip = abs(slow - fast)
        self.fast = ExponentialMovingAverage(period: min(fast, slow))
        self.slow = ExponentialMovingAverage(period: slowPeriod)
        self.signal = ExponentialMovingAverage(period: signal)
    }

    /// `macdfix(x,signal)`: periods 12 and 26 with the rounded weights 0.15 and 0.075. TA-Lib MACDFIX; default 9,
    /// look-back 25 + signal − 1.
    public init(fixedWithSignal signal: Int) {
        self.init(fast: 12, slow: 26, signal: signal)
        fast = ExponentialMovingAverage(period: 12, weight: 0.15)
        slow = ExponentialMovingAverage(period: 26, weight: 0.075)
    }

    /// slow − 1 + signal − 1.
    public var lookBack: Int { slowPeriod + signalPeriod - 2 }

    /// Takes the next value; a null is passed over.
    @inline(__always)
    public mutating func step(_ value: Double, _ scratch: Scratch) -> ThreeValues {
        guard value == value else { return .null }
        if isSeeded { return advance(value) }
        let slowValue = slow.push(value)
        if skip > 0 {
            skip -= 1
            return .null
        }
        let line = fast.push(value) - slowValue
        let average = signal.push(line)
        guard average == average else { return .null }
        return ThreeValues(line, average, line - average)
    }

    /// True once the signal line is seeded.
    @inline(__always)
    public var isSeeded: Bool { signal.isSeeded }

    /// Takes a number, the seeds being complete.
    @inline(__always)
    public mutating func advance(_ value: Double) -> ThreeValues {
        let line = fast.advance(value) - slow.advance(value)
        let average = signal.advance(line)
        return ThreeValues(line, average, line - average)
    }
}
