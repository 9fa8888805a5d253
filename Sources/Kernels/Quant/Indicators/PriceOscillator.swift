/// `apo(x,fast,slow,type)`: average over the fast period less that over the slow one. TA-Lib APO; defaults 12, 26, 1
/// (EMA); look-back the longer of the averages'; a slow period below the fast one changes places with it. Converging
/// with a recursive average, else exact. A null is passed over.
struct AbsolutePriceOscillator<Average: Kernel>: Kernel where Average.Input == Double, Average.Output == Double {
    private var fast: Average
    private var slow: Average

    init(fast: Average, slow: Average) {
        self.fast = fast
        self.slow = slow
    }

    var scratchCount: Int { fast.scratchCount + slow.scratchCount }
    var lookBack: Int { max(fast.lookBack, slow.lookBack) }

    @inline(__always)
    mutating func step(_ value: Double, _ scratch: Scratch) -> Double {
        guard value == value else { return .nan }
        return fast.step(value, scratch) - slow.step(value, scratch + fast.scratchCount)
    }
}

/// `ppo(x,fast,slow,type)`: the same difference in percent of the slow average. TA-Lib PPO; defaults 12, 26, 1 (EMA);
/// 0 where the slow average is 0. A null is passed over.
struct PercentagePriceOscillator<Average: Kernel>: Kernel where Average.Input == Double, Average.Output == Double {
    private var fast: Average
    private var slow: Average

    init(fast: Average, slow: Average) {
        self.fast = fast
        self.slow = slow
    }

    var scratchCount: Int { fast.scratchCount + slow.scratchCount }
    var lookBack: Int { max(fast.lookBack, slow.lookBack) }

    @inline(__always)
    mutating func step(_ value: Double, _ scratch: Scratch) -> Double {
        guard value == value else { return .nan }
        let quick = fast.step(value, scratch)
        let late = slow.step(value, scratch + fast.scratchCount)
        return late == 0 ? 0 : (quick - late) / late * 100
    }
}
