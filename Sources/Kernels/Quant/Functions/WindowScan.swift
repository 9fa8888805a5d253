/// A statistic that reads its whole window each bar: those without a faster form, and every one under `min_periods`.
///
/// `min_periods` = k answers from k values that are not null on, over the values that are there; without it a null in
/// the window gives null. The newest bar's position is the period, that of the oldest of a full window 1, nulls
/// included: what is before a series begins changes nothing, be it rows of nulls or no rows.
struct WindowScan: Kernel {
    /// What is computed. `pair` statistics read two series, the others read the first twice.
    enum Statistic: Sendable {
        case sum, mean, deviation, score, smallest, largest, argmin, argmax, rank, product, decay
        case slope, rsquare, residual
        case quantile(Double)
        case covariance, correlation
    }

    private let statistic: Statistic
    private let period: Int
    private let needed: Int
    private var slot = 0
    private var filled = 0

    /// Last `period` bars; answers from `minPeriods` values on, from a full window without it.
    init(_ statistic: Statistic, period: Int, minPeriods: Int?) {
        self.statistic = statistic
        self.period = period
        needed = minPeriods ?? period
    }

    var scratchCount: Int { 5 * period }
    var lookBack: Int { max(needed, WindowSample.leastCount(statistic)) - 1 }

    mutating func step(_ pair: Pair, _ scratch: Scratch) -> Double {
        take(pair, scratch)
        return answer(pair, scratch)
    }

    /// Puts the newest pair into the window.
    @inline(__always)
    mutating func take(_ pair: Pair, _ scratch: Scratch) {
        scratch[slot] = pair.x
        scratch[period + slot] = pair.y
        slot = slot + 1 == period ? 0 : slot + 1
        filled = min(filled + 1, period)
    }

    /// Puts so many pairs into the window of which no statistic is asked; only the newest of them are read.
    @inline(__always)
    mutating func skip(_ count: Int, _ pair: (_ row: Int) -> Pair, _ scratch: Scratch) {
        let passed = max(0, count &- period)
        slot = (slot &+ passed) % period
        for row in passed..<count { take(pair(row), scratch) }
        filled = min(filled &+ passed, period)
    }

    /// The statistic of the window, whose newest pair is `pair`.
    func answer(_ pair: Pair, _ scratch: Scratch) -> Double { answer(statistic, pair, scratch) }

    /// Another statistic of the same window.
    func answer(_ statistic: Statistic, _ pair: Pair, _ scratch: Scratch) -> Double {
        let sample = gather(scratch)
        guard sample.count >= needed, sample.count >= WindowSample.leastCount(statistic) else { return .nan }
        switch statistic {
        case .rank, .score, .residual:
            guard pair.x == pair.x else { return .nan }
        default: break
        }
        return sample.value(statistic)
    }

    /// Copies what is not null, oldest first, behind the two rings.
    private func gather(_ scratch: Scratch) -> WindowSample {
        let x = scratch + 2 * period
        let y = scratch + 3 * period
        let position = scratch + 4 * period
        var from = slot - filled
        if from < 0 { from += period }
        var count = 0
        for age in 0..<filled {
            let index = from + age < period ? from + age : from + age - period
            let valueX = scratch[index]
            let valueY = scratch[period + index]
            guard valueX == valueX, valueY == valueY else { continue }
            x[count] = valueX
            y[count] = valueY
            position[count] = Double(period - filled + age + 1)
            count += 1
        }
        return WindowSample(x: x, y: y, position: position, count: count)
    }
}

/// An input that is one series or a pair of them.
protocol WindowInput: KernelInput {
    /// Both series; one stands for both.
    var pair: Pair { get }
}

extension Double: WindowInput {
    var pair: Pair { Pair(self, self) }
}

extension Pair: WindowInput {
    var pair: Pair { self }
}

/// `WindowScan` of one series.
struct SeriesScan: Kernel {
    private var scan: WindowScan
    init(_ statistic: WindowScan.Statistic, period: Int, minPeriods: Int?) {
        scan = WindowScan(statistic, period: period, minPeriods: minPeriods)
    }
    var scratchCount: Int { scan.scratchCount }
    var lookBack: Int { scan.lookBack }
    mutating func step(_ value: Double, _ scratch: Scratch) -> Double { scan.step(Pair(value, value), scratch) }
}
