/// A moving average whose kind is chosen by TA-Lib's number, as `bbands`, `stoch` and `macdext` take it.
///
/// 0 SMA, 1 EMA, 2 WMA, 3 DEMA, 4 TEMA, 5 TRIMA, 6 KAMA, 7 MAMA (limits 0.5 and 0.05; it has no period), 8 T3 (volume
/// factor 0.7). A period of 1 is the series itself, whatever the kind. The chosen average lives in scratch memory, so
/// that one type serves them all; a default of SMA is better served by `SimpleMovingAverage` itself.
struct SelectedAverage: Kernel {
    private let kind: Int
    private let period: Int
    private var hasStarted = false

    /// TA-Lib's names of the kinds, by number.
    static let names = ["SMA", "EMA", "WMA", "DEMA", "TEMA", "TRIMA", "KAMA", "MAMA", "T3"]
    /// Kinds that remember every bar; the others read a finite window.
    static let recursiveKinds: Set<Int> = [1, 3, 4, 6, 7, 8]

    /// `kind` from 0 to 8, period of at least 1.
    init(kind: Int, period: Int) {
        self.kind = period == 1 ? -1 : kind
        self.period = period
    }

    /// Doubles that the chosen average's own state takes.
    private static func stateCount<K: Kernel>(_ type: K.Type) -> Int {
        (MemoryLayout<K>.size + MemoryLayout<Double>.size - 1) / MemoryLayout<Double>.size
    }

    var scratchCount: Int {
        func room<K: Kernel>(_ kernel: K) -> Int { Self.stateCount(K.self) + kernel.scratchCount }
        return switch kind {
        case 0: room(SimpleMovingAverage(period: period))
        case 1: room(ExponentialMovingAverage(period: period))
        case 2: room(WeightedMovingAverage(period: period))
        case 3: room(DoubleExponentialAverage(period: period))
        case 4: room(TripleExponentialAverage(period: period))
        case 5: room(TriangularMovingAverage(period: period))
        case 6: room(KaufmanAdaptiveAverage(period: period))
        case 7: room(MesaAverage())
        case 8: room(TillsonAverage(period: period, factor: 0.7))
        default: 0
        }
    }

    var lookBack: Int {
        switch kind {
        case -1: 0
        case 3: 2 * (period - 1)
        case 4: 3 * (period - 1)
        case 6: period
        case 7: HilbertTransform.shortLookBack
        case 8: 6 * (period - 1)
        default: period - 1
        }
    }

    mutating func step(_ value: Double, _ scratch: Scratch) -> Double {
        let starts = !hasStarted
        hasStarted = true
        switch kind {
        case 0: return Self.step(starts ? SimpleMovingAverage(period: period) : nil, value, scratch)
        case 1: return Self.step(starts ? ExponentialMovingAverage(period: period) : nil, value, scratch)
        case 2: return Self.step(starts ? WeightedMovingAverage(period: period) : nil, value, scratch)
        case 3: return Self.step(starts ? DoubleExponentialAverage(period: period) : nil, value, scratch)
        case 4: return Self.step(starts ? TripleExponentialAverage(period: period) : nil, value, scratch)
        case 5: return Self.step(starts ? TriangularMovingAverage(period: period) : nil, value, scratch)
        case 6: return Self.step(starts ? KaufmanAdaptiveAverage(period: period) : nil, value, scratch)
        case 7: return Self.step(starts ? MesaAverage() : nil, value, scratch)
        case 8: return Self.step(starts ? TillsonAverage(period: period, factor: 0.7) : nil, value, scratch)
        default: return value
        }
    }

    /// One step of the average whose state opens the scratch; `fresh` is one that has seen nothing.
    @inline(__always)
    private static func step<K: Kernel>(_ fresh: K?, _ value: Double, _ scratch: Scratch) -> Double
    where K.Input == Double, K.Output == Double {
        let raw = UnsafeMutableRawPointer(scratch)
        var state = fresh ?? raw.loadUnaligned(as: K.self)
        let result = state.step(value, scratch + stateCount(K.self))
        raw.storeBytes(of: state, as: K.self)
        return result
    }
}
