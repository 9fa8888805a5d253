import EngineKit
import HTTP
import Market
import Runtime
import Telemetry

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

    /// How often what rests is cancelled for an order of a response, before that one is cut to what is left.
    private static let roomRounds = 5

    /// Orders that rest and may close what this one is to close are cancelled first: at a price that never comes they
    /// would keep the holding as it is. True while their end is awaited.
    func makeRoom(for order: ResponseOrder, of row: inout ResponseRow) async -> Bool {
        guard row.attempts == 0, roomMade[row.id, default: 0] < Self.roomRounds, let engine,
              !engine.isDecided(order.id), let symbol = Symbol(order.symbol),
              let line = engine.state.books[order.portfolioID]?.line(of: symbol), line.free < order.quantity,
              !line.resting.isEmpty
        else {
            roomMade[row.id] = nil
            return false
        }
        roomMade[row.id, default: 0] += 1
        row.detail = "waits until resting orders are cancelled"
        for id in line.resting { await cancel(id) }
        return true
    }

    /// One that is final already, or cannot be cancelled now, is looked at again in the next round.
    private func cancel(_ order: String) async {
        let request = Request(
            method: .delete, path: "/orders/\(BarsClient.escape(order))", headers: ["Host": "localhost"])
        do throws(PeerError) {
            _ = try await context.peers.send(request, to: .strategy, deadlineNanoseconds: 5_000_000_000)
        } catch {
            context.logger.warning("a resting order could not be cancelled", [
                "order": .string(order), "reason": .string("\(error)")])
        }
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
