/// Slots of a batch evaluation: one column for each slot and instrument, let go after its last reader.
struct ColumnStore {
    private var columns: [[[Double]]]
    private var readers: [Int]

    init(_ program: Program) {
        columns = [[[Double]]](repeating: [], count: program.slotCount)
        readers = [Int](repeating: 0, count: program.slotCount)
        for node in program.nodes {
            for slot in node.inputs { readers[slot] += 1 }
        }
        for output in program.outputs { readers[output.slot] += 1 }
    }

    subscript(slot: Int) -> [[Double]] {
        get { columns[slot] }
        set { columns[slot] = newValue }
    }

    /// Says that a node has read these slots.
    mutating func release(_ slots: [Int]) {
        for slot in slots {
            readers[slot] -= 1
            if readers[slot] == 0 { columns[slot] = [] }
        }
    }
}
