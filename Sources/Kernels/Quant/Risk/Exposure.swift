/// What limits on positions are compared with. Shares are fractions of equity; where equity is not above 0 they are
/// infinite, so that every limit is breached.
public enum Exposure {
    /// Σ|mv|, in currency.
    public static func gross(_ marketValues: [Double]) -> Double { marketValues.reduce(0) { $0 + abs($1) } }

    /// |Σmv|, in currency.
    public static func net(_ marketValues: [Double]) -> Double { abs(marketValues.reduce(0, +)) }

    /// Σmv + cash.
    public static func equity(_ marketValues: [Double], cash: Double) -> Double { marketValues.reduce(cash, +) }

    /// Σ|mv|/(Σmv + cash).
    public static func leverage(_ marketValues: [Double], cash: Double) -> Double {
        share(gross(marketValues), equity(marketValues, cash: cash))
    }

    /// Largest |mv|, in currency.
    public static func positionSize(_ marketValues: [Double]) -> Double { marketValues.reduce(0) { max($0, abs($1)) } }

    /// Largest |mv|/equity.
    public static func positionWeight(_ marketValues: [Double], equity: Double) -> Double {
        share(positionSize(marketValues), equity)
    }

    /// Σ(mv/equity)².
    public static func herfindahl(_ marketValues: [Double], equity: Double) -> Double {
        guard equity > 0 else { return .infinity }
        return marketValues.reduce(0) { $0 + ($1 / equity) * ($1 / equity) }
    }

    /// Largest Σ|mv| of a sector over equity; positions without a sector count as one sector.
    public static func sectorConcentration(
        _ marketValues: [Double], sectors: [String?], equity: Double
    ) -> Double {
        var sums: [String?: Double] = [:]
        for (value, sector) in zip(marketValues, sectors) { sums[sector, default: 0] += abs(value) }
        return share(sums.values.max() ?? 0, equity)
    }

    /// Notional of the order over equity.
    public static func turnover(orderNotional: Double, equity: Double) -> Double { share(abs(orderNotional), equity) }

    /// |quantity·price| of the order, in currency.
    public static func orderSize(quantity: Double, price: Double) -> Double { abs(quantity * price) }

    /// Largest |q|/(participation·average daily volume), in days; infinite where there is no volume for a position.
    public static func liquidityDays(
        quantities: [Double], averageDailyVolumes: [Double], participation: Double
    ) -> Double {
        zip(quantities, averageDailyVolumes).reduce(0) { days, position in
            position.0 == 0 ? days : max(days, share(abs(position.0), participation * position.1))
        }
    }

    /// Infinite over what is not above 0.
    static func share(_ above: Double, _ below: Double) -> Double { below > 0 ? above / below : .infinity }
}
