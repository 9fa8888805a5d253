/// What long, short, near or equal means: a share of the mean of some part of the candles before. TA-Lib's defaults.
protocol CandleSetting: Sendable {
    /// Candles before the one judged that the mean is taken over.
    static var period: Int { get }
    /// The mean is multiplied by this.
    static var factor: Double { get }
    /// The part of a candle.
    static func part(_ candles: Candles, _ back: Int) -> Double
}

/// A body is long above the mean body of ten candles.
enum LongBody: CandleSetting {
    static let period = 10
    @inline(__always)
    static var factor: Double { 1 }
    @inline(__always)
    static func part(_ candles: Candles, _ back: Int) -> Double { candles.body(back) }
}

/// A body is a doji's up to a tenth of the mean range of ten candles.
enum DojiBody: CandleSetting {
    static let period = 10
    @inline(__always)
    static var factor: Double { 0.1 }
    @inline(__always)
    static func part(_ candles: Candles, _ back: Int) -> Double { candles.range(back) }
}

/// A shadow is short below half the mean of both shadows of ten candles.
enum ShortShadow: CandleSetting {
    static let period = 10
    @inline(__always)
    static var factor: Double { 0.5 }
    @inline(__always)
    static func part(_ candles: Candles, _ back: Int) -> Double { candles.upper(back) + candles.lower(back) }
}

/// Prices are near up to a fifth of the mean range of five candles.
enum Nearness: CandleSetting {
    static let period = 5
    @inline(__always)
    static var factor: Double { 0.2 }
    @inline(__always)
    static func part(_ candles: Candles, _ back: Int) -> Double { candles.range(back) }
}

/// Prices are far beyond three fifths of the mean range of five candles.
enum Farness: CandleSetting {
    static let period = 5
    @inline(__always)
    static var factor: Double { 0.6 }
    @inline(__always)
    static func part(_ candles: Candles, _ back: Int) -> Double { candles.range(back) }
}

/// Prices are equal up to a twentieth of the mean range of five candles.
enum Equality: CandleSetting {
    static let period = 5
    @inline(__always)
    static var factor: Double { 0.05 }
    @inline(__always)
    static func part(_ candles: Candles, _ back: Int) -> Double { candles.range(back) }
}

/// A body is short up to the mean body of ten candles: the same measure as a long one's.
typealias ShortBody = LongBody
/// A shadow is very short below a tenth of the mean range of ten candles: the same measure as a doji's body.
typealias TinyShadow = DojiBody

/// When an average is brought up to date.
enum CandleStep {
    /// Before the first candle is judged: everything is added up.
    case start
    /// After a candle was judged: the next is at hand.
    case advance
}

/// The mean of a setting over the candles before the one `back` bars ago, kept as a running sum.
///
/// The sum takes one candle in and one out, in TA-Lib's order, so that a value at the very edge falls on TA-Lib's side
/// of it; it is made anew where that would leave a trace (`CandleKernel`).
struct CandleAverage<Setting: CandleSetting, let back: Int>: Sendable, BitwiseCopyable {
    private var total = 0.0

    @inline(__always)
    mutating func update(_ candles: Candles, _ step: CandleStep) {
        switch step {
        case .start:
            total = 0
            var age = back + Setting.period
            while age > back {
                total += Setting.part(candles, age)
                age -= 1
            }
        case .advance:
            total += Setting.part(candles, back) - Setting.part(candles, back + Setting.period)
        }
    }

    /// What the setting means for the candle `back` bars ago.
    @inline(__always)
    var value: Double { Setting.factor * (total / Double(Setting.period)) }
}
