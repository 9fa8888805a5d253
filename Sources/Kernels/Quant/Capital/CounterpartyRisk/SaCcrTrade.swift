import Glibc
import Numerics

/// A derivative of a netting set, as CRE52 sees it. Times are years from today; amounts are in the reporting currency.
public struct SaCcrTrade: Sendable, Equatable {
    /// What the trade is on: outright risk, the basis between two factors (CRE52.46), or a volatility (CRE52.47).
    public enum Kind: String, Sendable, CaseIterable { case outright, basis, volatility }

    /// What makes it an option: CRE52.40.
    public struct Option: Sendable, Equatable {
        /// A call; a put otherwise.
        public var isCall: Bool
        /// Price of the underlying, the forward where there is one.
        public var price: Double
        /// The strike.
        public var strike: Double
        /// Years until the last exercise date.
        public var exercise: Double
        /// Added to price and strike where rates may be negative: CRE52.40, FAQ2.
        public var shift: Double

        /// An option; see the properties.
        public init(isCall: Bool, price: Double, strike: Double, exercise: Double, shift: Double = 0) {
            self.isCall = isCall
            self.price = price
            self.strike = strike
            self.exercise = exercise
            self.shift = shift
        }
    }

    /// Attachment and detachment of a tranche, shares of the pool: CRE52.41.
    public struct Tranche: Sendable, Equatable {
        /// From this share of the pool on it pays.
        public var attachment: Double
        /// Until this share.
        public var detachment: Double

        /// A tranche; see the properties.
        public init(attachment: Double, detachment: Double) {
            self.attachment = attachment
            self.detachment = detachment
        }
    }

    /// What people call it.
    public var id: String
    /// Its row of the supervisory table.
    public var subclass: SaCcrSubclass
    /// Outright, basis or volatility.
    public var kind: Kind
    /// What the hedging set or the entity is: a currency, a currency pair, a name, a commodity; of a basis transaction
    /// the pair of factors.
    public var underlying: String
    /// Notional in the reporting currency, not below 0: CRE52.34 to CRE52.36. Of shares and commodities price times
    /// units.
    public var notional: Double
    /// Long in the risk factor, an option bought, protection on a tranche purchased.
    public var isLong: Bool
    /// Years until the contract can no longer be active: CRE52.31(1).
    public var maturity: Double
    /// Years until the period that rates or credit refer to begins: CRE52.31(2).
    public var start: Double
    /// Years until it ends: CRE52.31(3); the maturity where nothing else is said.
    public var end: Double
    /// Nil where it is none.
    public var option: Option?
    /// Nil where it is none.
    public var tranche: Tranche?

    /// A trade; see the properties.
    public init(
        id: String, subclass: SaCcrSubclass, kind: Kind = .outright, underlying: String, notional: Double, isLong: Bool,
        maturity: Double, start: Double = 0, end: Double? = nil, option: Option? = nil, tranche: Tranche? = nil
    ) {
        self.id = id
        self.subclass = subclass
        self.kind = kind
        self.underlying = underlying
        self.notional = notional
        self.isLong = isLong
        self.maturity = maturity
        self.start = start
        self.end = end ?? maturity
        self.option = option
        self.tranche = tranche
    }

    /// Throws `.data` where a number cannot be of a trade.
    func check() throws(QuantError) {
        guard notional.isFinite, notional >= 0, maturity.isFinite, maturity >= 0, start.isFinite, start >= 0,
            end.isFinite, end > start || !subclass.assetClass.hasDuration
        else {
            throw QuantError(
                .data, "\(id): notional and times must be finite and not below 0, and the end after the start")
        }
        if let option {
            guard option.price.isFinite, option.strike.isFinite, option.shift.isFinite, option.exercise.isFinite,
                option.exercise >= 0, option.price + option.shift > 0, option.strike + option.shift > 0
            else {
                throw QuantError(
                    .data, "\(id): price and strike with the shift must be above 0, the exercise not below 0")
            }
        }
        if let tranche, !(tranche.attachment >= 0 && tranche.attachment < tranche.detachment && tranche.detachment <= 1)
        {
            throw QuantError(.data, "\(id): a tranche attaches from 0 on and below its detachment, which is at most 1")
        }
    }

    /// Supervisory duration, at least ten business days: CRE52.34. 1 for other classes.
    public var duration: Double {
        guard subclass.assetClass.hasDuration else { return 1 }
        let rate = SaCcrConstants.durationRate
        return max(
            SaCcrConstants.shortestDays / SaCcrConstants.businessDays, (exp(-rate * start) - exp(-rate * end)) / rate)
    }

    /// Notional times duration: CRE52.34 to CRE52.36.
    public var adjustedNotional: Double { notional * duration }

    /// Supervisory delta: CRE52.39 to CRE52.41.
    public var delta: Double {
        let sign = isLong ? 1.0 : -1
        if let option {
            let call = option.isCall ? 1.0 : -1
            let moneyness = log((option.price + option.shift) / (option.strike + option.shift))
            let deviation = subclass.volatility * option.exercise.squareRoot()
            // An option that is exercised now is all or nothing.
            let distance =
                deviation > 0 ? moneyness / deviation + deviation / 2 : moneyness == 0 ? 0 : moneyness * .infinity
            return sign * call * NormalDistribution.cumulative(call * distance)
        }
        if let tranche {
            let slope = SaCcrConstants.trancheSlope
            return sign * SaCcrConstants.trancheScale
                / ((1 + slope * tranche.attachment) * (1 + slope * tranche.detachment))
        }
        return sign
    }

    /// Square root of the year's part that it may still move: CRE52.48; of the margin period: CRE52.52.
    public func maturityFactor(marginDays: Double?) -> Double {
        if let marginDays {
            return SaCcrConstants.marginedScale * (marginDays / SaCcrConstants.businessDays).squareRoot()
        }
        return min(1, max(maturity, SaCcrConstants.shortestDays / SaCcrConstants.businessDays)).squareRoot()
    }

    /// Supervisory factor with what basis and volatility transactions change: CRE52.72 and CRE52.73.
    public var factor: Double {
        switch kind {
        case .outright: subclass.factor
        case .basis: subclass.factor * SaCcrConstants.basisScale
        case .volatility: subclass.factor * SaCcrConstants.volatilityScale
        }
    }

    /// Which hedging set it falls into: CRE52.45 to CRE52.47.
    var hedgingSet: String {
        let plain =
            switch subclass.assetClass {
            case .interestRate, .foreignExchange: underlying
            case .credit: "credit"
            case .equity: "equity"
            case .commodity: subclass.commoditySet
            }
        return switch kind {
        case .outright: plain
        case .basis: "basis \(underlying)"
        case .volatility: "volatility \(plain)"
        }
    }
}
