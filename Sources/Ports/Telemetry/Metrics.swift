import Synchronization
import Wire

/// A count that only rises. Safe from any thread.
public final class Counter: Sendable {
    private let count = Atomic<Int64>(0)
    init() {}
    @inlinable public func increment() { add(1) }
    public func add(_ amount: Int) { count.wrappingAdd(Int64(amount), ordering: .relaxed) }
    /// The count so far.
    public var value: Int { Int(count.load(ordering: .relaxed)) }
}

/// A number that rises and falls. Safe from any thread.
public final class Gauge: Sendable {
    private let bits = Atomic<UInt64>(0)
    init() {}
    public func set(_ value: Double) { bits.store(value.bitPattern, ordering: .relaxed) }
    /// The number last set.
    public var value: Double { Double(bitPattern: bits.load(ordering: .relaxed)) }
}

/// Counts of observations below given bounds, as Prometheus histograms have them. Safe from any thread.
public final class Histogram: Sendable {
    /// Bounds in seconds for requests and handlers: 50 µs to 10 s.
    public static let seconds: [Double] = [
        0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
    ]

    struct State {
        var counts: [UInt64]
        var sum = 0.0
        var total: UInt64 = 0
    }

    let bounds: [Double]
    private let state: Mutex<State>

    init(bounds: [Double]) {
        self.bounds = bounds
        state = Mutex(State(counts: Array(repeating: 0, count: bounds.count)))
    }

    /// Records one value.
    public func observe(_ value: Double) {
        state.withLock { state in
            state.sum += value
            state.total += 1
            var index = 0
            while index < bounds.count {
                if value <= bounds[index] {
                    state.counts[index] += 1
                    return
                }
                index += 1
            }
        }
    }

    var snapshot: State { state.withLock { $0 } }

    /// How many values were recorded, and their sum.
    public var totals: (count: Int, sum: Double) { state.withLock { (Int($0.total), $0.sum) } }
}
