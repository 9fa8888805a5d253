import Quant

/// A limit cannot be judged: something it needs was neither sent nor stored.
struct MissingInput: Error, Equatable {
    /// The field of the body that would help.
    let field: String
    let message: String
}

extension LimitType {
    /// Those that read what a portfolio would have earned each day.
    static let onReturns: Set<LimitType> = [.valueAtRisk, .expectedShortfall, .volatility, .beta]

    /// Whether it reads no price of a holding.
    var isWithoutPrices: Bool {
        switch self {
        case .maxDrawdown, .orderSize, .orderRate, .liquidityDays: true
        default: false
        }
    }
}

/// The value that each type of limit compares with its threshold, for one portfolio. What several limits read is made
/// once, when the first of them asks.
struct LimitValues {
    private let figures: RiskFigures
    private let equity: Double
    private var moments: FlowMoments?
    private var tail: (method: RiskMethod, confidence: Double, days: Int, value: Double, shortfall: Double)?

    init(_ figures: consuming RiskFigures) {
        equity = figures.equity
        self.figures = figures
    }

    static func value(of limit: Limit, in picture: RiskPicture) throws -> Double {
        var values = LimitValues(picture.figures(LimitNeeds([limit])))
        return try values.value(of: limit)
    }

    /// Infinite where equity is not above zero and the value is a share of it: then every threshold is breached.
    mutating func value(of limit: Limit) throws -> Double {
        guard let expression = limit.expression else { return try value(limit.type, limit) }
        var values = self
        defer { self = values }
        return try expression.value { name in
            switch name {
            case "equity", "cash":
                if let unpriced = figures.unpriced, name == "equity" { throw unpriced }
                return name == "equity" ? equity : figures.cash
            default: return try values.value(LimitType(rawValue: name) ?? limit.type, limit)
            }
        }
    }

    private mutating func value(_ type: LimitType, _ limit: Limit) throws -> Double {
        let sums = limit.scope.isPart ? figures.parts[limit.scope] ?? ExposureSums() : figures.view.sums
        if let unpriced = figures.unpriced, !type.isWithoutPrices { throw unpriced }
        if limit.scope.isSector, let missing = figures.withoutSector { throw missing }
        switch type {
        case .expression: return .nan
        case .grossExposure: return sums.gross
        case .netExposure: return abs(sums.net)
        case .leverage: return share(sums.gross)
        case .positionSize: return sums.largest
        case .positionWeight: return share(sums.largest)
        case .sectorConcentration: return share(figures.view.largestSector)
        case .herfindahl: return equity > 0 ? sums.squares / (equity * equity) : .infinity
        case .valueAtRisk: return try tail(type, limit).value
        case .expectedShortfall: return try tail(type, limit).shortfall
        case .maxDrawdown:
            guard let drawdown = figures.maxDrawdown else {
                throw MissingInput(field: "equity_curve", message: "max_drawdown needs an equity_curve")
            }
            return drawdown
        case .dailyLoss:
            if let loss = figures.dayLoss { return max(0, loss) }
            if sums.withoutClose > 0, let missing = figures.withoutClose { throw missing }
            return max(0, sums.dayLoss)
        case .volatility: return try volatility()
        case .beta: return try beta(limit)
        case .turnover: return share(orderNotional(limit.scope))
        case .orderSize: return orderNotional(limit.scope)
        case .orderRate: return Double(figures.orderRate)
        case .liquidityDays:
            if limit.volumeDays != MeanVolume.usualDays {
                let window = VolumeWindow(days: limit.volumeDays, part: limit.scope.isPart ? limit.scope : nil)
                return try (figures.windows[window] ?? VolumeSums()).days(participation: limit.participation)
            }
            if sums.withoutVolume > 0, let missing = figures.withoutVolume { throw missing }
            return sums.liquidityDays(participation: limit.participation)
        case .stressLoss:
            guard let worst = figures.view.worstLoss else {
                throw MissingInput(field: "scenarios", message: "stress_loss needs scenarios")
            }
            return worst
        }
    }

