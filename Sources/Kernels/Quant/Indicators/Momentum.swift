/// `mom(x,n)`: xₜ − xₜ₋ₙ. TA-Lib MOM; default 10, look-back n. Also `delta(x,n)` of expressions.
public struct Momentum: Kernel {
    private var delay: DelayLine

    /// Period of at least 1.
    public init(period: Int) { delay = DelayLine(period) }

    /// n.
    public var scratchCount: Int { delay.period }
    /// n.
    public var lookBack: Int { delay.period }

    /// Takes the next value.
    @inline(__always)
    public mutating func step(_ value: Double, _ scratch: Scratch) -> Double { value - delay.push(value, scratch) }

    /// The same over many rows.
    @inline(__always)
    public mutating func advance(_ sources: Sources, into sinks: Sinks, count: Int, _ scratch: Scratch) {
        var line = delay
        line.advance(sources.first, sinks.first, count: count, scratch) { $0 - $1 }
        delay = line
    }
}
