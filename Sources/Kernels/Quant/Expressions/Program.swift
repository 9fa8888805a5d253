/// A compiled expression: nodes in the order of their computation, each writing one to three slots. Equal
/// subexpressions are computed once.
struct Program: Sendable {
    /// What a node does.
    enum Work: Sendable {
        case column(Column)
        case constant(Double)
        case stage(Stage)
        case crossSection(CrossSection)
    }

    struct Node: Sendable {
        let work: Work
        let inputs: [Int]
        /// First slot written; several outputs take the slots after it.
        let slot: Int
        let width: Int
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

    /// True where an operator reads across instruments.
    var crossesInstruments: Bool {
        nodes.contains { node in
            if case .crossSection = node.work { true } else { false }
        }
    }
}
