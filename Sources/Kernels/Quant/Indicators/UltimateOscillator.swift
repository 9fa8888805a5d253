/// `ultosc(a,b,c)`: 100·(4A + 2B + C)/7, each Σ buying pressure/Σ true range over its period, the shortest weighted
/// most; buying pressure is the close less the smaller of the low and the close before (Williams 1985). TA-Lib ULTOSC;
/// defaults 7, 14, 28, look-back the longest; a window without range adds nothing. Exact.
public struct UltimateOscillator: Kernel {
    private let longest: Int
    private var previousClose = Double.nan
    private var short: WindowSums
    private var middle: WindowSums
    private var long: WindowSums

    /// Periods of at least 1, in any order.
    public init(_ first: Int, _ second: Int, _ third: Int) {
        let sorted = [first, second, third].sorted()
        longest = sorted[2]
        short = WindowSums(sorted[0])
        middle = WindowSums(sorted[1])
        long = WindowSums(sorted[2])
    }

    /// Twice the sum of the periods.
    public var scratchCount: Int { 2 * (short.period + middle.period + longest) }
    /// The longest.
    public var lookBack: Int { longest }

    /// Takes the next bar.
    @inline(__always)
    public mutating func step(_ bar: Triple, _ scratch: Scratch) -> Double {
        let close = previousClose
        previousClose = bar.close
        let bottom = bar.low < close ? bar.low : close
        let top = bar.high > close ? bar.high : close
        // A null close before is carried by both; a null high or low by the difference.
        let spoiled = (bar.high - bar.high) + (bar.low - bar.low)
        let pressure = bar.close - bottom + spoiled
        let range = top - bottom + spoiled
        var room = scratch
        let a = Self.share(&short, pressure, range, &room)
        let b = Self.share(&middle, pressure, range, &room)
        let c = Self.share(&long, pressure, range, &room)
        return 100 * ((4 * a + 2 * b + c) / 7)
    }

    @inline(__always)
    private static func share(
        _ sums: inout WindowSums, _ pressure: Double, _ range: Double, _ room: inout Scratch
    ) -> Double {
        let (part, whole) = sums.push(pressure, range, room)
        room += sums.scratchCount
        return whole == 0 ? 0 : part / whole
    }
}
