import Quant

/// Mean volumes that a limit reads: of how many days, over which part of the holdings; over all where there is none.
struct VolumeWindow: Hashable, Sendable {
    let days: Int, part: LimitScope?
}

/// How long holdings take to be sold by their mean volumes.
struct VolumeSums: Sendable {
    private var sums = ExposureSums()
    private var missing: MissingInput?

    /// Counts a holding; `index` is its place, as a field of a body names it.
    mutating func add(
        _ symbol: String, _ quantity: Double, _ volume: Double, at index: Int, _ history: MarketHistory?, _ days: Int
    ) {
        if quantity == 0 { return }
        if volume.isNaN, missing == nil { missing = Self.missing(symbol, at: index, history, days) }
        sums.add(Holding(quantity: quantity, price: .nan, averageDailyVolume: volume))
    }

    /// Days to trade the slowest holding at a share of its volume. Throws where a volume is not known.
    func days(participation: Double) throws(MissingInput) -> Double {
        if let missing { throw missing }
        return sums.liquidityDays(participation: participation)
    }

    /// Says which volume is missing, and why where that is known.
    static func missing(_ symbol: String, at index: Int, _ history: MarketHistory?, _ days: Int) -> MissingInput {
        MissingInput(
            field: "positions/\(index)/average_daily_volume",
            message: "liquidity_days needs the average daily volume of \(symbol)"
                + (history?.reason(ofVolume: symbol, days: days) ?? ""))
    }
}
