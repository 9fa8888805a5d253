/// `ad()`: running sum of volume × ((close − low) − (high − close))/(high − low) (Chaikin). TA-Lib AD; look-back 0; a
/// bar without range adds nothing. Depends on where the series starts. A bar with a null in it is passed over.
public struct AccumulationDistribution: SeededKernel {
    private var total = 0.0

    /// Takes high, low, close, volume.
    public init() {}

    /// 0.
    public var lookBack: Int { 0 }

    /// Takes the next bar.
    @inline(__always)
    public mutating func step(_ bar: PriceVolume, _ scratch: Scratch) -> Double {
        Self.isWhole(bar) ? advance(bar) : .nan
    }

    /// Always true: the first bar already has a value.
    @inline(__always)
    public var isSeeded: Bool { true }

    /// True where all four are numbers.
    @inline(__always)
    public static func isWhole(_ bar: PriceVolume) -> Bool {
        let witness = bar.high + bar.low + bar.close + bar.volume
        return witness == witness
    }

    /// Takes a bar of numbers.
    @inline(__always)
    public mutating func advance(_ bar: PriceVolume) -> Double {
        total += Self.flow(bar)
        return total
    }

    /// Money flow volume of one bar.
    @inline(__always)
    static func flow(_ bar: PriceVolume) -> Double {
        let range = bar.high - bar.low
        return range > 0 ? ((bar.close - bar.low) - (bar.high - bar.close)) / range * bar.volume : 0
    }
}

/// `adosc(fast,slow)`: EMA over the fast period of `ad` less the one over the slow period (Chaikin). TA-Lib ADOSC;
/// defaults 3 and 10; both EMAs start from the first value of `ad`; look-back the longer period less 1. Depends on
/// where the series starts. A bar with a null in it is passed over.
public struct AccumulationOscillator: SeededKernel {
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
        guard Self.isWhole(bar) else { return .nan }
        if isSeeded { return advance(bar) }
        if seen == 0 {
            fast = AccumulationDistribution.flow(bar)
            slow = fast
        }
        seen += 1
        let value = advance(bar)
        return isSeeded ? value : .nan
    }

    /// True once as many bars as the longer period were there.
    @inline(__always)
    public var isSeeded: Bool { seen >= longest }

    /// True where all four are numbers.
    @inline(__always)
    public static func isWhole(_ bar: PriceVolume) -> Bool { AccumulationDistribution.isWhole(bar) }

    /// Takes a bar of numbers, the averages being seeded.
    @inline(__always)
    public mutating func advance(_ bar: PriceVolume) -> Double {
        let total = line.advance(bar)
        fast = fastWeight * total + (1 - fastWeight) * fast
        slow = slowWeight * total + (1 - slowWeight) * slow
        return fast - slow
    }
}
