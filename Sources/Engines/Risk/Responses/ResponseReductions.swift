import Market

/// What an order of a response does to a holding when it is decided.
enum ResponseReduction: Sendable { case smaller, turned }

extension Responder {
    /// What an intent of a response does, with what open orders may still close taken as closed; nil for an order of
    /// nobody here.
    func reduction(_ intent: OrderIntent) -> ResponseReduction? {
        guard let id = ResponseOrder.row(of: intent.orderID), let row = rows[id],
              let order = ResponseOrder(row), order.isOf(intent) else { return nil }
        guard let line = engine?.state.books[intent.portfolioID]?.line(of: intent.symbol) else { return .turned }
        let isClosing = intent.side == (line.held > 0 ? .sell : .buy)
        return isClosing && intent.expectedQuantity <= line.free ? .smaller : .turned
    }

    /// What is held of a portfolio, less what orders of responses will close that are not decided yet: those of `rows`
    /// and those that were just planned.
    func lines(of portfolio: String, planned: [ResponseRow] = [], but own: String? = nil) -> [ReducibleLine] {
        guard let engine, var lines = engine.state.books[portfolio]?.reducible else { return [] }
        for row in Array(rows.values) + planned where row.portfolioID == portfolio && row.id != own {
            guard let order = ResponseOrder(row), !engine.isDecided(order.id) else { continue }
            for index in lines.indices
            where lines[index].symbol == order.symbol && lines[index].closing.rawValue == order.side {
                lines[index].answer(order.quantity)
            }
        }
        return lines
    }

    /// An order as it may be placed now: what was filled or ordered since it was planned is cut off. Nil where nothing is
    /// left. One that was sent before stays as it was: its receiver may know it.
    func cut(_ order: ResponseOrder, of row: ResponseRow) -> ResponseOrder? {
        guard row.attempts == 0, engine?.isDecided(order.id) == false else { return order }
        let line = lines(of: order.portfolioID, but: row.id).first { $0.symbol == order.symbol }
        guard let line, line.closing.rawValue == order.side, line.free > .zero else { return nil }
        var cut = order
        cut.quantity = min(order.quantity, line.free)
        return cut
    }
}
