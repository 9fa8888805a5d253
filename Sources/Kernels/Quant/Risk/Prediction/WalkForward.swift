/// Fits on what was known and judges on what came after, block by block: no row is judged by a model that saw its outcome or
/// anything later.
public enum WalkForward {
    /// What a fit gives: the probability of each row.
    public typealias Forecast = (BreachSamples) throws -> [Double]

    /// Judges a way of fitting. Time is cut into `folds` + 1 blocks of equally many rows; each but the first is forecast by a
    /// fit on the rows before it whose horizon had ended when it began, `always` among them. The base rate is that of the
    /// same rows. nil where no block could be fitted.
    public static func quality(
        of samples: BreachSamples, horizon: Int, folds: Int = 5, always: BreachSamples = BreachSamples(),
        fit: (BreachSamples) throws -> Forecast?
    ) throws -> ForecastQuality? {
        precondition(horizon > 0 && folds > 0)
        let order = samples.times.sorted()
        guard order.count > folds else { return nil }
        let starts = (1...folds + 1).map { block in
            block > folds ? Int.max : order[block * order.count / (folds + 1)]
        }
        var probabilities: [Double] = [], base: [Double] = [], happened: [Bool] = [], clusters: [Int] = []
        for block in 0..<folds where starts[block] < starts[block + 1] {
            let before = samples.times.indices.filter { samples.times[$0] + horizon < starts[block] }
            let within = samples.times.indices.filter { (starts[block]..<starts[block + 1]).contains(samples.times[$0]) }
            var training = always
            training.add(samples.rows(before))
            let test = samples.rows(within)
            guard test.count > 0, training.count > 0, let forecast = try fit(training) else { continue }
            probabilities += try forecast(test)
            let own = samples.rows(before)
            base += [Double](repeating: own.count > 0 ? own.baseRate : training.baseRate, count: test.count)
            happened += test.breached
            clusters += test.series.map { $0 * folds + block }
        }
        guard !happened.isEmpty else { return nil }
        return ForecastQuality(probabilities: probabilities, base: base, happened: happened, clusters: clusters)
    }
}
