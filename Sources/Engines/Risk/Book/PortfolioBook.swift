import EngineKit
import Market
import Numerics
import Quant

/// One portfolio as risk knows it, with the sums that limits read, kept while it changes. A value type.
struct PortfolioBook: Sendable {
    private(set) var lines: [BookLine] = []
    /// Whether the portfolio engine has told of it: an open order alone says nothing of what is held.
    var isTold = false
    /// What its amounts are in; nil where it was not said.
    var currency: String?
    /// Equity over time; what is paid in or out is neither a gain nor a fall.
    var curve = EquityCurve()
    private var toldCash = 0.0
    /// Splits that were booked, as they came.
    private(set) var splits: [Symbol: [ShareSplit]] = [:]
    /// When the newest price of a line was told.
    private var newestPrice: Timestamp?
    /// Fills whose cash the portfolio engine has not told yet.
    private var unpaid: [MessageID: LandedFill] = [:]
    /// What they cost together.
    private var owed = Money.zero
    private var exposure: ExposureBook
    private let scenarios: [Scenario]
    private var sectors: [String: Int] = [:]
    /// What open orders of all lines spend where they are taken as filled, by line.
    private var spent: [Double] = []
    /// How many of them are not 0.
    private var spending = 0
    // What stored bars tell is there once a limit has read it.
    private var flows: FlowBook?
    private(set) var history: MarketHistory?
    private var asked: Set<String> = []
    private var historyAt = Int64.min
    /// Whether all lines are known to be among those asked for.
    private var isAsked = false

    init(scenarios: [[String: Double]] = []) {
        self.scenarios = scenarios.map { Scenario($0) }
        exposure = ExposureBook(scenarios: scenarios.count)
    }

    /// Cash less what fills cost that have not been told with it.
    var cash: Double { owed.isZero ? toldCash : toldCash - owed.double }

    // MARK: Changes

    /// Changes the line of an instrument, and the sums with it.
    mutating func change(_ symbol: Symbol, _ make: (inout BookLine) -> Void) {
        let index = place(of: symbol)
        if index < lines.count, lines[index].symbol == symbol {
            make(&lines[index])
            if lines[index].isEmpty { remove(index) } else { update(index) }
            return
        }
        var line = BookLine(symbol: symbol)
        line.volumes = history?.volumes[symbol.text] ?? []
        line.splits = splits[symbol] ?? []
        make(&line)
        if line.isEmpty { return }
        lines.insert(line, at: index)
        isAsked = false
        spent.insert(0, at: index)
        let shocks = scenarios.map { $0.shock(symbol.text, line.facts?.sector) }
        exposure.insert(Holding(quantity: 0, price: 0), shocks: shocks, at: index)
        flows = nil
        update(index)
    }

    /// Whether there is a line of an instrument.
    func has(_ symbol: Symbol) -> Bool { index(of: symbol) != nil }

    private mutating func remove(_ index: Int) {
        lines.remove(at: index)
        if spent.remove(at: index) != 0 { spending -= 1 }
        exposure.remove(at: index)
        flows = nil
    }

    private mutating func update(_ index: Int) {
        if let mark = lines[index].mark { newestPrice = max(newestPrice ?? mark.time, mark.time) }
        let sector = sector(lines[index].facts?.sector)
        let (holding, cost) = lines[index].holding(sector: sector)
        let wasHeld = exposure.holdings[index].quantity != 0
        exposure.set(holding, at: index)
        spending += (cost != 0 ? 1 : 0) - (spent[index] != 0 ? 1 : 0)
        spent[index] = cost
        // A line that begins or ends may change how many days there are.
        if wasHeld != (holding.quantity != 0) { flows = nil } else { flows?.set(holding.marketValue, at: index) }
    }

    private mutating func sector(_ name: String?) -> Int {
        guard let name else { return 0 }
        if let known = sectors[name] { return known }
        sectors[name] = sectors.count + 1
        return sectors.count
    }

