/// How well a factor foretells returns, with the conventions of alphalens: forward returns by rows, quantiles of each
/// date, an information coefficient a date. A date and instrument counts where factor, quantile and every forward
/// return are known.
public struct FactorStatistics: Sendable {
    /// Figures of one horizon.
    public struct Horizon: Sendable, Equatable {
        /// Rows from a value to the price it is measured by.
        public let rows: Int
        /// Pearson and Spearman correlation of factor and forward return by date; NaN where either is constant.
        public let pearson: [Double], spearman: [Double]
        /// Mean over dates of the mean forward return of each quantile, less the mean of its date.
        public let quantileReturns: [Double]
        /// Part of a quantile's instruments that were not in it so many rows before: mean over dates, by quantile.
        public let turnover: [Double]
        /// Correlation of ranks with those so many rows before: mean over dates.
        public let rankAutocorrelation: Double

        /// Mean of the Pearson coefficients over dates.
        public var meanPearson: Double { Self.mean(pearson) }
        /// Mean of the rank coefficients over dates.
        public var meanSpearman: Double { Self.mean(spearman) }
        /// Mean over sample deviation of the Pearson coefficients, not annualised.
        public var pearsonRatio: Double { Self.ratio(pearson) }
        /// Mean over sample deviation of the rank coefficients, not annualised.
        public var spearmanRatio: Double { Self.ratio(spearman) }
        /// Mean return of the highest quantile less that of the lowest; alphalens-reloaded tells half of it.
        public var spread: Double { (quantileReturns.last ?? .nan) - (quantileReturns.first ?? .nan) }

        static func mean(_ values: [Double]) -> Double {
            let known = values.filter { $0 == $0 }
            return known.isEmpty ? .nan : known.reduce(0, +) / Double(known.count)
        }

        private static func ratio(_ values: [Double]) -> Double {
            let known = values.filter { $0 == $0 }, mean = mean(known)
            guard known.count > 1 else { return .nan }
            let squares = known.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
            return mean / (squares / Double(known.count - 1)).squareRoot()
        }
    }

    /// In the order of the horizons asked for: the decay of the factor.
    public let horizons: [Horizon]
    /// Rows of the dates that count, in order.
    public let dates: [Int]
    /// Dates and instruments that count.
    public let observations: Int

    /// Figures of a factor, `[instrument][row]` as the prices. Throws where columns are unequal, a horizon is not
    /// positive, or there are fewer than two quantiles.
    public init(factor: [[Double]], prices: [[Double]], horizons: [Int], quantiles: Int) throws(QuantError) {
        let rows = factor.first?.count ?? 0
        guard factor.count == prices.count, (factor + prices).allSatisfy({ $0.count == rows }) else {
            throw QuantError(.data, "factor and prices must have a column of equal length for each instrument")
        }
        guard quantiles >= 2 else { throw QuantError(.parameter, "there must be at least 2 quantiles") }
        guard !horizons.isEmpty, horizons.allSatisfy({ $0 > 0 }) else {
            throw QuantError(.parameter, "there must be a horizon, each of at least 1 row")
        }
        let returns = horizons.map { Self.forwardReturns(prices, $0) }
        var samples: [FactorSample] = []
        for row in 0..<rows {
            let known = factor.indices.filter { instrument in
                factor[instrument][row].isFinite && returns.allSatisfy { $0[instrument][row].isFinite }
            }
            guard !known.isEmpty else { continue }
            let values = known.map { factor[$0][row] }
            guard let places = FactorQuantiles.places(values, quantiles) else { continue }
            samples.append(FactorSample(
                row: row, instruments: known, values: values, quantiles: places,
                returns: returns.map { column in known.map { column[$0][row] } }))
        }
        dates = samples.map(\.row)
        observations = samples.reduce(0) { $0 + $1.values.count }
        self.horizons = horizons.enumerated().map { index, horizon in
            Horizon(
                rows: horizon, pearson: samples.map { PairCorrelation.pearson($0.values, $0.returns[index]) },
                spearman: samples.map { PairCorrelation.spearman($0.values, $0.returns[index]) },
                quantileReturns: Self.quantileReturns(samples, index, quantiles),
                turnover: Self.turnover(samples, horizon, quantiles),
                rankAutocorrelation: Self.autocorrelation(samples, horizon, instruments: factor.count))
        }
    }

