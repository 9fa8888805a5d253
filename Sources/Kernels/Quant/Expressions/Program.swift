/// Compiled expressions: nodes in the order of their computation, each writing one to five slots. Equal
/// subexpressions are computed once.
struct Program: Sendable {
    /// What a node does.
    enum Work: Sendable {
        case column(Column)
        case constant(Double)
        case stage(Stage)
        case crossSection(CrossSection)
    }

    /// What makes two nodes equal.
    struct Key: Sendable, Hashable {
        let name: String
        let arguments: FunctionArguments
        var inputs: [Int]

        /// Sums and products are the same bits either way round.
        init(_ name: String, _ arguments: FunctionArguments, _ inputs: [Int]) {
            self.name = name
            self.arguments = arguments
            self.inputs = name == "+" || name == "*" ? inputs.sorted() : inputs
        }
    }

    struct Node: Sendable {
        let key: Key
        let work: Work
        let inputs: [Int]
        /// First slot written; several outputs take the slots after it.
        let slot: Int
        let width: Int
        /// Elementary steps a bar.
        var cost = 0
    }

    /// A column of the answer.
    struct Output: Sendable {
        /// Empty for the only output, else its name.
        let name: String
        let slot: Int
        let lookBack: Int
    }

    var nodes: [Node] = []
    var slotCount = 0
    var outputs: [Output] = []
    /// True where the value is a condition: 1, 0 or null.
    var isCondition = false
    var cost = 0

    /// Columns of the bars that are read.
    var columns: Set<Column> {
        Set(
            nodes.compactMap { node in
                if case .column(let column) = node.work { column } else { nil }
            })
    }

    /// How much of the series the values remember: as the function that remembers most.
    var stability: Stability {
        nodes.reduce(.exact) { most, node in
            let own = FunctionCatalog.byName[node.key.name]?.stability(node.key.arguments.values) ?? .exact
            if most == .startDependent || own == .startDependent { return .startDependent }
            return most == .converging || own == .converging ? .converging : .exact
        }
    }

    /// Groupings that it neutralises by.
    var groupings: Set<Grouping> {
        Set(
            nodes.compactMap { node in
                if case .crossSection(.neutralize(let grouping)) = node.work { grouping } else { nil }
            })
    }

    /// One program that gives the outputs of all, one after the other; what they have in common is computed once.
    static func merged(_ programs: [Program]) -> Program {
        var all = Program()
        var known: [Key: Int] = [:]
        for program in programs {
            var slots = [Int](repeating: -1, count: program.slotCount)
            for node in program.nodes {
                let inputs = node.inputs.map { slots[$0] }
                let key = Key(node.key.name, node.key.arguments, inputs)
                let slot = known[key] ?? all.slotCount
                if known[key] == nil {
                    all.nodes.append(Node(key: key, work: node.work, inputs: inputs, slot: slot, width: node.width,
                                          cost: node.cost))
                    all.slotCount += node.width
                    all.cost += node.cost
                    known[key] = slot
                }
                for output in 0..<node.width { slots[node.slot + output] = slot + output }
            }
            all.outputs += program.outputs.map { Output(name: $0.name, slot: slots[$0.slot], lookBack: $0.lookBack) }
        }
        return all
    }

    /// True where an operator reads across instruments.
    var crossesInstruments: Bool {
        nodes.contains { node in
            if case .crossSection = node.work { true } else { false }
        }
    }
}
