/// `cmo(x,n)`: 100·(g − l)/(g + l) of Wilder's averages of gains and losses, seeded as in `rsi` (Chande 1994, smoothed
/// as TA-Lib CMO has it). Default 14, look-back n; 0 where nothing has moved. Converging. A null is passed over.
public struct ChandeMomentumOscillator: Kernel {
    private var strength: RelativeStrengthIndex

    /// Period of at least 2.
    public init(period: Int) { strength = RelativeStrengthIndex(period: period) }

    /// n.
    public var lookBack: Int { strength.lookBack }

    /// Takes the next value.
    @inline(__always)
    public mutating func step(_ value: Double, _ scratch: Scratch) -> Double {
        guard strength.advance(value) else { return .nan }
        let total = strength.gain + strength.loss
        return total == 0 ? 0 : 100 * ((strength.gain - strength.loss) / total)
    }
}
