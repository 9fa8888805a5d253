/// Order statistics.
enum Percentile {
    /// Quantile of sorted values with linear interpolation, numpy's default; nil for none.
    static func linear(sorted values: [Double], _ fraction: Double) -> Double? {
        guard let last = values.last else { return nil }
        let rank = fraction * Double(values.count - 1)
        let low = Int(rank.rounded(.down))
        guard low + 1 < values.count else { return last }
        return values[low] + (values[low + 1] - values[low]) * (rank - Double(low))
    }

    /// 1 − confidence without the last bits that the subtraction leaves: 0.05 for 0.95.
    static func cutoff(confidence: Double) -> Double { ((1 - confidence) * 1e12).rounded() / 1e12 }
}
