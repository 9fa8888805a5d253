import Numerics

/// A plan at work over one panel. Threads share it: each instrument, and each date, is computed by one of them from
/// start to end, so that the bits do not depend on how many there are.
struct PlanRun: Sendable {
    /// Rows of a block: a register is 8 KiB.
    static let blockRows = 1024
    /// Dates that are read together from every instrument's column: a cache line of each.
    private static let tileRows = 8

    private let plan: Plan
    private let bars: [Bars]
    private let groups: [Grouping: [Int]]
    private let rows: Int
    private var stored: [PanelColumn?]

    init(_ plan: Plan, _ bars: [Bars], groups: [Grouping: [Int]], rows: Int) {
        self.plan = plan
        self.bars = bars
        self.groups = groups
        self.rows = rows
        stored = [PanelColumn?](repeating: nil, count: plan.storedCount)
    }

    /// Everything on the caller's thread.
    static func run(_ plan: Plan, _ bars: [Bars], groups: [Grouping: [Int]] = [:], rows: Int) -> PanelValues {
        var run = PlanRun(plan, bars, groups: groups, rows: rows)
        for phase in plan.phases {
            run.make(phase)
            run.series(phase, 0..<bars.count)
            run.dates(phase, 0..<rows)
            run.end(phase)
        }
        return run.values
    }

    /// Every output over the bars of one instrument, written where it stays: an array each.
    static func columns(_ plan: Plan, _ bars: Bars) -> [[Double]] {
        var run = PlanRun(plan, [bars], groups: [:], rows: bars.count)
        var places: [Int] = []
        for column in plan.outputs where !places.contains(column) { places.append(column) }
        var arrays: [Int: [Double]] = [:]
        run.fill(places[...], &arrays)
        return plan.outputs.map { arrays[$0] ?? [] }
    }

    /// Opens an array for each of these columns, one within the other, and runs the plan inside the last.
    private mutating func fill(_ places: ArraySlice<Int>, _ arrays: inout [Int: [Double]]) {
        guard let place = places.first else {
            for phase in plan.phases {
                make(phase)
                series(phase, 0..<1)
                dates(phase, 0..<rows)
                end(phase)
            }
            for index in stored.indices { stored[index] = nil }
            return
        }
        let values = [Double](unsafeUninitializedCapacity: rows) { buffer, count in
            LargePages.advise(UnsafeMutableRawBufferPointer(buffer))
            if let base = buffer.baseAddress { stored[place] = PanelColumn(lent: base) }
            fill(places.dropFirst(), &arrays)
            count = rows
        }
        arrays[place] = values
    }

    /// The same on `threads` tasks of the concurrent pool.
    static func run(
        _ plan: Plan, _ bars: [Bars], groups: [Grouping: [Int]], rows: Int, threads: Int
    ) async -> PanelValues {
        var run = PlanRun(plan, bars, groups: groups, rows: rows)
        for phase in plan.phases {
            run.make(phase)
            await run.shared(bars.count, threads) { run, part in run.series(phase, part) }
            if !phase.crossings.isEmpty {
                await run.shared(rows, threads) { run, part in run.dates(phase, part) }
            }
            run.end(phase)
        }
        return run.values
    }

    /// Cuts `count` into more parts than there are threads, so that none waits long for another.
    private func shared(_ count: Int, _ threads: Int, _ work: @escaping @Sendable (PlanRun, Range<Int>) -> Void) async {
        let threads = max(1, min(threads, count))
        let size = max(1, (count + threads * 4 - 1) / (threads * 4))
        let parts = stride(from: 0, to: count, by: size).map { $0..<min(count, $0 + size) }
        let run = self
        await withTaskGroup(of: Void.self) { group in
            for (index, part) in parts.enumerated() {
                if index >= threads { await group.next() }
                group.addTask(executorPreference: globalConcurrentExecutor) { work(run, part) }
            }
        }
    }

    private var values: PanelValues {
        PanelValues(instruments: bars.count, rows: rows, columns: plan.outputs.compactMap { stored[$0] })
    }

    private mutating func make(_ phase: Plan.Phase) {
        for column in phase.made where stored[column] == nil {
            stored[column] = PanelColumn(count: bars.count * rows)
        }
    }

