/// A program fed one bar at a time: bounded memory, the bits of the batch form.
struct ProgramStream: Sendable {
    /// One node: what it runs, and where its inputs, outputs and state lie in `memory`.
    private struct Node: Sendable {
        let step: @Sendable (Scratch, Sources, Sinks) -> Void
        let first: Int
        let second: Int
        let third: Int
        let fourth: Int
        let slot: Int
        let state: Int
    }

    private let nodes: [Node]
    private let columnSlots: [(column: Column, slot: Int)]
    /// The slots, then the state of every node.
    private var memory: [Double]

    init(_ program: Program) throws(QuantError) {
        var nodes: [Node] = []
        var columnSlots: [(column: Column, slot: Int)] = []
        var memory = [Double](repeating: .nan, count: program.slotCount)
        for node in program.nodes {
            switch node.work {
            case .column(let column): columnSlots.append((column, node.slot))
            case .constant(let value): memory[node.slot] = value
            case .stage(let stage):
                let inputs = node.inputs + [Int](repeating: node.inputs[0], count: 3)
                nodes.append(
                    Node(
                        step: stage.step, first: inputs[0], second: inputs[1], third: inputs[2], fourth: inputs[3],
                        slot: node.slot, state: memory.count))
                let state = memory.count
                memory.append(contentsOf: repeatElement(.nan, count: stage.memoryCount + 1))
                memory.withUnsafeMutableBufferPointer { stage.start($0.baseAddress.unsafelyUnwrapped + state) }
            case .crossSection(let operation):
                throw QuantError(
                    .crossSection, "\(operation.name) reads across instruments and cannot be streamed for one")
            }
        }
        self.nodes = nodes
        self.columnSlots = columnSlots
        self.memory = memory
    }

    /// Value of a slot after the newest bar.
    subscript(slot: Int) -> Double { memory[slot] }

    /// The state as bytes: every slot, every kernel, every window.
    var bytes: [UInt8] { memory.withUnsafeBytes { Array($0) } }

    /// Takes the state over from bytes that a stream of the same program gave; false where there are not as many.
    mutating func restore(_ bytes: ArraySlice<UInt8>) -> Bool {
        memory.withUnsafeMutableBytes { target in
            guard target.count == bytes.count else { return false }
            target.copyBytes(from: bytes)
            return true
        }
    }

    mutating func push(_ bar: BarValues) {
        memory.withUnsafeMutableBufferPointer { [nodes, columnSlots] buffer in
            let base = buffer.baseAddress.unsafelyUnwrapped
            for (column, slot) in columnSlots { base[slot] = bar.value(column) }
            for node in nodes {
                let sink = base + node.slot
                node.step(
                    base + node.state,
                    Sources(base + node.first, base + node.second, base + node.third, base + node.fourth),
                    Sinks(sink, sink + 1, sink + 2, sink + 3, sink + 4))
            }
        }
    }
}
