/// `rsi(x,n)`: 100·g/(g+l) of Wilder's averages g and l of gains and losses, seeded with the plain means of the first n
/// changes (Wilder 1978). TA-Lib RSI; default 14, look-back n. 0 where nothing has moved. A null is passed over.
public struct RelativeStrengthIndex: Kernel {
    private let period: Int
    private let keep: Double
    private let take: Double
    private var seen = 0
    private var previous = 0.0
    private(set) var gain = 0.0
    private(set) var loss = 0.0

    /// Period of at least 2.
    public init(period: Int) {
        self.period = period
        keep = Double(period - 1) / Double(period)
        take = 1 / Double(period)
    }

    /// n.
    public var lookBack: Int { period }

    /// Takes the next value.
    @inline(__always)
    public mutating func step(_ value: Double, _ scratch: Scratch) -> Double {
        guard advance(value) else { return .nan }
        let total = gain + loss
        return total == 0 ? 0 : 100 * (gain / total)
    }

    /// Brings the averages up to date; false while they are not complete, and for a null.
    @inline(__always)
    mutating func advance(_ value: Double) -> Bool {
        guard value == value else { return false }
        let change = value - previous
        // Exact, and without a branch that is wrong half of the time.
        let rise = (change + abs(change)) * 0.5
        let fall = rise - change
        previous = value
        if seen > period {
            gain = gain * keep + rise * take
            loss = loss * keep + fall * take
            return true
        }
        seen += 1
        guard seen > 1 else { return false }
        gain += rise
        loss += fall
        guard seen > period else { return false }
        gain /= Double(period)
        loss /= Double(period)
        return true
    }
}

/// Numbers that TA-Lib fixes. Since 0.8 nothing but an exact zero counts as zero there, and so it is here.
enum TALib {
    /// Largest period of every function.
    static let largestPeriod = 100_000.0
}