    private mutating func end(_ phase: Plan.Phase) {
        for column in phase.done { stored[column] = nil }
    }

    // MARK: Instruments

    /// The time-series work of a phase over some instruments.
    private func series(_ phase: Plan.Phase, _ instruments: Range<Int>) {
        guard !phase.steps.isEmpty, rows > 0 else { return }
        let block = min(Self.blockRows, rows)
        let fixed = (plan.constants.count + plan.registerCount) * block
        withUnsafeTemporaryAllocation(of: Double.self, capacity: fixed + phase.stateCount) { memory in
            let base = memory.baseAddress.unsafelyUnwrapped
            for (index, value) in plan.constants.enumerated() {
                (base + index * block).initialize(repeating: value, count: block)
            }
            var places = [Scratch](repeating: base, count: plan.placeCount)
            for index in 0..<plan.constants.count + plan.registerCount {
                places[plan.firstConstant + index] = base + index * block
            }
            for instrument in instruments {
                let state = base + fixed
                state.initialize(repeating: .nan, count: phase.stateCount)
                for step in phase.steps { step.stage.start(state + step.state) }
                withColumns(plan.columns[...], bars[instrument], []) { columns in
                    var start = 0
                    while start < rows {
                        point(&places, columns, instrument, start)
                        advance(phase.steps, places, state, count: min(block, rows - start))
                        start += block
                    }
                }
            }
        }
    }

    /// Sets the places that move with the row.
    private func point(_ places: inout [Scratch], _ columns: [Scratch], _ instrument: Int, _ row: Int) {
        for index in columns.indices { places[index] = columns[index] + row }
        for (index, column) in stored.enumerated() {
            guard let column else { continue }
            places[plan.firstStored + index] = column.base + instrument * rows + row
        }
    }

    private func advance(_ steps: [Plan.Step], _ places: [Scratch], _ state: Scratch, count: Int) {
        places.withUnsafeBufferPointer { places in
            for index in steps.indices {
                let (inputs, outputs) = (steps[index].inputs, steps[index].outputs)
                steps[index].stage.advance(
                    state + steps[index].state,
                    Sources(places[inputs.0], places[inputs.1], places[inputs.2], places[inputs.3]),
                    Sinks(
                        places[outputs.0], places[outputs.1], places[outputs.2], places[outputs.3],
                        places[outputs.4]),
                    count)
            }
        }
    }

    /// Opens the columns of one instrument, one within the other. They are only read.
    private func withColumns(
        _ columns: ArraySlice<Column>, _ bars: Bars, _ open: [Scratch], _ body: ([Scratch]) -> Void
    ) {
        guard let column = columns.first else { return body(open) }
        bars.values(column).withUnsafeBufferPointer { buffer in
            let base = buffer.baseAddress.unsafelyUnwrapped
            withColumns(columns.dropFirst(), bars, open + [Scratch(mutating: base)], body)
        }
    }

    // MARK: Dates

    /// The operators across instruments of a phase over some dates.
    private func dates(_ phase: Plan.Phase, _ range: Range<Int>) {
        guard !bars.isEmpty else { return }
        let count = bars.count
        withUnsafeTemporaryAllocation(of: Double.self, capacity: Self.tileRows * count) { memory in
            let tile = memory.baseAddress.unsafelyUnwrapped
            var work = CrossSection.Workspace()
            for crossing in phase.crossings {
                guard let input = stored[crossing.input], let output = stored[crossing.output] else { continue }
                var numbers: [Int] = []
                if case .neutralize(let grouping) = crossing.operation { numbers = groups[grouping] ?? [] }
                var start = range.lowerBound
                while start < range.upperBound {
                    let height = min(Self.tileRows, range.upperBound - start)
                    for instrument in 0..<count {
                        let column = input.base + instrument * rows + start
                        for row in 0..<height { tile[row * count + instrument] = column[row] }
                    }
                    for row in 0..<height {
                        let date = UnsafeMutableBufferPointer(start: tile + row * count, count: count)
                        crossing.operation.apply(date, groups: numbers, &work)
                    }
                    for instrument in 0..<count {
                        let column = output.base + instrument * rows + start
                        for row in 0..<height { column[row] = tile[row * count + instrument] }
                    }
                    start += height
                }
            }
        }
    }
}
