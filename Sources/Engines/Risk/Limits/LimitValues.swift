import Quant

/// A limit cannot be judged: something it needs was neither sent nor stored.
struct MissingInput: Error, Equatable {
    /// The field of the body that would help.
    let field: String
    let message: String
}

/// The value that each type of limit compares with its threshold.
enum LimitValues {
    /// Infinite where equity is not above zero and the value is a share of it: then every threshold is breached.
    static func value(of limit: Limit, in picture: RiskPicture) throws -> Double {
        let values = picture.marketValues, equity = Exposure.equity(values, cash: picture.cash)
        switch limit.type {
        case .grossExposure: return Exposure.gross(values)
        case .netExposure: return Exposure.net(values)
        case .leverage: return Exposure.leverage(values, cash: picture.cash)
        case .positionSize: return Exposure.positionSize(values)
        case .positionWeight: return Exposure.positionWeight(values, equity: equity)
        case .sectorConcentration:
            return Exposure.sectorConcentration(values, sectors: picture.positions.map(\.sector), equity: equity)
        case .herfindahl: return Exposure.herfindahl(values, equity: equity)
        case .valueAtRisk: return try tail(limit, picture).valueAtRisk
        case .expectedShortfall: return try tail(limit, picture).expectedShortfall
        case .maxDrawdown: return try drawdown(picture)
        case .dailyLoss: return try dailyLoss(picture)
        case .volatility: return try volatility(picture, equity)
        case .beta: return try beta(picture, equity)
        case .turnover:
            return Exposure.turnover(orderNotional: (picture.order?.quantity ?? 0) * (picture.order?.price ?? 0), equity: equity)
        case .orderSize: return Exposure.orderSize(quantity: picture.order?.quantity ?? 0, price: picture.order?.price ?? 0)
        case .orderRate: return Double(picture.orderRate)
        case .liquidityDays: return try liquidity(limit, picture)
        case .stressLoss: return try stress(picture)
        }
    }

    /// Returns of every position with a quantity, and its market value, in the positions' order.
    private static func columns(_ picture: RiskPicture, for type: String) throws -> (returns: [[Double]], values: [Double]) {
        let held = picture.positions.filter { $0.quantity != 0 }
        guard let returns = picture.returns else {
            if held.isEmpty { return ([], []) }
            throw MissingInput(field: "returns", message: "\(type) needs returns by symbol")
        }
        let columns = try held.map { position in
            guard let column = returns[position.symbol] else {
                throw MissingInput(field: "returns", message: "\(type) needs returns of \(position.symbol)")
            }
            return column
        }
        let shortest = columns.map(\.count).min() ?? 0
        return (columns.map { Array($0.suffix(shortest)) }, held.map(\.marketValue))
    }

    private static func tail(_ limit: Limit, _ picture: RiskPicture) throws -> ValueAtRisk {
        let (returns, values) = try columns(picture, for: limit.type.rawValue)
        let settings = ValueAtRisk.Settings(value: 1, confidence: limit.confidence, horizonDays: Double(limit.horizonDays))
        // Weights in currency: the distribution of Σ mv·r, so the figure is in currency and cash bears no risk.
        if returns.isEmpty { return try Measures.tail(.parametric, [[0, 0]], [0], settings) }
        return try Measures.tail(limit.method, returns, values, settings)
    }

    private static func drawdown(_ picture: RiskPicture) throws -> Double {
        guard let curve = picture.equityCurve, !curve.isEmpty else {
            throw MissingInput(field: "equity_curve", message: "max_drawdown needs an equity_curve")
        }
        return LossMeasures.maxDrawdown(equityCurve: curve)
    }

    private static func dailyLoss(_ picture: RiskPicture) throws -> Double {
        for (index, position) in picture.positions.enumerated()
        where position.quantity != 0 && position.previousClose == nil && position.symbol != picture.order?.symbol {
            throw MissingInput(field: "positions/\(index)/previous_close", message: "daily_loss needs it")
        }
        return LossMeasures.dailyLoss(
            quantities: picture.positions.map(\.quantity),
            previousCloses: picture.positions.map { $0.previousClose ?? $0.price }, prices: picture.positions.map(\.price))
    }

    private static func volatility(_ picture: RiskPicture, _ equity: Double) throws -> Double {
        let (returns, values) = try columns(picture, for: "volatility")
        if returns.isEmpty { return 0 }
        guard equity > 0 else { return .infinity }
        let portfolio = LossMeasures.portfolioReturns(returns, weights: values.map { $0 / equity })
        guard let value = LossMeasures.volatility(portfolio) else {
            throw MissingInput(field: "returns", message: "volatility needs two returns or more")
        }
        return value
    }

    private static func beta(_ picture: RiskPicture, _ equity: Double) throws -> Double {
        guard let benchmark = picture.benchmarkReturns else {
            throw MissingInput(field: "benchmark_returns", message: "beta needs benchmark_returns")
        }
        let (returns, values) = try columns(picture, for: "beta")
        if returns.isEmpty { return 0 }
        guard equity > 0 else { return .infinity }
        let portfolio = LossMeasures.portfolioReturns(returns, weights: values.map { $0 / equity })
        let count = min(portfolio.count, benchmark.count)
        guard let value = LossMeasures.beta(Array(portfolio.suffix(count)), benchmark: Array(benchmark.suffix(count))) else {
            throw MissingInput(field: "benchmark_returns", message: "beta needs two returns or more of a benchmark that moves")
        }
        return value
    }

    private static func liquidity(_ limit: Limit, _ picture: RiskPicture) throws -> Double {
        for (index, position) in picture.positions.enumerated()
        where position.quantity != 0 && position.averageDailyVolume == nil {
            throw MissingInput(field: "positions/\(index)/average_daily_volume", message: "liquidity_days needs it")
        }
        return Exposure.liquidityDays(
            quantities: picture.positions.map(\.quantity),
            averageDailyVolumes: picture.positions.map { $0.averageDailyVolume ?? 1 }, participation: limit.participation)
    }

    private static func stress(_ picture: RiskPicture) throws -> Double {
        guard let scenarios = picture.scenarios, !scenarios.isEmpty else {
            throw MissingInput(field: "scenarios", message: "stress_loss needs scenarios")
        }
        return LossMeasures.worstStressLoss(
            marketValues: picture.marketValues, symbols: picture.positions.map(\.symbol),
            sectors: picture.positions.map(\.sector), scenarios: scenarios)
    }
}
