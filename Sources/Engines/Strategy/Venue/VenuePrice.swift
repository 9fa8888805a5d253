import Market
import Wire

/// What the paper venue trades an instrument at: buys meet the ask, sales the bid. A bar's close is both, and where a
/// quote has one side only, so is that one.
struct VenuePrice: Sendable, Equatable {
    let bid: Price, ask: Price

    /// One price for both sides.
    init(_ price: Price) { (bid, ask) = (price, price) }

    /// Prices that may be missing (NaN); nil where both are, or one is nothing in fixed point or beyond it.
    init?(bid: Double, ask: Double) {
        guard let bid = FixedPoint(bid.isNaN ? ask : bid), let ask = FixedPoint(ask.isNaN ? bid.double : ask),
              bid > .zero, ask > .zero else { return nil }
        (self.bid, self.ask) = (bid, ask)
    }

    /// What an order is judged by before it trades.
    var middle: Price { Price(raw: bid.raw + (ask.raw - bid.raw) / 2) }

    /// What an order of that side trades at.
    func price(for side: Side) -> Price { side == .buy ? ask : bid }
}

/// The price of an instrument that the venue knows, and where it is from.
struct KnownPrice: Sendable, Equatable {
    let price: VenuePrice
    let time: Timestamp, isQuote: Bool

    /// Makes one.
    init(price: VenuePrice, time: Timestamp, isQuote: Bool) {
        self.price = price
        self.time = time
        self.isQuote = isQuote
    }

    /// The market data engine's answer: a quote, or the close of a bar that began then; nil where it tells no price.
    init?(quote json: JSONValue) {
        let price = json.member("price")?.double ?? .nan
        guard let venue = VenuePrice(bid: json.member("bid")?.double ?? price, ask: json.member("ask")?.double ?? price),
              let time = json.member("ts")?.string.flatMap({ Timestamp(iso8601: $0) }) else { return nil }
        self.init(price: venue, time: time, isQuote: json.member("source")?.string == "quote")
    }

    /// Whether another one takes its place: a quote always does, a bar where this is no quote and not of a later time. A
    /// replay of the past tells nothing of what is known by now.
    func yields(to other: KnownPrice) -> Bool { other.isQuote || (!isQuote && time <= other.time) }
}

/// A moment at which the paper venue trades an instrument.
struct VenueMoment: Sendable {
    let price: VenuePrice
    let time: Timestamp
    /// When a bar's close was known; nil for a quote: an order that was placed later does not meet it.
    var closed: Timestamp?
    /// When the message that tells of it came; nil where it was asked for.
    var received: Timestamp?
}