    private func place(of symbol: Symbol) -> Int { lines.firstPlace { !($0.symbol < symbol) } }

    private func index(of symbol: Symbol) -> Int? {
        let index = place(of: symbol)
        return index < lines.count && lines[index].symbol == symbol ? index : nil
    }

    /// What is held of an instrument was split: prices of before are those of old shares. Told again it changes nothing.
    mutating func take(_ split: ShareSplit, of symbol: Symbol) {
        let known = splits[symbol] ?? []
        if known.contains(split) { return }
        splits[symbol] = known + [split]
        if has(symbol) { change(symbol) { $0.splits = known + [split] } }
    }

    /// A fill that was seen before its position; its cost counts until the cash is told.
    mutating func land(_ fill: LandedFill) {
        if let before = unpaid.updateValue(fill, forKey: fill.message) { owed -= before.cost }
        owed += fill.cost
        change(fill.symbol) { $0.land(fill) }
    }

    /// A position has been told with these fills.
    mutating func settle(_ messages: [MessageID]) { for message in messages { unpaid[message]?.isHeld = true } }

    /// The newest cash. It is net of the fill that caused it, and of those that positions have been told with.
    mutating func setCash(_ cash: Double, cause: MessageID?) -> [MessageID] {
        toldCash = cash
        if unpaid.isEmpty { return [] }
        let paid = unpaid.values.filter { $0.isHeld || $0.message == cause }
        for fill in paid {
            unpaid[fill.message] = nil
            owed -= fill.cost
            change(fill.symbol) { $0.forget(landed: fill.message) }
        }
        if unpaid.isEmpty { owed = .zero }
        return paid.map(\.message)
    }

    /// What is known of an instrument beyond prices has changed.
    mutating func setFacts(_ facts: InstrumentFacts, of symbol: Symbol) {
        guard let index = index(of: symbol) else { return }
        lines[index].facts = facts
        exposure.remove(at: index)
        exposure.insert(Holding(quantity: 0, price: 0), shocks: scenarios.map { $0.shock(symbol.text, facts.sector) },
                        at: index)
        flows = nil
        update(index)
    }

    /// The line of an instrument; nil where nothing of it is held or open.
    func line(of symbol: Symbol) -> BookLine? { index(of: symbol).map { lines[$0] } }

    /// What is held, as reductions see it.
    var reducible: [ReducibleLine] {
        lines.compactMap(\.reducible)
    }

    // MARK: History

    /// How long ago what limits read of stored bars was asked for; .max where some of it was not.
    mutating func historyAge(for order: Symbol?, _ needs: HistoryNeeds, at monotonic: Int64) -> Int64 {
        guard let history, needs.isCovered(by: history.needs), order.map({ asked.contains($0.text) }) ?? true else {
            return .max
        }
        // What another order's instrument took away is asked for again, unless that is held by now.
        if let guest = history.narrowedBy, guest != order?.text, Symbol(guest).map(has) != true { return .max }
        if !isAsked { isAsked = lines.allSatisfy { asked.contains($0.symbol.text) } }
        return isAsked ? monotonic - historyAt : .max
    }

    mutating func setHistory(_ found: MarketHistory, asked: Set<String>, at monotonic: Int64) {
        history = found
        self.asked = asked
        historyAt = monotonic
        (flows, isAsked) = (nil, false)
        for index in lines.indices {
            let volumes = found.volumes[lines[index].symbol.text] ?? []
            if lines[index].volumes == volumes { continue }
            lines[index].volumes = volumes
            update(index)
        }
    }

    /// False where a holding has no returns.
    private mutating func makeFlows() -> Bool {
        if flows != nil { return true }
        var columns: [[Double]] = []
        columns.reserveCapacity(lines.count)
        for (line, holding) in zip(lines, exposure.holdings) {
            if holding.quantity == 0 {
                columns.append([])
            } else if let column = history?.returns[line.symbol.text], !column.isEmpty {
                columns.append(column)
            } else {
                return false
            }
        }
        flows = FlowBook(columns, weights: exposure.holdings.map(\.marketValue))
        return true
    }

