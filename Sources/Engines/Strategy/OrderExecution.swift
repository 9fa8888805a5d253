import EngineKit
import HTTP
import Market
import Runtime
import Store
import Telemetry
import Wire

/// Orders by hand at the paper venue. Those of deployments wait for the next open, in `Runner`.
extension StrategyEngine {
    // MARK: Prices that come

    /// Keeps a price for the orders that come, unless what is known is newer.
    func know(_ price: KnownPrice, of symbol: Symbol) {
        if prices[symbol]?.yields(to: price) ?? true { prices[symbol] = price }
    }

    /// Orders by hand that rest meet a new price; those that were placed after a bar had closed do not meet that.
    func executeResting(_ symbol: Symbol, at moment: VenueMoment) async throws {
        let resting = openOrders.values.filter { order in
            order.deploymentID.isEmpty && order.intent.symbol == symbol
                && moment.closed.map { $0 >= order.intent.time } ?? true
        }
        for order in resting.sorted(by: { $0.intent.orderID < $1.intent.orderID }) {
            try await execute(order.intent.orderID, at: moment)
        }
    }

    /// An approved order by hand meets the paper venue at a price, if its limit allows.
    private func execute(_ id: String, at moment: VenueMoment) async throws {
        try await locks.with(Self.lockKey(id)) { try await executeAlone(id, at: moment) }
    }

    private func executeAlone(_ id: String, at moment: VenueMoment) async throws {
        guard var order = openOrders[id], order.state == .working, case .quantity(let quantity) = order.intent.size
        else { return }
        let price = moment.price.price(for: order.intent.side)
        let isReached = order.intent.limitPrice.map { order.intent.side == .buy ? price <= $0 : price >= $0 } ?? true
        guard isReached else { return }
        let fill = Fill(id: "\(id).1", orderID: id, portfolioID: order.intent.portfolioID, strategyID: "",
                        symbol: order.intent.symbol, side: order.intent.side, quantity: quantity, price: price,
                        commission: .zero, trader: order.intent.trader, time: moment.time)
        order.fills.append(fill)
        order.state = .filled
        order.updated = fill.time
        try await context.commit([order.upsert], [
            context.message(Topics.fill, fill.portfolioID, time: fill.time, fill), update(order, nil)])
        openOrders[id] = nil
        timings.follow(order, received: moment.received)
    }

    // MARK: The price that is known

    /// How long until what could not be looked up is looked up again.
    static let priceWaitNanoseconds: Int64 = 1_000_000_000

    /// An order by hand that has become working meets the latest known price, once: after that it waits for those that
    /// come. Where the price cannot be looked up it is tried again until it can.
    func meetLatestPrice(_ id: String) async throws {
        guard unmet.contains(id) else { return }
        guard let order = openOrders[id], order.state == .working else {
            unmet.remove(id)
            return
        }
        do {
            let price = try await latestPrice(order.intent.symbol)
            try await execute(id, at: VenueMoment(price: price, time: context.clock.now))
        } catch let problem as Problem where problem.status == 503 {
            context.logger.warning("an order waits for a price", [
                "order": .string(id), "reason": .string(problem.detail)])
            return
        } catch let problem as Problem where problem.status == 422 {
            // Nobody knows a price any more: the order waits for one that comes.
        }
        unmet.remove(id)
    }

    /// An order by hand is working from now on. Whoever places it and waits lets it meet the price; where nobody does,
    /// as the decision came late or after a restart, it is done here.
    func becameWorking(_ id: String) {
        unmet.insert(id)
        if !placing.contains(id) { followUnmet() }
    }

    /// Whoever placed an order waits no longer.
    func endPlacing(_ id: String) {
        placing.remove(id)
        if unmet.contains(id) { followUnmet() }
    }

    /// Lets all that are left meet the price, at once and then in rounds while there are some.
    func followUnmet() {
        if unmet.isEmpty || !isStarted { return }
        rounds.start { [weak self] in await self?.meetAll() }
    }

    private func meetAll() async {
        var tried: Set<String> = []
        // Others come while one is looked up.
        while let id = unmet.subtracting(placing).subtracting(tried).min() {
            tried.insert(id)
            do {
                try await meetLatestPrice(id)
            } catch {
                context.logger.warning("an approved order is not executed yet", [
                    "order": .string(id), "reason": .string("\(error)")])
            }
        }
        if unmet.subtracting(placing).isEmpty { rounds.stop() }
    }

    /// The last quote that came by, else the market data engine's latest price or a bar that came by, whichever is of a
    /// later time: after a restart the first bar may be of a replay of the past. Throws 422 where nobody knows one, 503
    /// where that cannot be told.
    func latestPrice(_ symbol: Symbol) async throws -> VenuePrice {
        let known = prices[symbol]
        if let known, known.isQuote { return known.price }
        let response = try await latestQuote(symbol)
        let told = response.status == 404 ? nil : try JSONParser().withDocument(response.body) { KnownPrice(quote: $0) }
        if let told, known?.yields(to: told) ?? true { return told.price }
        if let known { return known.price }
        throw Problem(422, "no price of \(symbol) is known: no quote came and no bar is stored", errors: [
            FieldError(pointer: "/symbol", message: "has no price; import bars or send a quote")])
    }

    /// The market data engine's answer: the latest quote, or 404. Throws 503 for any other.
    private func latestQuote(_ symbol: Symbol) async throws -> Response {
        let request = Request(method: .get, path: "/market-data/quote/\(symbol.text.replacing("/", with: "%2F"))",
                              headers: ["Host": "localhost"])
        let response: Response
        do throws(PeerError) {
            response = try await context.peers.send(request, to: .marketdata, deadlineNanoseconds: 5_000_000_000)
        } catch {
            throw Problem.unavailable("marketdata", "no price can be looked up: \(error)")
        }
        if response.status != 200 && response.status != 404 {
            throw Problem.unavailable("marketdata", "no price can be looked up: it answered \(response.status)")
        }
        return response
    }
}
