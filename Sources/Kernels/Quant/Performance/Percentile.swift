/// Order statistics.
enum Percentile {
    /// 1 − confidence without the last bits that the subtraction leaves: 0.05 for 0.95.
    static func cutoff(confidence: Double) -> Double { ((1 - confidence) * 1e12).rounded() / 1e12 }

    /// Between the two values nearest to the rank q·(n − 1), numpy's default; of at least one value, in order there.
    @inline(__always)
    static func linear<Values: RandomAccessCollection>(_ sorted: Values, _ q: Double) -> Double
    where Values.Element == Double, Values.Index == Int {
        let rank = q * Double(sorted.count - 1), low = Int(rank)
        guard low + 1 < sorted.count else { return sorted[sorted.count - 1] }
        return sorted[low] + (sorted[low + 1] - sorted[low]) * (rank - Double(low))
    }
}
