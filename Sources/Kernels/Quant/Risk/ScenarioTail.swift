/// The lower tail of equally likely outcomes: the linear percentile at 1 − confidence, the mean at or below it, and the
/// two outcomes that the percentile lies between.
struct ScenarioTail {
    let quantile: Double
    let tailMean: Double
    let lower: Int
    let upper: Int
    /// Share of `upper` in the percentile.
    let share: Double

    init(_ outcomes: [Double], confidence: Double) {
        let count = outcomes.count
        let rank = Percentile.cutoff(confidence: confidence) * Double(count - 1)
        let low = min(Int(rank), count - 1), next = min(low + 1, count - 1)
        let ordered = OrderStatistics(outcomes, low: next + 1, high: count).values
        // Of equal outcomes the earlier is the lower.
        lower = Self.place(of: low, ordered, in: outcomes)
        upper = Self.place(of: next, ordered, in: outcomes)
        share = rank - Double(low)
        quantile = outcomes[lower] + (outcomes[upper] - outcomes[lower]) * share
        var sum = 0.0
        var tail = 0
        for value in outcomes where value <= quantile {
            sum += value
            tail += 1
        }
        tailMean = tail == 0 ? outcomes[lower] : sum / Double(tail)
    }

    /// Where the outcome of a rank stands; the rank itself where outcomes are not numbers.
    private static func place(of rank: Int, _ ordered: [Double], in outcomes: [Double]) -> Int {
        var skipped = 0
        while rank - skipped > 0, ordered[rank - skipped - 1] == ordered[rank] { skipped += 1 }
        for index in outcomes.indices where outcomes[index] == ordered[rank] {
            if skipped == 0 { return index }
            skipped -= 1
        }
        return rank
    }

    /// The same mixture of a column's values in the two outcomes.
    func mix(_ column: (Int) -> Double) -> Double { column(lower) + (column(upper) - column(lower)) * share }
}
