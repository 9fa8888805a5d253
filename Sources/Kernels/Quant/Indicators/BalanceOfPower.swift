/// Open, high, low and close of one bar.
public struct PriceBar: KernelInput, BitwiseCopyable, Sendable {
    /// First price.
    public let open: Double
    /// Highest price.
    public let high: Double
    /// Lowest price.
    public let low: Double
    /// Last price.
    public let close: Double
    /// Four columns.
    public static var width: Int { 4 }
    /// A bar's prices.
    @inline(__always)
    public init(open: Double, high: Double, low: Double, close: Double) {
        self.open = open
        self.high = high
        self.low = low
        self.close = close
    }
    /// Reads the four columns.
    @inline(__always)
    public init(_ sources: Sources, _ row: Int) {
        self.init(
            open: sources.first[row], high: sources.second[row], low: sources.third[row], close: sources.fourth[row])
    }
}

/// `bop()`: (close − open)/(high − low), 0 where the bar has no range (Livshin 2001). TA-Lib BOP; look-back 0. Exact.
public struct BalanceOfPower: Kernel {
    /// Takes open, high, low, close.
    public init() {}

    /// 0.
    public var lookBack: Int { 0 }

    /// Takes the next bar.
    @inline(__always)
    public mutating func step(_ bar: PriceBar, _ scratch: Scratch) -> Double {
        let span = bar.high - bar.low
        let move = bar.close - bar.open
        return span <= 0 ? 0 * move : move / span
    }
}

/// `avgprice()`: (open + high + low + close)/4. TA-Lib AVGPRICE; look-back 0. Exact.
public struct AveragePrice: Kernel {
    /// Takes open, high, low, close.
    public init() {}

    /// 0.
    public var lookBack: Int { 0 }

    /// Takes the next bar.
    @inline(__always)
    public mutating func step(_ bar: PriceBar, _ scratch: Scratch) -> Double {
        (bar.high + bar.low + bar.close + bar.open) / 4
    }
}

/// `medprice()`: (high + low)/2. TA-Lib MEDPRICE; look-back 0. Exact.
public struct MedianPrice: Kernel {
    /// Takes high and low.
    public init() {}

    /// 0.
    public var lookBack: Int { 0 }

    /// Takes the next high (x) and low (y).
    @inline(__always)
    public mutating func step(_ bar: Pair, _ scratch: Scratch) -> Double { (bar.x + bar.y) / 2 }
}

/// `typprice()`: (high + low + close)/3, and `wclprice()`: (high + low + 2·close)/4. TA-Lib TYPPRICE and WCLPRICE;
/// look-back 0. Exact.
public struct WeightedPrice: Kernel {
    private let closes: Double
    private let count: Double

    /// How often the close counts.
    public init(closes: Int) {
        self.closes = Double(closes)
        count = Double(2 + closes)
    }

    /// 0.
    public var lookBack: Int { 0 }

    /// Takes the next bar.
    @inline(__always)
    public mutating func step(_ bar: Triple, _ scratch: Scratch) -> Double {
        (bar.high + bar.low + closes * bar.close) / count
    }
}
