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
        let order = (0..<count).sorted { (outcomes[$0], $0) < (outcomes[$1], $1) }
        let rank = Percentile.cutoff(confidence: confidence) * Double(count - 1)
        let low = min(Int(rank), count - 1)
        lower = order[low]
        upper = order[min(low + 1, count - 1)]
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

    /// The same mixture of a column's values in the two outcomes.
    func mix(_ column: (Int) -> Double) -> Double { column(lower) + (column(upper) - column(lower)) * share }
}
