import Glibc
import Market

/// What is held of one instrument.
struct ReducibleLine: Sendable, Equatable {
    let symbol: String, sector: String?
    /// Signed.
    let quantity: Double
    let price: Double
    /// What no open order may close yet, above 0.
    var free: FixedPoint
    /// What orders of responses may still close, above 0.
    var answered: FixedPoint

    init(
        symbol: String, sector: String?, quantity: Double, price: Double, free: FixedPoint? = nil,
        answered: FixedPoint = .zero
    ) {
        self.symbol = symbol
        self.sector = sector
        self.quantity = quantity
        self.price = price
        self.free = free ?? FixedPoint(abs(quantity)) ?? .zero
        self.answered = answered
    }

    /// The side that makes it smaller.
    var closing: Side { quantity > 0 ? .sell : .buy }

    /// An order of a response that is not decided yet closes some of it.
    mutating func answer(_ row: ResponseRow) {
        if let order = ResponseOrder(row), closing.rawValue == order.side { answer(order.quantity) }
    }

    /// The same of a quantity.
    mutating func answer(_ quantity: FixedPoint) {
        answered += quantity
        free = max(free - quantity, .zero)
    }
}

/// The orders that make holdings smaller, and never more than that.
struct ReductionPlan: Sendable, Equatable {
    struct Order: Sendable, Equatable {
        let symbol: String, side: Side
        /// Above 0, at most what is held.
        let quantity: FixedPoint
    }

    let orders: [Order]
    /// Whether other orders do all that is wanted already.
    let isUnderWay: Bool

    /// Types whose value falls in proportion with the holdings that it looks at.
    static let types: Set<LimitType> = [
        .grossExposure, .netExposure, .leverage, .positionSize, .positionWeight, .sectorConcentration, .valueAtRisk,
        .expectedShortfall, .stressLoss, .liquidityDays,
    ]

    /// Orders that close all of a scope.
    init(flattening lines: [ReducibleLine], in scope: LimitScope) {
        self.init(lines.filter { scope.holds($0.symbol, $0.sector) }.map { ($0, 0) })
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
            self.init(concerned.compactMap { line in
                let size = abs(line.quantity * line.price)
                return size > aim ? (line, aim / size) : nil
            })
        default:
            self.init(concerned.map { ($0, keep) })
        }
        if orders.isEmpty, !isUnderWay { throw ReductionFault("nothing is held that could be sold") }
    }

    /// Orders that leave a share of each line. What other responses sell counts as sold for this one too.
    private init(_ wanted: [(line: ReducibleLine, share: Double)]) {
        let sizes = wanted.compactMap { line, share in Self.size(of: line, keeping: share).map { (line, $0) } }
        orders = sizes.compactMap { line, size in
            let rest = size - line.answered
            return rest > .zero ? Order(symbol: line.symbol, side: line.closing, quantity: rest) : nil
        }
        isUnderWay = orders.isEmpty && !sizes.isEmpty
    }

    /// Whole holdings are kept whole: what is sold is rounded up.
    private static func size(of line: ReducibleLine, keeping share: Double) -> FixedPoint? {
        let held = abs(line.quantity)
        guard held > 0, held.isFinite else { return nil }
        var size = held * (1 - share)
        if held == held.rounded() { size = min(held, (size - 1e-9).rounded(.up)) }
        guard let quantity = FixedPoint(size), quantity > .zero else { return nil }
        return quantity
    }
}

/// Why nothing is reduced.
struct ReductionFault: Error, Sendable, Equatable {
    let message: String
    init(_ message: String) { self.message = message }
}
