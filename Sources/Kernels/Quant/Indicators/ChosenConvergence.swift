/// Two averages of one series that answer from the same bar on: TA-Lib's MACDEXT begins the one with the shorter
/// look-back later, which matters to the seed of a recursive one.
struct AveragePair<Fast: Kernel, Slow: Kernel>: Sendable, BitwiseCopyable
where Fast.Input == Double, Fast.Output == Double, Slow.Input == Double, Slow.Output == Double {
    private var fast: Fast
    private var slow: Slow
    private var fastWaits: Int
    private var slowWaits: Int

    init(fast: Fast, slow: Slow) {
        self.fast = fast
        self.slow = slow
        fastWaits = max(0, slow.lookBack - fast.lookBack)
        slowWaits = max(0, fast.lookBack - slow.lookBack)
    }

    var scratchCount: Int { fast.scratchCount + slow.scratchCount }
    var lookBack: Int { max(fast.lookBack, slow.lookBack) }

    /// Takes a number.
    @inline(__always)
    mutating func push(_ value: Double, _ scratch: Scratch) -> (fast: Double, slow: Double) {
        var quick = Double.nan
        var late = Double.nan
        if fastWaits > 0 { fastWaits -= 1 } else { quick = fast.step(value, scratch) }
        if slowWaits > 0 { slowWaits -= 1 } else { late = slow.step(value, scratch + fast.scratchCount) }
        return (quick, late)
    }
}

/// `macdext(x,fast,type,slow,type,signal,type)`: outputs `macd signal hist` as `macd`, with averages of any kind.
/// TA-Lib MACDEXT; defaults 12, 0, 26, 0, 9, 0; look-back the longer of the first two averages' and the signal's; a
/// slow period below the fast one changes places with it, kinds too. Exact with averages over finite windows. A null is
/// passed over.
struct ChosenConvergence<Average: Kernel>: Kernel where Average.Input == Double, Average.Output == Double {
    private var averages: AveragePair<Average, Average>
    private var signal: Average

    init(fast: Average, slow: Average, signal: Average) {
        averages = AveragePair(fast: fast, slow: slow)
        self.signal = signal
    }

    var scratchCount: Int { averages.scratchCount + signal.scratchCount }
    var lookBack: Int { averages.lookBack + signal.lookBack }

    @inline(__always)
    mutating func step(_ value: Double, _ scratch: Scratch) -> ThreeValues {
        guard value == value else { return .null }
        let pair = averages.push(value, scratch)
        let line = pair.fast - pair.slow
        guard line == line else { return .null }
        let average = signal.step(line, scratch + averages.scratchCount)
        return average == average ? ThreeValues(line, average, line - average) : .null
    }
}