    /// Makes all sums that limits read anew where something changed, so that the next order need not.
    mutating func refresh() {
        exposure.refresh()
        if history?.needs.returns == true, makeFlows() { flows?.refresh() }
    }

    // MARK: Reading

    /// What is found of an order without going through all holdings.
    enum OrderFigures {
        case figures(RiskFigures)
        /// There is no line of the order's instrument, and none was given.
        case noLine
        /// Only all holdings, summed anew, tell.
        case noSums
        /// Nothing was ever told of the portfolio.
        case notTold
    }

    /// The figures after an order, without going through all holdings. `fresh` is the line of the order's instrument
    /// where none is held.
    mutating func figures(
        order: RiskOrder, of symbol: Symbol, _ fresh: BookLine? = nil, rate: Int, _ needs: LimitNeeds
    ) -> OrderFigures {
        guard isTold else { return .notTold }
        let index = index(of: symbol)
        let holding: Holding, cost: Double, name: String?, view: ExposureBook.View
        var own = fresh
        if let index {
            name = lines[index].facts?.sector
            (holding, cost) = lines[index].holding(sector: exposure.holdings[index].sector, order: order)
            view = exposure.view(with: holding, at: index)
        } else {
            guard var fresh else { return .noLine }
            fresh.volumes = history?.volumes[symbol.text] ?? []
            fresh.splits = splits[symbol] ?? []
            own = fresh
            name = fresh.facts?.sector
            (holding, cost) = fresh.holding(sector: sector(name), order: order)
            view = exposure.view(with: holding, at: nil, shocks: scenarios.map { $0.shock(symbol.text, name) })
        }
        var figures = RiskFigures(
            view: view, cash: cash - order.quantity * order.price - spentElsewhere(index) - cost, order: order,
            orderRate: rate, maxDrawdown: needs.types.contains(.maxDrawdown) ? depth() : nil, flows: nil,
            history: history)
        if view.sums.unpriced + view.sums.withoutClose + view.sums.withoutVolume > 0 {
            var holdings = exposure.holdings, symbols = lines.map(\.symbol.text)
            if let index { holdings[index] = holding } else {
                holdings.append(holding)
                symbols.append(symbol.text)
            }
            figures.nameMissing(symbols, holdings)
        }
        figures.orderSector = name
        for scope in needs.parts { figures.parts[scope] = sums(of: scope, symbol, name, holding, at: index) }
        for window in needs.windows {
            let line = index.map { lines[$0] } ?? own
            figures.windows[window] = volumes(window, symbol, name, holding, line?.volume(of: window.days) ?? .nan, at: index)
        }
        if needs.sectors { figures.nameWithoutSector(withoutSector(symbol, name, holding, at: index)) }
        guard needs.returns else { return .figures(figures) }
        guard makeFlows(), var book = flows.take() else { return .noSums }
        defer { flows = book }
        if let index, book.hasColumn(index) {
            if holding.quantity == 0 && book.isShortest(index) { return .noSums }
            figures.flows = .success(book.flows(with: holding.marketValue, at: index))
        } else if holding.quantity == 0 {
            figures.flows = .success(book.flows())
        } else {
            guard let column = history?.returns[symbol.text], !column.isEmpty else { return .noSums }
            figures.flows = .success(book.flows(with: holding.marketValue, at: nil, column: column))
        }
        return .figures(figures)
    }

    /// The first holding whose sector is not known, with the order's own as it is then.
    private func withoutSector(
        _ own: Symbol, _ sector: String?, _ holding: Holding, at index: Int?
    ) -> (index: Int, symbol: String)? {
        if sector == nil, holding.quantity != 0 { return (index ?? lines.count, own.text) }
        return lines.indices.first { place in
            place != index && exposure.holdings[place].quantity != 0 && lines[place].facts?.sector == nil
        }.map { ($0, lines[$0].symbol.text) }
    }

