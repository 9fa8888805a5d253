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

        @inline(__always)
        func take(_ base: Scratch) {
            let sink = base + slot
            step(base + state, Sources(base + first, base + second, base + third, base + fourth),
                 Sinks(sink, sink + 1, sink + 2, sink + 3, sink + 4))
        }
    }

    /// What never changes: one object, so that a push keeps one thing alive and not one for each node.
    private final class Plan: Sendable {
        let nodes: [Node]
        let columnSlots: [(column: Column, slot: Int)]
        /// Those made of facts, which whoever feeds the bars sets.
        let factSlots: [(column: Column, slot: Int)]

        init(
            _ nodes: [Node], _ columnSlots: [(column: Column, slot: Int)], _ factSlots: [(column: Column, slot: Int)]
        ) {
            self.nodes = nodes
            self.columnSlots = columnSlots
            self.factSlots = factSlots
        }
    }

    private let plan: Plan
    /// The slots, then the state of every node.
    private var memory: [Double]

    /// With `takesFacts` bars come with the columns made of facts; without, these are refused.
    init(_ program: Program, takesFacts: Bool = false) throws(QuantError) {
        var nodes: [Node] = []
        var columnSlots: [(column: Column, slot: Int)] = [], factSlots: [(column: Column, slot: Int)] = []
        var memory = [Double](repeating: .nan, count: program.slotCount)
        for node in program.nodes {
            switch node.work {
            case .column(let column):
                if !column.isFundamental {
                    columnSlots.append((column, node.slot))
                } else if takesFacts {
                    factSlots.append((column, node.slot))
                } else {
                    throw QuantError(.data, "\(column.rawValue) is of facts, which a stream of bars does not bring")
                }
            case .constant(let value): memory[node.slot] = value
            case .stage(let stage):
                let inputs = node.inputs + [Int](repeating: node.inputs[0], count: 3)
                // A state may hold vectors: it begins at a multiple of two numbers, as an array's memory does.
                if memory.count % 2 == 1 { memory.append(.nan) }
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
        plan = Plan(nodes, columnSlots, factSlots)
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

    /// Takes the next bar with what is known of the company at its time.
    mutating func push(_ bar: BarValues, _ facts: FactStream) {
        for (column, slot) in plan.factSlots { memory[slot] = facts.value(column, close: bar.close) }
        push(bar)
    }

    mutating func push(_ bar: BarValues) {
        memory.withUnsafeMutableBufferPointer { [plan] buffer in
            let base = buffer.baseAddress.unsafelyUnwrapped
            plan.columnSlots.withUnsafeBufferPointer { columns in
                for index in columns.indices { base[columns[index].slot] = bar.value(columns[index].column) }
            }
            plan.nodes.withUnsafeBufferPointer { nodes in
                for index in nodes.indices { nodes[index].take(base) }
            }
        }
    }
}
