import EngineKit
import Glibc
import Market
import Quant

/// Closes a model is fitted on.
struct TrainingData: Sendable {
    /// Most bars used: the newest.
    static let limit = 200_000
    /// Closes before the first one that a metric judges.
    static let warmUp = 60
    /// Steps judged: the newest.
    static let judged = 1000

    let times: [Int64], closes: [Double], logReturns: [Double], days: TradingDays

    /// Nil where there are too few closes to say anything: fewer than three.
    init?(_ bars: BarColumns) {
        let rows = bars.close.indices.filter { bars.close[$0].isFinite && bars.close[$0] > 0 }
        guard rows.count > 2 else { return nil }
        times = rows.map { bars.times[$0] }
        closes = rows.map { bars.close[$0] }
        logReturns = zip(closes.dropFirst(), closes).map { log($0 / $1) }
        days = TradingDays(times)
    }

    /// What is hashed: every time and close, little-endian.
    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(times.count * 16)
        for (time, close) in zip(times, closes) {
            withUnsafeBytes(of: time.littleEndian) { bytes.append(contentsOf: $0) }
            withUnsafeBytes(of: close.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
        }
        return bytes
    }
}

/// How well one-step forecasts did on closes they had not seen, walking forward.
struct WalkForward: Sendable {
    private(set) var steps = 0
    private var hits = 0, inside = 0
    private var brier = 0.0, confidence = 0.0, likelihood = 0.0

    /// Judges the newest steps of the data; each forecast is made from the returns before it.
    init(_ data: TrainingData, periodsPerYear: Double, level: Double = 0.9) throws(QuantError) {
        var stream = try VolatilityStream(), sum = 0.0, squares = 0.0
        let begin = max(TrainingData.warmUp, data.logReturns.count - TrainingData.judged)
        for (index, realized) in data.logReturns.enumerated() {
            if index >= begin, let variance = stream.variance, variance > 0 {
                let price = data.closes[index]
                let forecast = try PriceForecast(
                    mean: sum / Double(stream.count), volatility: variance.squareRoot(),
                    longRunVolatility: (squares / Double(stream.count)).squareRoot(),
                    observations: Double(stream.count), price: price, horizon: 1, periodsPerYear: periodsPerYear,
                    level: level)
                judge(forecast, realized, price: price, variance)
            }
            stream.push(realized)
            sum += realized
            squares += realized * realized
        }
    }

    private mutating func judge(_ forecast: PriceForecast, _ realized: Double, price: Double, _ variance: Double) {
        let next = price * exp(realized), isRight = (realized >= 0) == (forecast.direction == .up)
        steps += 1
        hits += isRight ? 1 : 0
        inside += next >= forecast.low && next <= forecast.high ? 1 : 0
        confidence += forecast.confidence
        let miss = forecast.confidence - (isRight ? 1 : 0)
        brier += miss * miss
        likelihood += log(variance) + realized * realized / variance
    }

    /// The figures of a model, means over the steps; empty where nothing could be judged.
    func metrics(_ name: ModelName) -> [(name: String, value: Double)] {
        guard steps > 0 else { return [("steps", 0)] }
        let count = Double(steps), coverage = Double(inside) / count
        switch name {
        case .price:
            return [("steps", count), ("hit_rate", Double(hits) / count), ("mean_confidence", confidence / count),
                    ("brier_score", brier / count), ("interval_coverage", coverage)]
        case .volatility: return [("steps", count), ("qlike", likelihood / count), ("interval_coverage", coverage)]
        }
    }
}

/// What fitting gave, before it has a version.
struct ModelFit: Sendable {
    let digest: String, observations: Int, first: Timestamp, last: Timestamp
    let parameters: [ModelName: [(name: String, value: Double)]]
    let metrics: [ModelName: [(name: String, value: Double)]]

    /// Whether a registered model is this fit: the same data, and the same parameters, which another release may make
    /// of them.
    func isThat(of known: FittedModel) -> Bool {
        known.digest == digest && known.parameters.elementsEqual(parameters[known.name] ?? []) { $0 == $1 }
    }

    init(_ data: TrainingData, _ timeframe: Timeframe, digest: ([UInt8]) -> [UInt8]) throws(QuantError) {
        let barsPerDay = data.days.bars(timeframe), periods = Horizon.periodsPerYear(barsPerDay: barsPerDay)
        let walk = try WalkForward(data, periodsPerYear: periods)
        let volatility = try VolatilityForecast(returns: data.logReturns, periodsPerYear: periods)
        let count = Double(data.logReturns.count), mean = data.logReturns.reduce(0, +) / count
        let longRun = (data.logReturns.reduce(0) { $0 + $1 * $1 } / count).squareRoot()
        self.digest = digest(data.bytes).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        observations = data.logReturns.count
        first = Timestamp(nanoseconds: data.times[0])
        last = Timestamp(nanoseconds: data.times[data.times.count - 1])
        parameters = [
            .price: [("mean_log_return", mean), ("volatility", volatility.volatility), ("long_run_volatility", longRun),
                     ("persistence", PriceForecast.persistence), ("lambda", 0.94), ("bars_per_day", barsPerDay),
                     ("periods_per_year", periods)],
            .volatility: [("volatility", volatility.volatility), ("lambda", 0.94), ("bars_per_day", barsPerDay),
                          ("periods_per_year", periods)],
        ]
        metrics = [.price: walk.metrics(.price), .volatility: walk.metrics(.volatility)]
    }
}
