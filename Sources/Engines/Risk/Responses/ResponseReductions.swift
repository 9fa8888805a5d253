import EngineKit
import HTTP
import Market
import Runtime
import Telemetry

/// What an order of a response does to a holding when it is decided; `over` for one that was given up.
enum ResponseReduction: Sendable { case smaller, turned, over }

extension Responder {
    /// What an intent of a response does, with what open orders may still close taken as closed; nil for an order of
    /// nobody here. A request that got no answer may be carried out long after its row was given up, and others were
    /// planned in its place: it trades nothing then.
    func reduction(_ intent: OrderIntent) -> ResponseReduction? {
        guard let id = ResponseOrder.row(of: intent.orderID) else { return nil }
        guard let row = rows[id], row.action.trades, row.state == .waiting || row.state == .placed,
              row.portfolioID == intent.portfolioID, row.target == intent.symbol.text
        else { return ResponseOrder.isOwn(intent.orderID) ? .over : nil }
        guard let line = engine?.state.books[intent.portfolioID]?.line(of: intent.symbol) else { return .turned }
        let isClosing = intent.side == (line.held > 0 ? .sell : .buy)
        return isClosing && intent.expectedQuantity <= line.free ? .smaller : .turned
    }

    // MARK: What may still be closed

    /// What is held of a portfolio, less what orders of responses will close that are not decided yet: those of `rows`
    /// and those that were just planned.
    func lines(of portfolio: String, planned: [ResponseRow]) -> [ReducibleLine] {
        guard let book = engine?.state.books[portfolio] else { return [] }
        var lines = book.reducible
        let places = Dictionary(lines.enumerated().map { ($1.symbol, $0) }) { $1 }
        for row in Array(rows.values) + planned where row.portfolioID == portfolio && isUndecided(row) {
            if let index = places[row.target] { lines[index].answer(row) }
        }
        return lines
    }

    /// The same of one order's instrument, but for what the order itself will close.
    private func line(for order: ResponseOrder, of own: ResponseRow) -> ReducibleLine? {
        guard let symbol = Symbol(order.symbol), let book = engine?.state.books[order.portfolioID],
              var line = book.line(of: symbol)?.reducible else { return nil }
        for row in rows.values
        where row.target == order.symbol && row.portfolioID == order.portfolioID && row.id != own.id && isUndecided(row) {
            line.answer(row)
        }
        return line
    }

    /// Whether a row is an order that may still close something, and risk has not decided it.
    func isUndecided(_ row: ResponseRow) -> Bool {
        row.action.trades && (row.state == .waiting || row.state == .placed)
            && engine?.isDecided(ResponseOrder.name(of: row.id)) == false
    }

    // MARK: Before it is sent

    /// Whether the strategy engine knows an order; nil where it does not say.
    func isKnown(_ order: ResponseOrder) async -> Bool? {
        if engine?.isDecided(order.id) != false { return true }
        guard let response = await ask(.get, order.id) else { return nil }
        return response.status == 404 ? false : (200..<300).contains(response.status) ? true : nil
    }

    /// How long what rests is cancelled for an order of a response, before that one is cut to what is left, and the pause
    /// between two looks.
    private static let roomNanoseconds: Int64 = 600_000_000_000, roomPause: Int64 = 1_000_000_000
    private static let givesWay = "waits until resting orders are cancelled"

    /// Orders that rest and may close what this one is to close are cancelled first: at a price that never comes they
    /// would keep the holding as it is. True while their end is awaited; one that cannot be cancelled now is tried again.
    func makeRoom(for order: ResponseOrder, of row: inout ResponseRow) async -> Bool {
        let now = context.clock.now
        guard let line = line(for: order, of: row),
              line.closing.rawValue == order.side, line.free < order.quantity, let symbol = Symbol(order.symbol),
              let resting = engine?.state.books[order.portfolioID]?.line(of: symbol)?.resting, !resting.isEmpty
        else { return false }
        // What it waited for before that does not count, such as an engine that was away: nothing was cancelled then.
        guard flights.room(row.id, first: row.detail != Self.givesWay, at: self.now) < Self.roomNanoseconds
        else { return false }
        row.detail = Self.givesWay
        row.due = now.adding(nanoseconds: Self.roomPause)
        for id in resting { _ = await ask(.delete, id) }
        return true
    }

    /// An order as it may be placed now: what was filled or ordered since it was planned is cut off. Nil where nothing is
    /// left.
    func cut(_ order: ResponseOrder, of row: ResponseRow) -> ResponseOrder? {
        guard let line = line(for: order, of: row), line.closing.rawValue == order.side, line.free > .zero
        else { return nil }
        var cut = order
        cut.quantity = min(order.quantity, line.free)
        return cut
    }

    /// Asks the strategy engine for an order, or to cancel it; nil where it gives no answer.
    private func ask(_ method: HTTP.Method, _ order: String) async -> Response? {
        let request = Request(
            method: method, path: "/orders/\(BarsClient.escape(order))", headers: ["Host": "localhost"])
        do throws(PeerError) {
            return try await context.peers.send(request, to: .strategy, deadlineNanoseconds: 5_000_000_000)
        } catch {
            context.logger.warning("an order could not be asked for", [
                "order": .string(order), "reason": .string("\(error)")])
            return nil
        }
    }
}
