/// Count, mean and central sums of a sample, taken about its first value so that a constant sample is exactly flat.
struct ReturnMoments: Sendable {
    let count: Int
    let mean: Double
    /// Σ(x − mean)².
    let squares: Double
    /// Σ(x − mean)³.
    let cubes: Double
    /// Σ(x − mean)⁴.
    let fourths: Double

    init(_ values: Span<Double>) {
        count = values.count
        guard count > 0 else {
            (mean, squares, cubes, fourths) = (.nan, .nan, .nan, .nan)
            return
        }
        let pivot = values[0]
        var total = 0.0
        for index in 0..<values.count { total += values[index] - pivot }
        let shift = total / Double(count)
        mean = pivot + shift
        var two = 0.0
        var three = 0.0
        var four = 0.0
        for index in 0..<values.count {
            let difference = values[index] - pivot - shift
            let square = difference * difference
            two += square
            three += square * difference
            four += square * square
        }
        (squares, cubes, fourths) = (two, three, four)
    }

    /// Standard deviation with n − 1; nil for fewer than two values.
    var sampleDeviation: Double? { count < 2 ? nil : (squares / Double(count - 1)).squareRoot() }

    /// m₃/m₂^1.5 with population moments; nil where flat.
    var skew: Double? {
        guard squares > 0 else { return nil }
        let variance = squares / Double(count)
        return cubes / Double(count) / (variance * variance.squareRoot())
    }

    /// m₄/m₂² − 3 with population moments; nil where flat.
    var excessKurtosis: Double? {
        guard squares > 0 else { return nil }
        let variance = squares / Double(count)
        return fourths / Double(count) / (variance * variance) - 3
    }
}
