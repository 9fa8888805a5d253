/// One holding as exposures see it. What is not known is NaN.
public struct Holding: Sendable, Equatable {
    /// Signed; a holding of 0 counts for nothing.
    public var quantity: Double
    /// Of one, in currency; NaN or not above 0 where none is known.
    public var price: Double
    /// The close before, in currency.
    public var previousClose: Double
    /// Traded in a day, in the quantity's units.
    public var averageDailyVolume: Double
    /// Which group it belongs to, from 0; the book's owner says what that is.
    public var sector: Int

    /// A holding of which no more than said is known.
    public init(
        quantity: Double, price: Double, previousClose: Double = .nan, averageDailyVolume: Double = .nan,
        sector: Int = 0
    ) {
        self.quantity = quantity
        self.price = price
        self.previousClose = previousClose
        self.averageDailyVolume = averageDailyVolume
        self.sector = sector
    }

    /// q·price, 0 where no price is known.
    public var marketValue: Double { isPriced ? quantity * price : 0 }

    /// Whether a price is known.
    public var isPriced: Bool { price > 0 && price.isFinite }
}

/// Sums and largest values over holdings. Those of two parts make those of the whole.
public struct ExposureSums: Sendable, Equatable {
    /// Σ|mv|, in currency.
    public private(set) var gross = 0.0
    /// Σmv, in currency.
    public private(set) var net = 0.0
    /// Σmv².
    public private(set) var squares = 0.0
    /// Σq(previous close − price), in currency; positive is a loss.
    public private(set) var dayLoss = 0.0
    /// Largest |mv|, in currency.
    public private(set) var largest = 0.0
    /// |q| of the holding that takes most days of volume to trade, and that volume.
    public private(set) var slowest = (quantity: 0.0, volume: 1.0)
    /// Holdings that are not 0; and among them those without a price, a close before and a volume.
    public private(set) var held = 0, unpriced = 0, withoutClose = 0, withoutVolume = 0

    /// Of nothing.
    public init() {}

    /// Adds a holding.
    @inline(__always)
    public mutating func add(_ holding: Holding) {
        if holding.quantity == 0 { return }
        held += 1
        if holding.isPriced {
            let value = holding.quantity * holding.price, size = abs(value)
            gross += size
            net += value
            squares += value * value
            if size > largest { largest = size }
            if holding.previousClose.isNaN {
                withoutClose += 1
            } else {
                dayLoss += holding.quantity * (holding.previousClose - holding.price)
            }
        } else {
            unpriced += 1
            withoutClose += 1
        }
        if holding.averageDailyVolume.isNaN {
            withoutVolume += 1
        } else {
            slow(abs(holding.quantity), max(0, holding.averageDailyVolume))
        }
    }

    /// Adds the sums of a part.
    @inline(__always)
    public mutating func add(_ part: ExposureSums) {
        gross += part.gross
        net += part.net
        squares += part.squares
        dayLoss += part.dayLoss
        if part.largest > largest { largest = part.largest }
        slow(part.slowest.quantity, part.slowest.volume)
        held += part.held
        unpriced += part.unpriced
        withoutClose += part.withoutClose
        withoutVolume += part.withoutVolume
    }

    /// Takes a holding for the slowest where it needs more days of volume.
    @inline(__always)
    private mutating func slow(_ quantity: Double, _ volume: Double) {
        if quantity * slowest.volume > slowest.quantity * volume { slowest = (quantity, volume) }
    }

    /// Σmv + cash.
    public func equity(cash: Double) -> Double { net + cash }

    /// Days to trade the slowest holding at a share of its volume; infinite where that has none.
    public func liquidityDays(participation: Double) -> Double {
        slowest.quantity == 0 ? 0 : Exposure.share(slowest.quantity, participation * slowest.volume)
    }

    public static func == (a: ExposureSums, b: ExposureSums) -> Bool {
        a.gross == b.gross && a.net == b.net && a.squares == b.squares && a.dayLoss == b.dayLoss
            && a.largest == b.largest && a.slowest == b.slowest && a.held == b.held && a.unpriced == b.unpriced
            && a.withoutClose == b.withoutClose && a.withoutVolume == b.withoutVolume
    }
}
