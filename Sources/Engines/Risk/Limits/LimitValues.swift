import Quant

/// A limit cannot be judged: something it needs was neither sent nor stored.
struct MissingInput: Error, Equatable {
    /// The field of the body that would help.
    let field: String
    let message: String
}

/// The value that each type of limit compares with its threshold, for one portfolio. What several limits read is made
/// once, when the first of them asks.
final class LimitValues {
    private let picture: RiskPicture
    private let values: [Double]
    private let equity: Double
    private lazy var flows = Result<[Double], MissingInput> { () throws(MissingInput) in try makeFlows() }

    init(_ picture: RiskPicture) {
        self.picture = picture
        values = picture.marketValues
        equity = Exposure.equity(values, cash: picture.cash)
    }

    static func value(of limit: Limit, in picture: RiskPicture) throws -> Double {
        try LimitValues(picture).value(of: limit)
    }

    /// Infinite where equity is not above zero and the value is a share of it: then every threshold is breached.
    func value(of limit: Limit) throws -> Double {
        switch limit.type {
        case .grossExposure: return Exposure.gross(values)
        case .netExposure: return Exposure.net(values)
        case .leverage: return Exposure.leverage(values, cash: picture.cash)
        case .positionSize: return Exposure.positionSize(values)
        case .positionWeight: return Exposure.positionWeight(values, equity: equity)
        case .sectorConcentration:
            return Exposure.sectorConcentration(values, sectors: picture.positions.map(\.sector), equity: equity)
        case .herfindahl: return Exposure.herfindahl(values, equity: equity)
        case .valueAtRisk: return try tail(limit).valueAtRisk
        case .expectedShortfall: return try tail(limit).expectedShortfall
        case .maxDrawdown: return try Self.drawdown(picture)
        case .dailyLoss: return try Self.dailyLoss(picture)
        case .volatility: return try volatility()
        case .beta: return try beta()
        case .turnover:
            return Exposure.turnover(
                orderNotional: (picture.order?.quantity ?? 0) * (picture.order?.price ?? 0), equity: equity)
        case .orderSize:
            return Exposure.orderSize(quantity: picture.order?.quantity ?? 0, price: picture.order?.price ?? 0)
        case .orderRate: return Double(picture.orderRate)
        case .liquidityDays: return try Self.liquidity(limit, picture)
        case .stressLoss: return try Self.stress(picture)
        }
    }

    /// What the portfolio would have earned each day at today's holdings, in currency: Σ mv·r. Every limit on returns
    /// is
    /// a figure of this one series, so that a thousand positions are read once. Empty where nothing is held.
    private func flows(for type: LimitType) throws(MissingInput) -> [Double] {
        do throws(MissingInput) {
            return try flows.get()
        } catch {
            throw MissingInput(field: error.field, message: "\(type.rawValue) needs returns\(error.message)")
        }
    }

    private func makeFlows() throws(MissingInput) -> [Double] {
        var columns: [[Double]] = [], weights: [Double] = []
        columns.reserveCapacity(values.count)
        weights.reserveCapacity(values.count)
        for (position, value) in zip(picture.positions, values) where position.quantity != 0 {
            guard let returns = picture.returns else { throw MissingInput(field: "returns", message: " by symbol") }
            guard let column = returns[position.symbol] else {
                throw MissingInput(field: "returns", message: " of \(position.symbol)")
            }
            columns.append(column)
            weights.append(value)
        }
        let shortest = columns.map(\.count).min() ?? 0
        for index in columns.indices where columns[index].count > shortest {
            columns[index].removeFirst(columns[index].count - shortest)
        }
        return LossMeasures.portfolioReturns(columns, weights: weights)
    }

    private func tail(_ limit: Limit) throws -> ValueAtRisk {
        let flows = try flows(for: limit.type)
        let settings = ValueAtRisk.Settings(
            value: 1, confidence: limit.confidence, horizonDays: Double(limit.horizonDays))
        // In currency, so the figure is in currency and cash bears no risk.
        if isEmpty { return try Measures.tail(.parametric, [[0, 0]], [0], settings) }
        return try Measures.tail(limit.method, [flows], [1], settings)
    }

    /// Nothing is held.
    private var isEmpty: Bool { !picture.positions.contains { $0.quantity != 0 } }

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
            previousCloses: picture.positions.map { $0.previousClose ?? $0.price },
                prices: picture.positions.map(\.price))
    }

    private func volatility() throws -> Double {
        let flows = try flows(for: .volatility)
        if isEmpty { return 0 }
        guard equity > 0 else { return .infinity }
        guard let value = LossMeasures.volatility(flows) else {
            throw MissingInput(field: "returns", message: "volatility needs two returns or more")
        }
        return value / equity
    }

    private func beta() throws -> Double {
        guard let benchmark = picture.benchmarkReturns else {
            throw MissingInput(field: "benchmark_returns", message: "beta needs benchmark_returns")
        }
        let flows = try flows(for: .beta)
        if isEmpty { return 0 }
        guard equity > 0 else { return .infinity }
        let count = min(flows.count, benchmark.count)
        let beta = LossMeasures.beta(Array(flows.suffix(count)), benchmark: Array(benchmark.suffix(count)))
        guard let beta else {
            throw MissingInput(
                field: "benchmark_returns", message: "beta needs two returns or more of a benchmark that moves")
        }
        return beta / equity
    }

    private static func liquidity(_ limit: Limit, _ picture: RiskPicture) throws -> Double {
        for (index, position) in picture.positions.enumerated()
        where position.quantity != 0 && position.averageDailyVolume == nil {
            throw MissingInput(field: "positions/\(index)/average_daily_volume", message: "liquidity_days needs it")
        }
        return Exposure.liquidityDays(
            quantities: picture.positions.map(\.quantity),
            averageDailyVolumes: picture.positions.map { $0.averageDailyVolume ?? 1 },
                participation: limit.participation)
    }

    private static func stress(_ picture: RiskPicture) throws -> Double {
        guard let scenarios = picture.scenarios, !scenarios.isEmpty else {
            throw MissingInput(field: "scenarios", message: "stress_loss needs scenarios")
        }
        let values = picture.marketValues
        return scenarios.map {
            LossMeasures.stressLoss(marketValues: values, shocks: Scenario($0).shocks(picture.positions))
        }.max() ?? 0
    }
}
