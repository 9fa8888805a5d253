import Market
import Wire

/// The latest quote of every instrument, and the quotes that were refused.
struct QuoteBoard {
    /// A refused quote, kept for people to look at.
    struct Quarantined {
        let quote: Quote, reason: String, at: Timestamp
    }

    /// Refused quotes kept.
    static let quarantineLimit = 1000

    private var latest: [Symbol: Quote] = [:]
    private(set) var quarantined: [Quarantined] = []

    subscript(_ symbol: Symbol) -> Quote? { latest[symbol] }

    /// Instruments that a quote came for.
    var count: Int { latest.count }

    /// When the newest of all quotes was made; nil before the first.
    var newest: Timestamp? { latest.values.map(\.time).max() }

    /// Instruments whose latest quote was made before a time.
    func count(before time: Timestamp) -> Int { latest.values.count { $0.time < time } }

    /// How far ahead of our clock a quote may be: clocks of venues differ by less.
    static let aheadNanoseconds: Int64 = 5_000_000_000

    /// The reason a quote is refused at a time, or nil.
    func fault(in quote: Quote, at now: Timestamp) -> String? {
        for (name, value) in [("bid", quote.bid), ("ask", quote.ask)] where !value.isNaN
            && !(value.isFinite && value > 0) {
            return "\(name) must be above 0"
        }
        if quote.bid.isNaN && quote.ask.isNaN { return "neither bid nor ask is there" }
        if quote.bid > quote.ask { return "the book is crossed: bid \(quote.bid) above ask \(quote.ask)" }
        let soonest = now.adding(nanoseconds: Self.aheadNanoseconds)
        if quote.time > soonest {
            return "its time \(quote.time.iso8601) is more than \(Self.aheadNanoseconds / 1_000_000_000) s ahead of the clock"
        }
        // A last one that is ahead itself, as the clock was set back, would refuse all others until then.
        if let last = latest[quote.symbol], quote.time < last.time, last.time <= soonest {
            return "its time is before the last quote's"
        }
        return nil
    }

    mutating func take(_ quote: Quote) { latest[quote.symbol] = quote }

    mutating func quarantine(_ quote: Quote, _ reason: String, at time: Timestamp) {
        if quarantined.count >= Self.quarantineLimit { quarantined.removeFirst() }
        quarantined.append(Quarantined(quote: quote, reason: reason, at: time))
    }
}
