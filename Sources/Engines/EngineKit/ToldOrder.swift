public import Market
public import Quant
public import Wire

/// An order as the strategy engine tells of it: in its answers, and in order updates on the bus.
public struct ToldOrder: Sendable {
    /// A part of it.
    public struct Fill: Sendable {
        /// Its id; above 0; of one; what the venue charged; when.
        public let id: String, quantity: FixedPoint, price: Price, commission: Money, time: Timestamp
    }

    /// Whose order it is, and how it stands.
    public let id: String, portfolioID: String, strategyID: String, deploymentID: String, state: String
    /// What was wanted, at which price it was decided, and when.
    public let symbol: Symbol, side: Side, quantity: FixedPoint, reference: Price, time: Timestamp
    /// When it was taken, by the strategy engine's clock; nil where that is not known.
    public let recorded: Timestamp?
    /// What was carried out.
    public private(set) var fills: [Fill]

    /// Nil where a member is missing.
    public init?(json: JSONValue) {
        func text(_ name: String) -> String? { json.member(name)?.string }
        func number(_ value: JSONValue, _ name: String) -> FixedPoint? {
            value.member(name)?.double.flatMap { FixedPoint($0) }
        }
        guard let id = text("id"), let state = text("state"), let symbol = text("symbol").flatMap({ Symbol($0) }),
              let side = text("side").flatMap({ Side(rawValue: $0) }),
              let quantity = number(json, "ordered_quantity") ?? number(json, "quantity"),
              let reference = number(json, "reference_price"),
              let time = text("ts").flatMap({ Timestamp(iso8601: $0) }) else { return nil }
        self.id = id
        self.state = state
        self.symbol = symbol
        self.side = side
        self.quantity = quantity
        self.reference = reference
        self.time = time
        recorded = text("recorded").flatMap { Timestamp(iso8601: $0) }
        portfolioID = text("portfolio_id") ?? ""
        strategyID = text("strategy_id") ?? ""
        deploymentID = text("deployment_id") ?? ""
        var fills: [Fill] = []
        json.member("fills")?.forEachElement { item in
            guard let id = item.member("id")?.string, let quantity = number(item, "quantity"),
                  let price = number(item, "price"),
                  let time = item.member("ts")?.string.flatMap({ Timestamp(iso8601: $0) }) else { return }
            fills.append(Fill(id: id, quantity: quantity, price: price,
                              commission: number(item, "commission") ?? .zero, time: time))
        }
        self.fills = fills
    }

    /// When the last of it was carried out; when it was placed where nothing was.
    public var lastTime: Timestamp { fills.map(\.time).max() ?? time }

    /// The order as if one fill were all of it.
    public func only(_ fill: Fill) -> ToldOrder {
        var copy = self
        copy.fills = [fill]
        return copy
    }

    /// What is measured: the reference price is what the order was decided at.
    public var order: ExecutedOrder {
        ExecutedOrder(
            isBuy: side == .buy, quantity: max(quantity, fills.reduce(.zero) { $0 + $1.quantity }).double,
            parts: fills.map {
                ExecutedPart(quantity: $0.quantity.double, price: $0.price.double, fees: $0.commission.double)
            },
            decision: reference > .zero ? reference.double : nil)
    }

    /// Whether a text may be an id: it goes into a path as it stands.
    public static func isPlain(_ id: String) -> Bool {
        !id.isEmpty && !id.contains("..") && id.utf8.allSatisfy {
            (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || [45, 46, 58, 95].contains($0)
        }
    }
}
