/// One trade of a netting set, seen from our side. Times are in years from today.
public enum XvaTrade: Sendable, Equatable {
    /// Exchanges a fixed rate for the simple rate of each period on a notional. Both legs pay at the end of periods that
    /// are counted back from maturity; accruals are the periods' lengths.
    case swap(notional: Double, fixedRate: Double, paysFixed: Bool, start: Double, maturity: Double,
              fixedPerYear: Int, floatPerYear: Int)
    /// Receives `quantity` of an asset at maturity for `strike` each; a negative quantity delivers. With a currency as
    /// the asset this is an FX forward, its notional in that currency.
    case forward(asset: Int, quantity: Double, strike: Double, maturity: Double)
    /// A European option on an asset; a negative quantity is written.
    case option(asset: Int, quantity: Double, strike: Double, maturity: Double, isCall: Bool)

    /// When nothing is owed any more, in years.
    public var maturity: Double {
        switch self {
        case .swap(_, _, _, _, let maturity, _, _), .forward(_, _, _, let maturity),
             .option(_, _, _, let maturity, _): maturity
        }
    }

    var isSwap: Bool { if case .swap = self { true } else { false } }
}

/// An asset that follows a lognormal process: dS/S = (r − q)·dt + σ·dW.
public struct XvaAsset: Sendable, Equatable {
    /// Price today, in the netting set's currency.
    public let spot: Double
    /// σ, a year.
    public let volatility: Double
    /// What holding it earns: dividends of a share, the foreign interest of a currency. It does not move.
    public let carry: DiscountCurve

    /// Throws where the spot is not above 0 or the volatility below 0.
    public init(spot: Double, volatility: Double, carry: DiscountCurve) throws(QuantError) {
        guard spot > 0, spot.isFinite, volatility >= 0, volatility <= 10 else {
            throw QuantError(.parameter, "a spot must be above 0 and a volatility from 0 to 10")
        }
        self.spot = spot
        self.volatility = volatility
        self.carry = carry
    }
}

/// Everything trades are valued with.
public struct XvaMarket: Sendable, Equatable {
    /// Our own discount curve, also the one that swaps' rates come from.
    public let curve: DiscountCurve
    public let rates: HullWhite
    public let assets: [XvaAsset]
    /// Of the short rate and each asset, row by row; the rate comes first.
    public let correlations: [Double]

    /// Throws where correlations are not a correlation matrix.
    public init(
        curve: DiscountCurve, rates: HullWhite, assets: [XvaAsset] = [], correlations: [Double]? = nil
    ) throws(QuantError) {
        let size = assets.count + 1
        let matrix = correlations ?? (0..<size * size).map { $0 % (size + 1) == 0 ? 1 : 0 }
        guard matrix.count == size * size else { throw QuantError(.data, "correlations of another size") }
        for row in 0..<size {
            for column in 0..<size {
                let value = matrix[row * size + column]
                guard value == matrix[column * size + row], abs(value) <= 1, row != column || value == 1 else {
                    throw QuantError(.data, "correlations must be symmetric, from -1 to 1, and 1 on the diagonal")
                }
            }
        }
        guard SemidefiniteFactor(matrix, count: size) != nil else {
            throw QuantError(.data, "the correlations contradict each other: no such random numbers exist")
        }
        self.curve = curve
        self.rates = rates
        self.assets = assets
        self.correlations = matrix
    }
}

/// L with L·Lᵀ = A for a matrix that may be singular; nil where it is not positive semidefinite.
struct SemidefiniteFactor: Sendable {
    let lower: [Double]

    init?(_ matrix: [Double], count: Int) {
        var lower = [Double](repeating: 0, count: count * count)
        for row in 0..<count {
            for column in 0...row {
                var value = matrix[row * count + column]
                for index in 0..<column { value -= lower[row * count + index] * lower[column * count + index] }
                let scale = max(abs(matrix[row * count + row]), 1e-300)
                if row == column {
                    if value < -1e-10 * scale { return nil }
                    lower[row * count + row] = value <= 1e-13 * scale ? 0 : value.squareRoot()
                } else if lower[column * count + column] == 0 {
                    let reach = (scale * max(abs(matrix[column * count + column]), 1e-300)).squareRoot()
                    if abs(value) > 1e-6 * reach { return nil }
                } else {
                    lower[row * count + column] = value / lower[column * count + column]
                }
            }
        }
        self.lower = lower
    }
}
