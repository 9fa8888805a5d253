/// A statistic under `min_periods`: that of the full-window kernel while its window is full and has no null, that of
/// the scan where the kernel has no value.
struct Lenient<Full: Kernel>: Kernel where Full.Input: WindowInput, Full.Output == Double {
    private var full: Full
    private var scan: WindowScan
    init(_ full: Full, _ scan: WindowScan) {
        self.full = full
        self.scan = scan
    }
    var scratchCount: Int { scan.scratchCount + full.scratchCount }
    var lookBack: Int { scan.lookBack }

    @inline(__always)
    mutating func step(_ input: Full.Input, _ scratch: Scratch) -> Double {
        scan.take(input.pair, scratch)
        let value = full.step(input, scratch + scan.scratchCount)
        return value == value ? value : scan.answer(input.pair, scratch)
    }

    /// The kernel's values, then the scan's up to the last row where the kernel has none.
    @inline(__always)
    mutating func advance(_ sources: Sources, into sinks: Sinks, count: Int, _ scratch: Scratch) {
        full.advance(sources, into: sinks, count: count, scratch + scan.scratchCount)
        let end = NullRows.end(sinks.first, count)
        for row in 0..<end {
            let pair = Full.Input(sources, row).pair
            scan.take(pair, scratch)
            let value = sinks.first[row]
            if value != value { sinks.first[row] = scan.answer(pair, scratch) }
        }
        scan.skip(count &- end, { Full.Input(sources, end &+ $0).pair }, scratch)
    }
}

/// Several statistics of one series' window that share their work.
protocol WindowFamily: Kernel where Input == Double, Output: FamilyOutput {
    /// What an output is.
    func statistic(_ index: Int) -> WindowScan.Statistic
}

/// Outputs that can be read back and exchanged one by one.
protocol FamilyOutput: KernelOutput {
    /// Reads row `row` of the columns.
    init(_ sinks: Sinks, _ row: Int)
    /// The same with each output put in by its number.
    func map(_ each: (_ index: Int, _ value: Double) -> Double) -> Self
}

/// A family under `min_periods`: each statistic as `Lenient` has it.
struct LenientFamily<Full: WindowFamily>: Kernel {
    private var full: Full
    private var scan: WindowScan

    init(_ full: Full, period: Int, minPeriods: Int) {
        self.full = full
        scan = WindowScan(full.statistic(0), period: period, minPeriods: minPeriods)
    }

    var scratchCount: Int { scan.scratchCount + full.scratchCount }
    var lookBack: Int { scan.lookBack }

    @inline(__always)
    mutating func step(_ value: Double, _ scratch: Scratch) -> Full.Output {
        scan.take(value.pair, scratch)
        return scanned(value, full.step(value, scratch + scan.scratchCount), scratch)
    }

    @inline(__always)
    mutating func advance(_ sources: Sources, into sinks: Sinks, count: Int, _ scratch: Scratch) {
        full.advance(sources, into: sinks, count: count, scratch + scan.scratchCount)
        let columns = [sinks.first, sinks.second, sinks.third, sinks.fourth, sinks.fifth].prefix(Full.Output.width)
        let end = columns.reduce(0) { max($0, NullRows.end($1, count)) }
        for row in 0..<end {
            scan.take(sources.first[row].pair, scratch)
            scanned(sources.first[row], Full.Output(sinks, row), scratch).store(in: sinks, row)
        }
        scan.skip(count &- end, { sources.first[end &+ $0].pair }, scratch)
    }

    /// The scan's where the full window has none.
    private func scanned(_ value: Double, _ own: Full.Output, _ scratch: Scratch) -> Full.Output {
        own.map { $1 == $1 ? $1 : scan.answer(full.statistic($0), value.pair, scratch) }
    }
}

/// Nulls of a column.
enum NullRows {
    /// One more than the last row that is null, 0 where none is.
    @inline(__always)
    static func end(_ values: UnsafePointer<Double>, _ count: Int) -> Int {
        var end = count
        while end >= 8 {
            let part = UnsafeRawPointer(values + end - 8).loadUnaligned(as: SIMD8<Double>.self)
            if any(part .!= part) { break }
            end &-= 8
        }
        while end > 0, values[end &- 1] == values[end &- 1] { end &-= 1 }
        return end
    }
}