    /// Sums over a part of the holdings, with the order's own as it is then.
    private func sums(
        of scope: LimitScope, _ own: Symbol, _ sector: String?, _ holding: Holding, at index: Int?
    ) -> ExposureSums {
        var sums = ExposureSums()
        if scope.holds(own.text, sector) { sums.add(holding) }
        if case .symbol(let name) = scope {
            if name != own.text, let other = Symbol(name).flatMap({ self.index(of: $0) }) {
                sums.add(exposure.holdings[other])
            }
            return sums
        }
        for place in lines.indices where place != index && scope.holds(lines[place].symbol.text, lines[place].facts?.sector) {
            sums.add(exposure.holdings[place])
        }
        return sums
    }

    /// How long what is held takes to be sold by mean volumes of other days, with the order's own as it is then.
    private func volumes(
        _ window: VolumeWindow, _ own: Symbol, _ sector: String?, _ holding: Holding, _ volume: Double, at index: Int?
    ) -> VolumeSums {
        var sums = VolumeSums()
        if window.part?.holds(own.text, sector) ?? true {
            sums.add(own.text, holding.quantity, volume, at: index ?? lines.count, history, window.days)
        }
        for place in lines.indices where place != index {
            let line = lines[place]
            guard window.part?.holds(line.symbol.text, line.facts?.sector) ?? true else { continue }
            sums.add(line.symbol.text, exposure.holdings[place].quantity, line.volume(of: window.days), at: place,
                     history, window.days)
        }
        return sums
    }

    /// Depth of the deepest fall, positive; nil without a point.
    private mutating func depth() -> Double? {
        guard isAhead else { return depth(heldValue: 0) }
        let view = exposure.view()
        if view.sums.unpriced > 0 { return depth(heldValue: .nan) }
        return depth(heldValue: spending == 0 ? view.sums.net : heldValue)
    }

    /// The same; what is held is worth so much.
    private func depth(heldValue: Double) -> Double? {
        guard var deepest = curve.maxDrawdown else { return nil }
        if isAhead, let now = curve.level(of: cash + heldValue)?.maxDrawdown, now < deepest { deepest = now }
        return deepest == 0 ? 0 : -deepest
    }

    /// Whether prices are newer than the curve: then the equity of now is its next point.
    private var isAhead: Bool {
        guard let newestPrice, let last = curve.times.last else { return false }
        return newestPrice.nanoseconds > last
    }

    /// What is held at the newest prices, without what open orders may do; NaN where a price is missing.
    private var heldValue: Double {
        var total = 0.0
        for (line, holding) in zip(lines, exposure.holdings) where line.held != 0 {
            total += holding.isPriced ? line.held * line.price(order: nil) : .nan
        }
        return total
    }

    private func spentElsewhere(_ index: Int?) -> Double {
        if spending == 0 { return 0 }
        var total = 0.0
        for place in spent.indices where place != index && spent[place] != 0 { total += spent[place] }
        return total
    }

    /// Everything limits are judged on, to be summed anew. With an order, open ones count too, as in `figures`; without
    /// one it is what is held.
    func picture(order: RiskOrder?, _ fresh: BookLine?, rate: Int) -> RiskPicture {
        var spent = 0.0
        var all = lines
        if var fresh, !has(fresh.symbol) {
            fresh.splits = splits[fresh.symbol] ?? []
            all.append(fresh)
        }
        let positions = all.map { line in
            let (position, cost) = line.position(order: order)
            spent += cost
            return position
        }
        return RiskPicture(
            positions: positions, cash: cash - spent, order: order, returns: nil, benchmarkReturns: nil,
            history: history, equityCurve: curve.adjusted, drawdown: depth(heldValue: isAhead ? heldValue : 0),
            scenarios: nil, orderRate: rate)
    }
}
