/// `supertrend(n,multiplier)`: outputs `line` and `direction`: the lower band while the trend is up (1), the upper one
/// while it is down (−1).
///
/// Bands are (high + low)/2 ± multiplier·atr(n), Wilder's; the lower one never falls while the close stays above it,
/// the upper one never rises while the close stays below. The trend turns when the close passes the band (Seban 2008).
/// Defaults 10 and 3, look-back n. The first direction is up unless the close is at or below the lower band.
/// Converging. A bar with a null in it is passed over.
public struct Supertrend: Kernel {
    private let multiplier: Double
    private var range: AverageTrueRange
    private var upper = Double.nan
    private var lower = Double.nan
    private var previousClose = Double.nan
    private var isUp = true

    /// Period of at least 1.
    public init(period: Int, multiplier: Double) {
        range = AverageTrueRange(period: period)
        self.multiplier = multiplier
    }

    /// n.
    public var lookBack: Int { range.lookBack }

    /// Takes the next bar.
    @inline(__always)
    public mutating func step(_ bar: Triple, _ scratch: Scratch) -> TwoValues {
        let reach = range.step(bar, scratch) * multiplier
        guard reach == reach else {
            if bar.close == bar.close { previousClose = bar.close }
            return .null
        }
        let middle = (bar.high + bar.low) / 2
        let top = middle + reach
        let bottom = middle - reach
        let hasBands = upper == upper
        // An unset band compares false.
        upper = hasBands && top >= upper && previousClose <= upper ? upper : top
        lower = hasBands && bottom <= lower && previousClose >= lower ? lower : bottom
        if hasBands || bar.close < lower { isUp = isUp ? bar.close >= lower : bar.close > upper }
        previousClose = bar.close
        return TwoValues(isUp ? lower : upper, isUp ? 1 : -1)
    }
}
