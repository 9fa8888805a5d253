import Market

/// The newest price of an instrument, and the last one of an earlier day (UTC).
struct PriceMark: Sendable, Equatable {
    var last: Double, previous: Double?, time: Timestamp
    /// When `previous` was; nil where it is not known.
    var previousTime: Timestamp?
    /// Whether it is of a quote, and not a bar's close.
    var isQuote = false

    /// When the close before was; the end of the day before where that was not kept.
    fileprivate var closeTime: Timestamp {
        previousTime ?? Timestamp(seconds: DayTime.day(time) * 86_400).adding(nanoseconds: -1)
    }

    /// The last price before a day, with its time.
    fileprivate func before(_ day: Int64) -> (price: Double, time: Timestamp)? {
        if DayTime.day(time) < day { return (last, time) }
        return previous.flatMap { DayTime.day(closeTime) < day ? ($0, closeTime) : nil }
    }

    /// The same in shares as they are after splits: what was told before one is divided by its ratio. Prices themselves
    /// stay, as portfolios that share them book a split each at its own moment, and may be told of it twice.
    func after(_ splits: [ShareSplit]) -> PriceMark {
        var mark = self
        for split in splits {
            if time < split.time { mark.last /= split.ratio.double }
            if let before = mark.previous, closeTime < split.time { mark.previous = before / split.ratio.double }
        }
        return mark
    }
}

/// What the market told of an instrument: bars and quotes, and which of them counts.
///
/// All bars are of replays, and those tell of any year: a bar goes over a bar, whatever its time. A quote counts unless a
/// newer price is known. A bar that is older than the quote is late and does not go over it, unless it is older by so
/// much that it is of a replay of the past.
struct MarketPrice: Sendable, Equatable {
    private var bar: PriceMark?, quote: PriceMark?
    /// What counts; nil before any price.
    private(set) var mark: PriceMark?

    /// Of nothing.
    init() {}

    /// As it was written.
    init(_ mark: PriceMark) {
        self.mark = mark
        if mark.isQuote { quote = mark } else { bar = mark }
    }

    /// Takes a close; false where it does not count.
    mutating func take(close: Double, at time: Timestamp) -> Bool {
        let made = made(close, at: time)
        bar = made
        if let quote, quote.time > time, quote.time.nanoseconds(since: time) <= PriceWarnings.nanoseconds { return false }
        mark = made
        return true
    }

    /// Takes a quote's price; false where a newer price is known.
    mutating func take(quote price: Double, at time: Timestamp) -> Bool {
        if let bar, bar.time > time { return false }
        if let quote, quote.time > time { return false }
        var made = made(price, at: time)
        made.isQuote = true
        (quote, mark) = (made, made)
        return true
    }

    private func made(_ price: Double, at time: Timestamp) -> PriceMark {
        let day = DayTime.day(time), ofBars = bar?.before(day), ofQuotes = quote?.before(day)
        var before = ofBars ?? ofQuotes
        if let ofBars, let ofQuotes, ofQuotes.time > ofBars.time { before = ofQuotes }
        return PriceMark(last: price, previous: before?.price, time: time, previousTime: before?.time)
    }
}
