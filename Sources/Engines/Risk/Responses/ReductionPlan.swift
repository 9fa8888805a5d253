import Glibc
import Market

/// What is held of one instrument.
struct ReducibleLine: Sendable, Equatable {
    let symbol: String, sector: String?
    /// Signed.
    let quantity: Double
    let price: Double
}

/// The orders that make holdings smaller, and never more than that.
struct ReductionPlan: Sendable, Equatable {
    struct Order: Sendable, Equatable {
        let symbol: String, side: Side
        /// Above 0, at most what is held.
        let quantity: FixedPoint
    }

    let orders: [Order]

    /// Types whose value falls in proportion with the holdings that it looks at.
    static let types: Set<LimitType> = [
        .grossExposure, .netExposure, .leverage, .positionSize, .positionWeight, .sectorConcentration, .valueAtRisk,
        .expectedShortfall, .stressLoss, .liquidityDays,
    ]

    /// Orders that close all of a scope.
    init(flattening lines: [ReducibleLine], in scope: LimitScope) {
        orders = lines.filter { scope.holds($0.symbol, $0.sector) }.compactMap { Self.order($0, keeping: 0) }
    }

    /// Orders that bring a value to a share of its threshold; nil with why where none do.
    init(
        reducing lines: [ReducibleLine], type: LimitType, scope: LimitScope, value: Double, threshold: Double,
        fraction: Double
    ) throws(ReductionFault) {
        guard Self.types.contains(type) else {
            throw ReductionFault("\(type.rawValue) does not fall in proportion with what is held")
        }
        guard value.isFinite, value > 0 else { throw ReductionFault("the value of the limit is not known") }
        let target = threshold * fraction
        guard target < value else { throw ReductionFault("it is at \(fraction) of its limit already") }
        let concerned = lines.filter { scope.holds($0.symbol, $0.sector) }
        let keep = target / value
        switch type {
        case .positionSize, .positionWeight:
            // Every holding that is larger than the one aimed at.
            let largest = concerned.map { abs($0.quantity * $0.price) }.max() ?? 0
            let aim = largest * keep
            orders = concerned.compactMap { line in
                let size = abs(line.quantity * line.price)
                return size > aim ? Self.order(line, keeping: aim / size) : nil
            }
        default:
            orders = concerned.compactMap { Self.order($0, keeping: keep) }
        }
        if orders.isEmpty { throw ReductionFault("nothing is held that could be sold") }
    }

    /// Whole holdings are kept whole: what is sold is rounded up.
    private static func order(_ line: ReducibleLine, keeping share: Double) -> Order? {
        let held = abs(line.quantity)
        guard held > 0, held.isFinite else { return nil }
        var size = held * (1 - share)
        if held == held.rounded() { size = min(held, (size - 1e-9).rounded(.up)) }
        guard let quantity = FixedPoint(size), quantity > .zero else { return nil }
        return Order(symbol: line.symbol, side: line.quantity > 0 ? .sell : .buy, quantity: quantity)
    }
}

/// Why nothing is reduced.
struct ReductionFault: Error, Sendable, Equatable {
    let message: String
    init(_ message: String) { self.message = message }
}
