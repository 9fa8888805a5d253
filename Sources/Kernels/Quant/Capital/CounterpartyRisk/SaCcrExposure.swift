import Glibc

/// Exposure at default of a netting set by the standardised approach: EAD = alpha × (RC + multiplier × add-on),
/// CRE52.1.
public struct SaCcrExposure: Sendable, Equatable {
    /// What a trade brings.
    public struct TradeLine: Sendable, Equatable {
        /// What people call it.
        public let id: String
        /// CRE52.34 to CRE52.36.
        public let adjustedNotional: Double
        /// CRE52.39 to CRE52.41.
        public let delta: Double
        /// CRE52.48, CRE52.52.
        public let maturityFactor: Double
        /// The product of the three: CRE52.30(1).
        public var effectiveNotional: Double { adjustedNotional * delta * maturityFactor }
    }

    /// The netting set.
    public let id: String
    /// RC: CRE52.10, or CRE52.18 where margined.
    public let replacementCost: Double
    /// CRE52.23.
    public let multiplier: Double
    /// The aggregate add-on: CRE52.25.
    public let addOn: Double
    /// The margin period of risk in business days; nil where the figures are of the unmargined formulas.
    public let marginDays: Double?
    /// The exposure without the margin agreement where that was the lower one: CRE52.2.
    public let isCapped: Bool
    /// Add-ons by hedging set, in the order of the trades.
    public let hedgingSets: [SaCcrHedgingSet]
    /// What each trade brings, in their order.
    public let trades: [TradeLine]

    /// Potential future exposure: CRE52.20.
    public var futureExposure: Double { multiplier * addOn }
    /// Exposure at default: CRE52.1.
    public var exposureAtDefault: Double { SaCcrConstants.alpha * (replacementCost + futureExposure) }

    /// Add-on of a class: CRE52.25.
    public func addOn(of assetClass: SaCcrAssetClass) -> Double {
        hedgingSets.reduce(0) { $1.assetClass == assetClass ? $0 + $1.addOn : $0 }
    }

    /// Measures a netting set; of a margined one the lower of the margined and the unmargined exposure, both with the
    /// collateral that is held. Throws `.data` for what cannot be a netting set.
    public init(_ set: SaCcrNettingSet) throws(QuantError) {
        try set.check()
        let plain = SaCcrExposure(set, margin: nil, isCapped: set.margin != nil)
        try plain.check()
        guard let margin = set.margin else {
            self = plain
            return
        }
        let margined = SaCcrExposure(set, margin: margin, isCapped: false)
        try margined.check()
        self = margined.exposureAtDefault <= plain.exposureAtDefault ? margined : plain
    }

    private func check() throws(QuantError) {
        guard exposureAtDefault.isFinite else { throw QuantError(.data, "\(id): amounts are too large to be measured") }
    }

    private init(_ set: SaCcrNettingSet, margin: SaCcrMargin?, isCapped: Bool) {
        let days = margin?.periodDays(trades: set.trades.count)
        let lines = set.trades.map {
            TradeLine(
                id: $0.id, adjustedNotional: $0.adjustedNotional, delta: $0.delta,
                maturityFactor: $0.maturityFactor(marginDays: days))
        }
        let addOns = SaCcrAddOn(
            set.trades, effective: lines.map(\.effectiveNotional),
            offsetsMaturities: set.offsetsMaturities)
        let uncovered = set.value - set.collateral
        id = set.id
        replacementCost = max(0, uncovered, margin.map { $0.threshold + $0.minimumTransfer - $0.independent } ?? 0)
        addOn = addOns.total
        multiplier = Self.multiplier(uncovered, addOns.total)
        marginDays = days
        self.isCapped = isCapped
        hedgingSets = addOns.sets
        trades = lines
    }

    /// CRE52.23.
    static func multiplier(_ uncovered: Double, _ addOn: Double) -> Double {
        guard uncovered < 0 else { return 1 }
        let floor = SaCcrConstants.floor
        return min(1, floor + (1 - floor) * exp(uncovered / (2 * (1 - floor) * addOn)))
    }

    /// Its figures with their paragraphs.
    public var figures: [CapitalFigure] {
        [
            CapitalFigure(
                "replacement_cost", "Replacement cost", replacementCost, marginDays == nil ? "CRE52.10" : "CRE52.18")
        ]
            + SaCcrAssetClass.allCases.compactMap { asset in
                let own = addOn(of: asset)
                guard hedgingSets.contains(where: { $0.assetClass == asset }) else { return nil }
                return CapitalFigure(
                    "add_on_\(asset.rawValue)", "Add-on, \(asset.label.lowercased())", own, asset.paragraph)
            }
            + [
                CapitalFigure("add_on", "Aggregate add-on", addOn, "CRE52.25"),
                CapitalFigure("multiplier", "Multiplier, a ratio", multiplier, "CRE52.23"),
                CapitalFigure("potential_future_exposure", "Potential future exposure", futureExposure, "CRE52.20"),
                CapitalFigure(
                    "exposure_at_default", "Exposure at default", exposureAtDefault, isCapped ? "CRE52.2" : "CRE52.1")
            ]
    }
}
