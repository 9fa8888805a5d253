import Quant

/// What limits are judged on, wherever it was summed: a portfolio as it is after its order.
struct RiskFigures: Sendable {
    var view: ExposureBook.View
    var cash: Double
    var order: RiskOrder?
    var orderRate: Int
    /// The sector of the order's instrument, where it is known.
    var orderSector: String?
    /// The sums of parts of the holdings that limits look at.
    var parts: [LimitScope: ExposureSums] = [:]
    /// Depth of the deepest fall, positive; nil where no curve is known.
    var maxDrawdown: Double?
    /// What the day has lost, in currency, where fills told it; nil where the holdings do.
    var dayLoss: Double?
    /// Σmv·r by day, in currency; nil where no limit reads it.
    var flows: Result<[Double], MissingInput>?
    /// Returns of the benchmark, as they were sent.
    var benchmark: BenchmarkReturns?
    /// What stored daily bars tell; nil where no limit reads it.
    var history: MarketHistory?
    /// By mean volumes of other days than the usual ones, where limits read them.
    var windows: [VolumeWindow: VolumeSums] = [:]
    /// What is missing of a holding, where something is.
    var unpriced: MissingInput?, withoutClose: MissingInput?, withoutVolume: MissingInput?
    /// What is held without a known sector, where a limit looks at one: it may belong to that sector.
    var withoutSector: MissingInput?

    var equity: Double { view.sums.equity(cash: cash) }

    /// Exposures by name, in the order they are told in.
    var metrics: [(name: String, value: Double)] {
        func share(_ value: Double) -> Double { equity > 0 ? value / equity : .infinity }
        let sums = view.sums
        return [
            ("equity", equity), ("cash", cash), ("gross_exposure", sums.gross), ("net_exposure", abs(sums.net)),
            ("leverage", share(sums.gross)), ("position_size", sums.largest), ("position_weight", share(sums.largest)),
            ("herfindahl", equity > 0 ? sums.squares / (equity * equity) : .infinity),
        ]
    }

    /// Names the first holding whose sector is not known.
    mutating func nameWithoutSector(_ found: (index: Int, symbol: String)?) {
        withoutSector = found.map {
            MissingInput(field: "positions/\($0.index)/sector", message: "the sector of \($0.symbol) is not known")
        }
    }

    /// Names the holdings that lack something. A close before is not asked of the order's own instrument.
    mutating func nameMissing(_ symbols: [String], _ holdings: [Holding]) {
        let sums = view.sums
        func first(_ test: (Holding) -> Bool) -> Int? {
            holdings.indices.first { holdings[$0].quantity != 0 && test(holdings[$0]) }
        }
        if sums.unpriced > 0, let index = first({ !$0.isPriced }) {
            unpriced = MissingInput(field: "positions/\(index)/price", message: "no price of \(symbols[index]) is known")
        }
        if sums.withoutClose > 0, let index = holdings.indices.first(where: {
            holdings[$0].quantity != 0 && holdings[$0].previousClose.isNaN && symbols[$0] != order?.symbol
        }) {
            withoutClose = MissingInput(
                field: "positions/\(index)/previous_close",
                message: "daily_loss needs the previous close of \(symbols[index])")
        }
        if sums.withoutVolume > 0, let index = first({ $0.averageDailyVolume.isNaN }) {
            withoutVolume = VolumeSums.missing(symbols[index], at: index, history, MeanVolume.usualDays)
        }
    }
}

extension RiskPicture {
    /// The figures that limits need.
    func figures(_ needs: LimitNeeds) -> RiskFigures {
        figures(for: needs.types, parts: needs.parts, windows: needs.windows)
    }

    /// The figures of the positions as they stand, all summed anew; the order counts where `afterOrder` added it.
    func figures(
        for types: Set<LimitType>, parts scopes: Set<LimitScope> = [], windows: Set<VolumeWindow> = []
    ) -> RiskFigures {
        var sectors: [String: Int] = [:]
        var holdings: [Holding] = []
        holdings.reserveCapacity(positions.count)
        for position in positions {
            let sector = position.sector.map { name in
                if let known = sectors[name] { return known }
                sectors[name] = sectors.count + 1
                return sectors.count
            } ?? 0
            holdings.append(Holding(
                quantity: position.quantity, price: position.price,
                previousClose: position.previousClose ?? (position.symbol == order?.symbol ? position.price : .nan),
                averageDailyVolume: volume(of: position, days: MeanVolume.usualDays), sector: sector))
        }
        var book = ExposureBook(holdings, shocks: (scenarios ?? []).map { Scenario($0).shocks(positions) })
        var figures = RiskFigures(
            view: book.view(), cash: cash, order: order, orderRate: orderRate, maxDrawdown: maxDrawdown,
            flows: types.isDisjoint(with: LimitType.onReturns) ? nil : flows(holdings),
            benchmark: benchmarkReturns.map { BenchmarkReturns($0) }, history: history)
        figures.dayLoss = dayLoss
        figures.nameMissing(positions.map(\.symbol), holdings)
        figures.orderSector = order.flatMap { order in positions.first { $0.symbol == order.symbol }?.sector }
        for scope in scopes {
            var sums = ExposureSums()
            for (position, holding) in zip(positions, holdings) where scope.holds(position.symbol, position.sector) {
                sums.add(holding)
            }
            figures.parts[scope] = sums
        }
        for window in windows {
            var sums = VolumeSums()
            for (index, position) in positions.enumerated()
            where window.part?.holds(position.symbol, position.sector) ?? true {
                sums.add(position.symbol, position.quantity, volume(of: position, days: window.days), at: index,
                         history, window.days)
            }
            figures.windows[window] = sums
        }
        if scopes.contains(where: \.isSector) {
            figures.nameWithoutSector(positions.firstIndex { $0.quantity != 0 && $0.sector == nil }
                .map { ($0, positions[$0].symbol) })
        }
        return figures
    }

    /// What is traded of a position in a day: as it was sent, else the mean of so many stored days; NaN where neither is
    /// known.
    private func volume(of position: RiskPosition, days: Int) -> Double {
        position.averageDailyVolume ?? history?.volume(of: position.symbol, days: days) ?? .nan
    }

    private var maxDrawdown: Double? {
        if let drawdown { return drawdown }
        guard let equityCurve, !equityCurve.isEmpty else { return nil }
        return LossMeasures.maxDrawdown(equityCurve: equityCurve)
    }

    /// What the portfolio would have earned each day at today's holdings; empty where nothing is held.
    private func flows(_ holdings: [Holding]) -> Result<[Double], MissingInput> {
        var columns: [[Double]] = [], weights: [Double] = []
        for (position, holding) in zip(positions, holdings) where position.quantity != 0 {
            guard let returns = returns ?? history?.returns else {
                return .failure(MissingInput(field: "returns", message: " by symbol"))
            }
            guard let column = returns[position.symbol] else {
                let why = self.returns == nil ? history?.reason(of: position.symbol) ?? "" : ""
                return .failure(MissingInput(field: "returns", message: " of \(position.symbol)\(why)"))
            }
            columns.append(column)
            weights.append(holding.marketValue)
        }
        if columns.contains(where: \.isEmpty) { return .success([]) }
        var book = FlowBook(columns, weights: weights)
        return .success(book.flows())
    }
}
