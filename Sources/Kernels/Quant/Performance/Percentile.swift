/// Order statistics.
enum Percentile {
    /// 1 − confidence without the last bits that the subtraction leaves: 0.05 for 0.95.
    static func cutoff(confidence: Double) -> Double { ((1 - confidence) * 1e12).rounded() / 1e12 }

    /// Between the two values nearest to the rank q·(n − 1), of at least one value in order.
    static func linear(_ sorted: [Double], _ q: Double) -> Double {
        let rank = q * Double(sorted.count - 1), low = Int(rank), high = min(low + 1, sorted.count - 1)
        return sorted[low] + (sorted[high] - sorted[low]) * (rank - Double(low))
    }
}
