/// Order statistics.
enum Percentile {
    /// 1 − confidence without the last bits that the subtraction leaves: 0.05 for 0.95.
    static func cutoff(confidence: Double) -> Double { ((1 - confidence) * 1e12).rounded() / 1e12 }
}
