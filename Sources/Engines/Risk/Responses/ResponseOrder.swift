import EngineKit
import Market
import Wire

/// An order of a response, while it is placed.
struct ResponseOrder: Sendable, Equatable {
    let id: String, portfolioID: String, symbol: String, side: String
    var quantity: FixedPoint

    /// Why there is no order.
    static let isUnderWay = "open orders may close all of it already"
    /// Why one that was sent is denied.
    static let isOver = "the response that it belongs to was given up"

    static let prefix = "response-"

    /// The order's id for that of its row.
    static func name(of row: String) -> String { prefix + row }

    static func isName(_ order: String) -> Bool { order.hasPrefix(prefix) }

    /// The row's id for that of its order; nil for an order of nobody here.
    static func row(of order: String) -> String? { isName(order) ? String(order.dropFirst(prefix.count)) : nil }

    /// Whether an order is one of a response, of whichever time, and not a caller's that is only named like it.
    static func isOwn(_ order: String) -> Bool {
        guard let row = row(of: order) else { return false }
        return row.utf8.count == nameLength && row.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
    }

    /// Hexadecimal digits of a row's id.
    static let nameLength = 32

    init(id: String, portfolioID: String, symbol: String, side: String, quantity: FixedPoint) {
        (self.id, self.portfolioID, self.symbol, self.side) = (id, portfolioID, symbol, side)
        self.quantity = quantity
    }

    /// Reads the body of a row; nil where it is none of an order.
    init?(_ row: ResponseRow) {
        guard row.action.trades, !row.body.isEmpty else { return nil }
        let found: ResponseOrder?? = try? JSONParser().withDocument(row.body) { json in
            guard let id = json.member("id")?.string, let portfolio = json.member("portfolio_id")?.string,
                  let symbol = json.member("symbol")?.string, let side = json.member("side")?.string,
                  let quantity = json.member("quantity")?.double.flatMap({ FixedPoint($0) }) else { return nil }
            return ResponseOrder(id: id, portfolioID: portfolio, symbol: symbol, side: side, quantity: quantity)
        }
        guard let found, let order = found else { return nil }
        self = order
    }

    /// What the strategy engine is sent.
    var body: [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.field("id", id)
            json.field("portfolio_id", portfolioID)
            json.field("symbol", symbol)
            json.field("side", side)
            json.key("quantity")
            json.fixed(quantity)
        }
        return json.bytes
    }
}
