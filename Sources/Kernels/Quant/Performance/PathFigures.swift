/// Figures of the way a series of simple returns took: how deep and how long it was under its peaks, and how gains
/// stood against losses. Drawdowns dᵢ = valueᵢ/peakᵢ − 1 include the start, as in `Drawdown`. A ratio over zero is nil.
public struct PathFigures: Sendable, Equatable {
    /// √(Σd²/n): Martin's, as a fraction.
    public var ulcerIndex: Double
    /// Σ|d|/n.
    public var painIndex: Double
    /// (Annual return, geometric, less the year's risk-free rate) over the ulcer index.
    public var martinRatio: Double?
    /// Σr over |Σ of r below 0|: Schwager's, of the returns' own periods.
    public var gainToPainRatio: Double?
    /// Total return over the depth of the deepest drawdown.
    public var recoveryFactor: Double?
    /// Returns above 0 over returns that are not 0.
    public var winRate: Double?
    /// Mean of returns above 0 over |mean of returns below 0|.
    public var payoffRatio: Double?
    /// Σ of returns above 0 over |Σ of returns below 0|.
    public var profitFactor: Double?
    /// The largest return.
    public var best: Double
    /// The smallest return.
    public var worst: Double

    /// Figures that are known already.
    init(
        ulcerIndex: Double, painIndex: Double, martinRatio: Double?, gainToPainRatio: Double?, recoveryFactor: Double?,
        winRate: Double?, payoffRatio: Double?, profitFactor: Double?, best: Double, worst: Double
    ) {
        self.ulcerIndex = ulcerIndex
        self.painIndex = painIndex
        self.martinRatio = martinRatio
        self.gainToPainRatio = gainToPainRatio
        self.recoveryFactor = recoveryFactor
        self.winRate = winRate
        self.payoffRatio = payoffRatio
        self.profitFactor = profitFactor
        self.best = best
        self.worst = worst
    }

    /// Figures of returns of one period each, at least one, all finite; throws `.data` else.
    public init(returns: [Double], conventions: ReturnConventions = ReturnConventions()) throws(QuantError) {
        try conventions.check()
        guard !returns.isEmpty, returns.allSatisfy(\.isFinite) else {
            throw QuantError(.data, "returns must be there and finite")
        }
        self.init(finite: returns, conventions)
    }

    /// Figures of returns that are known to be there and finite.
    init(finite returns: [Double], _ conventions: ReturnConventions) {
        let sums = PathSums(returns.span)
        let count = Double(returns.count)
        ulcerIndex = (sums.squares / count).squareRoot()
        painIndex = sums.falls / count
        martinRatio = Performance.ratio(
            conventions.annualReturn(growth: sums.growth, count: returns.count) - conventions.riskFreeRate, ulcerIndex)
        gainToPainRatio = Performance.ratio(sums.gains - sums.losses, sums.losses)
        recoveryFactor = Performance.ratio(sums.growth - 1, sums.deepest)
        winRate = Performance.ratio(Double(sums.won), Double(sums.won + sums.lost))
        payoffRatio = sums.won > 0 && sums.lost > 0
            ? Performance.ratio(sums.gains / Double(sums.won), sums.losses / Double(sums.lost)) : nil
        profitFactor = Performance.ratio(sums.gains, sums.losses)
        best = sums.best
        worst = sums.worst
    }
}

/// What one pass over the returns gathers for `PathFigures` and the dialects.
struct PathSums {
    private(set) var growth = 1.0
    /// Σ|d| and Σd² of drawdowns from the running peak.
    private(set) var falls = 0.0, squares = 0.0
    /// Depth of the deepest, 0 or positive.
    private(set) var deepest = 0.0
    private(set) var gains = 0.0, losses = 0.0
    private(set) var won = 0, lost = 0
    private(set) var best = -Double.infinity, worst = Double.infinity

    /// `isStartPeak` is whether the value before the first return counts as a peak.
    init(_ returns: Span<Double>, isStartPeak: Bool = true) {
        var peak = isStartPeak ? 1.0 : 0
        for index in 0..<returns.count {
            let value = returns[index]
            growth *= 1 + value
            peak = max(peak, growth)
            let fall = peak > 0 ? 1 - growth / peak : 0
            falls += fall
            squares += fall * fall
            deepest = max(deepest, fall)
            gains += value > 0 ? value : 0
            losses -= value < 0 ? value : 0
            won += value > 0 ? 1 : 0
            lost += value < 0 ? 1 : 0
            best = max(best, value)
            worst = min(worst, value)
        }
    }
}
