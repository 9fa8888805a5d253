/// A program fed one bar at a time: bounded memory, the bits of the batch form.
struct ProgramStream: Sendable {
    private var stages: [any Stage]
    private let nodes: [Wiring]
    private let columnSlots: [(column: Column, slot: Int)]
    private(set) var values: [Double]

    private struct Wiring: Sendable {
        let inputs: [Int]
        let slot: Int
        let width: Int
    }

    init(_ program: Program) throws(QuantError) {
        var stages: [any Stage] = []
        var nodes: [Wiring] = []
        var columnSlots: [(column: Column, slot: Int)] = []
        var values = [Double](repeating: .nan, count: program.slotCount)
        for node in program.nodes {
            switch node.work {
            case .column(let column): columnSlots.append((column, node.slot))
            case .constant(let value): values[node.slot] = value
            case .stage(let stage):
                stages.append(stage)
                nodes.append(Wiring(inputs: node.inputs, slot: node.slot, width: node.width))
            case .crossSection(let operation):
                throw QuantError(
                    .crossSection, "\(operation.rawValue) reads across instruments and cannot be streamed for one")
            }
        }
        self.stages = stages
        self.nodes = nodes
        self.columnSlots = columnSlots
        self.values = values
    }

    mutating func push(_ bar: BarValues) {
        for (column, slot) in columnSlots { values[slot] = bar.value(column) }
        values.withUnsafeMutableBufferPointer { buffer in
            let base = buffer.baseAddress.unsafelyUnwrapped
            for index in nodes.indices {
                let node = nodes[index]
                let count = node.inputs.count
                let sources = Sources(
                    base + node.inputs[0], count > 1 ? UnsafePointer(base + node.inputs[1]) : nil,
                    count > 2 ? UnsafePointer(base + node.inputs[2]) : nil,
                    count > 3 ? UnsafePointer(base + node.inputs[3]) : nil)
                let sink = base + node.slot
                stages[index].step(sources, into: Sinks(sink, sink + 1, sink + 2))
            }
        }
    }
}
