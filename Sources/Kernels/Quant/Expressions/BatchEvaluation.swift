import Numerics

/// Whole columns through a program.
enum BatchEvaluation {
    /// Values of each output, by instrument: `[output][instrument][row]`.
    ///
    /// Where nothing reads across instruments each goes through the whole program by itself: its columns then stay in
    /// the processor's cache from one node to the next.
    static func run(_ program: Program, _ instruments: [Bars], rows: Int) -> [[[Double]]] {
        if program.crossesInstruments || instruments.count < 2 { return together(program, instruments, rows: rows) }
        var answers = [[[Double]]](repeating: [], count: program.outputs.count)
        for output in answers.indices { answers[output].reserveCapacity(instruments.count) }
        for bars in instruments {
            let own = together(program, [bars], rows: rows)
            for output in answers.indices { answers[output].append(own[output][0]) }
        }
        return answers
    }

    private static func together(_ program: Program, _ instruments: [Bars], rows: Int) -> [[[Double]]] {
        var store = ColumnStore(program)
        for node in program.nodes {
            switch node.work {
            case .column(let column): store[node.slot] = instruments.map { $0.values(column) }
            case .constant(let value):
                let column = [Double](repeating: value, count: rows)
                store[node.slot] = instruments.map { _ in column }
            case .stage(let stage):
                let inputs = node.inputs.map { store[$0] }
                var outputs = [[[Double]]](repeating: [], count: node.width)
                for index in instruments.indices {
                    let written = columns(stage, inputs.map { $0[index] }, rows: rows)
                    for output in 0..<node.width { outputs[output].append(written[output]) }
                }
                for output in 0..<node.width { store[node.slot + output] = outputs[output] }
            case .crossSection(let operation):
                store[node.slot] = across(operation, store[node.inputs[0]], rows: rows)
            }
            store.release(node.inputs)
        }
        return program.outputs.map { store[$0.slot] }
    }

    /// One stage over one instrument.
    private static func columns(_ stage: Stage, _ inputs: [[Double]], rows: Int) -> [[Double]] {
        var pointers: [UnsafePointer<Double>] = []
        return withPointers(to: inputs[...], &pointers) { sources in
            fill(rows, width: stage.outputWidth) { sinks in stage.run(sources, sinks, rows) }
        }
    }

    private static func withPointers<Result>(
        to inputs: ArraySlice<[Double]>, _ pointers: inout [UnsafePointer<Double>], _ body: (Sources) -> Result
    ) -> Result {
        guard let first = inputs.first else {
            return body(
                Sources(pointers[0], pointers.count > 1 ? pointers[1] : nil, pointers.count > 2 ? pointers[2] : nil,
                        pointers.count > 3 ? pointers[3] : nil))
        }
        return first.withUnsafeBufferPointer { buffer in
            pointers.append(buffer.baseAddress ?? UnsafePointer(bitPattern: 8).unsafelyUnwrapped)
            return withPointers(to: inputs.dropFirst(), &pointers, body)
        }
    }

    private static func fill(_ rows: Int, width: Int, _ body: (Sinks) -> Void) -> [[Double]] {
        guard rows > 0 else { return [[Double]](repeating: [], count: width) }
        var written: [[Double]] = []
        fill(rows, [], left: width, &written, body)
        return written.reversed()
    }

    /// Opens the columns one within the other, and calls the body once all are open; `written` gets the last one first.
    private static func fill(
        _ rows: Int, _ open: [UnsafeMutablePointer<Double>], left: Int, _ written: inout [[Double]],
        _ body: (Sinks) -> Void
    ) {
        guard left > 0 else {
            func sink(_ index: Int) -> UnsafeMutablePointer<Double>? { index < open.count ? open[index] : nil }
            return body(Sinks(open[0], sink(1), sink(2), sink(3), sink(4)))
        }
        let values = column(rows) { fill(rows, open + [$0], left: left - 1, &written, body) }
        written.append(values)
    }

    private static func column(_ rows: Int, _ body: (UnsafeMutablePointer<Double>) -> Void) -> [Double] {
        [Double](unsafeUninitializedCapacity: rows) { buffer, count in
            LargePages.advise(UnsafeMutableRawBufferPointer(buffer))
            body(buffer.baseAddress.unsafelyUnwrapped)
            count = rows
        }
    }

    private static func across(_ operation: CrossSection, _ input: [[Double]], rows: Int) -> [[Double]] {
        var output = input
        var date = [Double](repeating: .nan, count: input.count)
        var order: [Int] = []
        for row in 0..<rows {
            for index in input.indices { date[index] = input[index][row] }
            operation.apply(&date, order: &order)
            for index in input.indices { output[index][row] = date[index] }
        }
        return output
    }
}
