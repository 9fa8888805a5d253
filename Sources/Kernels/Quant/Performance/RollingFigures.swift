import Glibc

/// Figures of every window of so many returns, oldest first: n − window + 1 of each. Definitions are those of
/// `Performance` and `BenchmarkComparison` over the window alone; NaN where they are nil.
public struct RollingFigures: Sendable, Equatable {
    /// Returns in a window.
    public let window: Int
    /// Mean of r − f over its deviation (ddof 1), × √periods.
    public private(set) var sharpeRatio: [Double] = []
    /// Mean of r − f × periods over the root mean square of what fell short of f, of all the window, × √periods.
    public private(set) var sortinoRatio: [Double] = []
    /// Deviation (ddof 1) × √periods.
    public private(set) var volatility: [Double] = []
    /// Deepest fall from a peak within the window, its start included; 0 or negative.
    public private(set) var maxDrawdown: [Double] = []
    /// Cov(r, b)/Var(b); empty without a benchmark.
    public private(set) var beta: [Double] = []
    /// (1 + mean of (r−f) − beta·(b−f))^periods − 1; empty without a benchmark.
    public private(set) var alpha: [Double] = []

    /// Of finite returns, and of as many of a benchmark. A window is of 2 returns at least; longer than the series it
    /// leaves nothing. Throws `.data` or `.parameter` for what does not fit.
    public init(
        returns: [Double], benchmark: [Double]? = nil, window: Int,
        conventions: ReturnConventions = ReturnConventions()
    ) throws(QuantError) {
        try conventions.check()
        guard window > 1 else { throw QuantError(.parameter, "a window has at least two returns") }
        guard returns.allSatisfy(\.isFinite), benchmark.map({ $0.allSatisfy(\.isFinite) }) ?? true else {
            throw QuantError(.data, "a return is not finite")
        }
        if let benchmark, benchmark.count != returns.count {
            throw QuantError(.data, "\(returns.count) returns against \(benchmark.count) of the benchmark")
        }
        self.window = window
        guard returns.count >= window else { return }
        let periods = conventions.periodsPerYear, root = periods.squareRoot()
        let riskFree = conventions.riskFreeRateOfPeriod
        maxDrawdown = Self.drawdowns(returns, window)
        var own = WindowMoments(window), short = WindowMoments(window)
        var other = WindowMoments(window), pair = WindowPairMoments(window)
        var memory = [Double](repeating: .nan, count: 6 * window + pair.scratchCount)
        memory.withUnsafeMutableBufferPointer { buffer in
            guard let scratch = buffer.baseAddress else { return }
            for index in returns.indices {
                let value = returns[index], below = min(0, value - riskFree)
                let moments = own.push(value, scratch)
                let shortfall = short.push(below * below, scratch + 2 * window).mean
                let market = benchmark.map { column in
                    (other.push(column[index], scratch + 4 * window).mean,
                     pair.push(value, column[index], scratch + 6 * window))
                }
                guard index + 1 >= window else { continue }
                let excess = moments.mean - riskFree
                let deviation = (moments.deviations / Double(window - 1)).squareRoot()
                volatility.append(deviation * root)
                sharpeRatio.append(Performance.ratio(excess * root, deviation) ?? .nan)
                sortinoRatio.append(Performance.ratio(excess * root, max(0, shortfall).squareRoot()) ?? .nan)
                guard let market else { continue }
                let slope = Performance.ratio(market.1.xy, market.1.yy)
                beta.append(slope ?? .nan)
                let gain = slope.map { pow(1 + excess - $0 * (market.0 - riskFree), periods) - 1 }
                alpha.append(gain.flatMap { $0.isFinite ? $0 : nil } ?? .nan)
            }
        }
    }

    /// The deepest fall of each window. Two parts of a window combine by their highs, lows and the fall from the one's
    /// high to the other's low, so that a queue of two stacks needs constant work a return.
    private static func drawdowns(_ returns: [Double], _ window: Int) -> [Double] {
        var queue = FallQueue(), out: [Double] = []
        out.reserveCapacity(returns.count - window + 1)
        for (index, value) in returns.enumerated() {
            queue.append(value)
            if index + 1 < window { continue }
            out.append(queue.fall)
            queue.removeFirst()
        }
        return out
    }
}

/// What a stretch of returns did, told so that two stretches combine: values are relative to its start, which counts.
private struct Stretch {
    /// Value at the end, highest and lowest value, the start's 1 included.
    var end = 1.0, high = 1.0, low = 1.0
    /// Deepest fall within, 0 or negative.
    var fall = 0.0

    init() {}

    init(_ value: Double) {
        end = 1 + value
        high = max(1, end)
        low = min(1, end)
        fall = min(0, value)
    }

    func then(_ next: Stretch) -> Stretch {
        var both = Stretch()
        both.end = end * next.end
        both.high = max(high, end * next.high)
        both.low = min(low, end * next.low)
        both.fall = min(fall, next.fall, end * next.low / high - 1)
        return both
    }
}

/// A queue of returns that knows the deepest fall within it.
private struct FallQueue {
    /// Stretches from an element to the end of the older half, the oldest last.
    private var front: [Stretch] = []
    private var back: [Double] = []
    private var recent = Stretch()

    var fall: Double { (front.last ?? Stretch()).then(recent).fall }

    mutating func append(_ value: Double) {
        back.append(value)
        recent = recent.then(Stretch(value))
    }

    mutating func removeFirst() {
        if front.isEmpty {
            var stretch = Stretch()
            for value in back.reversed() {
                stretch = Stretch(value).then(stretch)
                front.append(stretch)
            }
            back.removeAll(keepingCapacity: true)
            recent = Stretch()
        }
        front.removeLast()
    }
}