    /// Price so many rows later over the price, less 1; a price that is missing is the one before it.
    private static func forwardReturns(_ prices: [[Double]], _ horizon: Int) -> [[Double]] {
        prices.map { column in
            var filled = column
            for row in filled.indices.dropFirst() where filled[row] != filled[row] { filled[row] = filled[row - 1] }
            return filled.indices.map { row in
                row + horizon < filled.count ? filled[row + horizon] / filled[row] - 1 : .nan
            }
        }
    }

    private static func quantileReturns(_ samples: [FactorSample], _ horizon: Int, _ quantiles: Int) -> [Double] {
        var totals = [Double](repeating: 0, count: quantiles), dates = [Int](repeating: 0, count: quantiles)
        for sample in samples {
            let values = sample.returns[horizon], mean = values.reduce(0, +) / Double(values.count)
            var sums = [Double](repeating: 0, count: quantiles), counts = [Int](repeating: 0, count: quantiles)
            for (value, quantile) in zip(values, sample.quantiles) {
                sums[quantile] += value - mean
                counts[quantile] += 1
            }
            for quantile in 0..<quantiles where counts[quantile] > 0 {
                totals[quantile] += sums[quantile] / Double(counts[quantile])
                dates[quantile] += 1
            }
        }
        return zip(totals, dates).map { $1 > 0 ? $0 / Double($1) : .nan }
    }

    private static func turnover(_ samples: [FactorSample], _ horizon: Int, _ quantiles: Int) -> [Double] {
        (0..<quantiles).map { quantile in
            let sets = samples.map { sample in
                Set(zip(sample.instruments, sample.quantiles).filter { $1 == quantile }.map(\.0))
            }.filter { !$0.isEmpty }
            return Horizon.mean(sets.indices.dropFirst(horizon).map { index in
                Double(sets[index].subtracting(sets[index - horizon]).count) / Double(sets[index].count)
            })
        }
    }

    private static func autocorrelation(_ samples: [FactorSample], _ horizon: Int, instruments: Int) -> Double {
        let ranks = samples.map { sample in
            var row = [Double](repeating: .nan, count: instruments)
            for (instrument, rank) in zip(sample.instruments, PairCorrelation.ranks(sample.values)) { row[instrument] = rank }
            return row
        }
        return Horizon.mean(ranks.indices.dropFirst(horizon).map { index in
            let pairs = zip(ranks[index], ranks[index - horizon]).filter { $0 == $0 && $1 == $1 }
            return PairCorrelation.pearson(pairs.map(\.0), pairs.map(\.1))
        })
    }
}

/// What counts at one date.
struct FactorSample {
    let row: Int
    let instruments: [Int], values: [Double], quantiles: [Int]
    /// By horizon.
    let returns: [[Double]]
}

/// Quantile buckets of one date.
enum FactorQuantiles {
    /// For each value its bucket from 0; edges are linear quantiles, and a value on an edge is in the bucket below it.
    /// Nil where two edges are equal: such a date is left out.
    static func places(_ values: [Double], _ quantiles: Int) -> [Int]? {
        let order = OrderStatistics(values, low: values.count, high: values.count)
        let edges = (0...quantiles).map { order.linear(Double($0) / Double(quantiles)) }
        for (low, high) in zip(edges, edges.dropFirst()) where low >= high { return nil }
        return values.map { value in (edges.dropFirst().firstIndex { value <= $0 } ?? quantiles) - 1 }
    }
}
