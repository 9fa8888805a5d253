/// `ad()`: running sum of volume × ((close − low) − (high − close))/(high − low) (Chaikin). TA-Lib AD; look-back 0; a
/// bar without range adds nothing. Depends on where the series starts. A bar with a null in it is passed over.
public struct AccumulationDistribution: Kernel {
    private var total = 0.0

    /// Takes high, low, close, volume.
    public init() {}

    /// 0.
    public var lookBack: Int { 0 }

    /// Takes the next bar.
    @inline(__always)
    public mutating func step(_ bar: PriceVolume, _ scratch: Scratch) -> Double {
        push(Self.flow(bar))
    }

    /// The flows first, so that divisions are done side by side.
    @inline(__always)
    public mutating func advance(_ sources: Sources, into sinks: Sinks, count: Int, _ scratch: Scratch) {
        for row in 0..<count { sinks.first[row] = Self.flow(PriceVolume(sources, row)) }
        var line = self
        for row in 0..<count { sinks.first[row] = line.push(sinks.first[row]) }
        self = line
    }

    /// Adds a bar's flow and answers the total; null and nothing added for null.
    @inline(__always)
    mutating func push(_ flow: Double) -> Double {
        guard flow == flow else { return .nan }
        total += flow
        return total
    }

    /// Money flow volume of one bar; null where anything of the bar is.
    @inline(__always)
    static func flow(_ bar: PriceVolume) -> Double {
        let range = bar.high - bar.low
        let flow = range > 0 ? ((bar.close - bar.low) - (bar.high - bar.close)) / range * bar.volume : 0
        let witness = bar.high + bar.low + bar.close + bar.volume
        return witness == witness ? flow : .nan
    }
}

/// `adosc(fast,slow)`: EMA over the fast period of `ad` less the one over the slow period (Chaikin). TA-Lib ADOSC;
/// defaults 3 and 10; both EMAs start from the first value of `ad`; look-back the longer period less 1. Depends on
/// where the series starts. A bar with a null in it is passed over.
public struct AccumulationOscillator: Kernel {
    private let longest: Int
    private let fastWeight: Double
    private let slowWeight: Double
    private var seen = 0
    private var line = AccumulationDistribution()
    private var fast = 0.0
    private var slow = 0.0

    /// Periods of at least 2.
    public init(fast: Int, slow: Int) {
        longest = max(fast, slow)
        fastWeight = 2 / Double(fast + 1)
        slowWeight = 2 / Double(slow + 1)
    }

    /// The longer period less 1.
    public var lookBack: Int { longest - 1 }

    /// Takes the next bar.
    @inline(__always)
    public mutating func step(_ bar: PriceVolume, _ scratch: Scratch) -> Double {
        push(AccumulationDistribution.flow(bar))
    }

    /// The flows first, so that divisions are done side by side.
    @inline(__always)
    public mutating func advance(_ sources: Sources, into sinks: Sinks, count: Int, _ scratch: Scratch) {
        for row in 0..<count { sinks.first[row] = AccumulationDistribution.flow(PriceVolume(sources, row)) }
        var oscillator = self
        for row in 0..<count { sinks.first[row] = oscillator.push(sinks.first[row]) }
        self = oscillator
    }

    @inline(__always)
    private mutating func push(_ flow: Double) -> Double {
        let total = line.push(flow)
        guard total == total else { return .nan }
        if seen < longest {
            if seen == 0 {
                fast = total
                slow = total
            }
            seen += 1
        }
        fast = fastWeight * total + (1 - fastWeight) * fast
        slow = slowWeight * total + (1 - slowWeight) * slow
        return seen < longest ? .nan : fast - slow
    }
}