    private func share(_ value: Double) -> Double { equity > 0 ? value / equity : .infinity }

    /// 0 for an order that the scope does not look at.
    private func orderNotional(_ scope: LimitScope) -> Double {
        guard let order = figures.order, scope.holds(order.symbol, figures.orderSector) else { return 0 }
        return order.notional
    }

    /// Nothing is held.
    private var isEmpty: Bool { figures.view.sums.held == 0 }

    // MARK: Returns

    private func flows(for type: LimitType) throws(MissingInput) -> [Double] {
        switch figures.flows {
        case .success(let flows)?: return flows
        case .failure(let error)?:
            throw MissingInput(field: error.field, message: "\(type.rawValue) needs returns\(error.message)")
        case nil: throw MissingInput(field: "returns", message: "\(type.rawValue) needs returns by symbol")
        }
    }

    private mutating func moments(_ flows: [Double]) -> FlowMoments {
        if let moments { return moments }
        let made = FlowMoments(flows)
        moments = made
        return made
    }

    /// In currency, so that cash bears no risk.
    private mutating func tail(_ type: LimitType, _ limit: Limit) throws -> (value: Double, shortfall: Double) {
        if let tail, tail.method == limit.method, tail.confidence == limit.confidence, tail.days == limit.horizonDays {
            return (tail.value, tail.shortfall)
        }
        let flows = try flows(for: type)
        if isEmpty { return (0, 0) }
        let settings = ValueAtRisk.Settings(
            value: 1, confidence: limit.confidence, horizonDays: Double(limit.horizonDays))
        let found: (value: Double, shortfall: Double)
        if limit.method == .parametric, flows.count > 1 {
            let moments = moments(flows)
            let normal = ValueAtRisk.parametric(
                mean: moments.mean, deviation: moments.variance.squareRoot(), settings: settings)
            found = (normal.var, normal.es)
        } else {
            let measured = try Measures.tail(limit.method, [flows], [1], settings)
            found = (measured.valueAtRisk, measured.expectedShortfall)
        }
        tail = (limit.method, limit.confidence, limit.horizonDays, found.value, found.shortfall)
        return found
    }

    private mutating func volatility() throws -> Double {
        let flows = try flows(for: .volatility)
        if isEmpty { return 0 }
        guard equity > 0 else { return .infinity }
        guard flows.count > 1 else {
            throw MissingInput(field: "returns", message: "volatility needs two returns or more")
        }
        return (moments(flows).variance * 252).squareRoot() / equity
    }

    private mutating func beta(_ limit: Limit) throws -> Double {
        if isEmpty, figures.benchmark == nil, limit.benchmark != nil { return 0 }
        let benchmark = try benchmark(of: limit)
        let flows = try flows(for: .beta)
        if isEmpty { return 0 }
        guard equity > 0 else { return .infinity }
        guard let beta = benchmark.beta(flows, moments(flows)) else {
            let named = limit.benchmark.map { "\($0) on days of the holdings, and one" } ?? "a benchmark"
            throw MissingInput(
                field: "benchmark_returns", message: "beta needs two returns or more of \(named) that moves")
        }
        return beta / equity
    }

    /// As it was sent, else the stored one that the limit names.
    private func benchmark(of limit: Limit) throws(MissingInput) -> BenchmarkReturns {
        if let sent = figures.benchmark { return sent }
        guard let name = limit.benchmark, let history = figures.history else {
            let hint = limit.benchmark == nil ? ", or a benchmark with stored daily bars" : ""
            throw MissingInput(field: "benchmark_returns", message: "beta needs benchmark_returns\(hint)")
        }
        guard let stored = history.benchmarks[name] else {
            throw MissingInput(
                field: "benchmark_returns", message: "beta needs returns of its benchmark \(name)\(history.reason(of: name))")
        }
        return stored
    }
}
