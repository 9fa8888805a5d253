/// In which order, and where, a program is computed over a panel.
///
/// The program is cut into phases: in each, time-series work is done instrument by instrument, in blocks of rows whose
/// columns stay in the processor's cache; then its cross-sectional operators run date by date. A value that only its
/// own phase reads lives in a register, a block-long column that is used again once its last reader has run. What a
/// later phase or an operator across instruments reads, and what is answered, lies in a column of the whole panel.
struct Plan: Sendable {
    /// Where a value is: `columns` of the bars, constants, registers, then panel columns, numbered one after the other.
    typealias Place = Int

    /// Time-series work on one node.
    struct Step: Sendable {
        let stage: Stage
        /// Four places; those a kernel has no use for repeat the first.
        let inputs: (Place, Place, Place, Place)
        let outputs: (Place, Place, Place, Place, Place)
        /// Offset of the kernel's memory.
        let state: Int
    }

    /// One operator across instruments.
    struct Crossing: Sendable {
        let operation: CrossSection
        let input: Int
        let output: Int
    }

    /// Panel columns that come into being, work by instrument, work by date, panel columns that nobody reads any more.
    struct Phase: Sendable {
        var made: [Int] = []
        var steps: [Step] = []
        var crossings: [Crossing] = []
        var done: [Int] = []
        var stateCount = 0
    }

    /// Columns of the bars, in the order of their places.
    let columns: [Column]
    let constants: [Double]
    private(set) var registerCount = 0
    /// Columns of the whole panel.
    private(set) var storedCount = 0
    private(set) var phases: [Phase]
    /// Panel column of each output.
    private(set) var outputs: [Int] = []

    var firstConstant: Place { columns.count }
    var firstRegister: Place { columns.count + constants.count }
    var firstStored: Place { firstRegister + registerCount }
    var placeCount: Int { firstStored + storedCount }
}

extension Plan {
    init(_ source: Program) {
        let program = Self.withCopies(SharedWindows.merge(source))
        let found = Lifetimes(program)
        var columns: [Column] = []
        var constants: [Double] = []
        var fixed: [Int: Place] = [:]
        for node in program.nodes {
            if case .column(let column) = node.work {
                fixed[node.slot] = columns.count
                columns.append(column)
            }
        }
        for node in program.nodes {
            if case .constant(let value) = node.work {
                fixed[node.slot] = columns.count + constants.count
                constants.append(value)
            }
        }
        self.columns = columns
        self.constants = constants
        phases = [Phase](repeating: Phase(), count: found.phaseCount)
        // A panel column is known by its slot's number here; an operator at its input's last reading writes in place.
        var stored: [Int: Int] = [:]
        for node in program.nodes {
            guard case .crossSection = node.work else {
                for slot in node.slot..<node.slot + node.width where found.isStored[slot] {
                    stored[slot] = storedCount
                    phases[found.phase[slot]].made.append(storedCount)
                    storedCount += 1
                }
                continue
            }
            let input = node.inputs[0]
            if found.readers[input] == 1 {
                stored[node.slot] = stored[input]
            } else {
                stored[node.slot] = storedCount
                phases[found.phase[input]].made.append(storedCount)
                storedCount += 1
            }
        }
        allocate(program, found, fixed, stored)
        outputs = program.outputs.map { stored[$0.slot]! }
        endColumns(found, stored)
    }

    /// Puts each stage's outputs into registers or panel columns.
    private mutating func allocate(
        _ program: Program, _ found: Lifetimes, _ fixed: [Int: Place], _ stored: [Int: Int]
    ) {
        var free = [[Int]](repeating: [], count: phases.count)
        var used = [Int](repeating: 0, count: phases.count)
        var register: [Int: Int] = [:]
        for (index, node) in program.nodes.enumerated() {
            guard case .stage = node.work else { continue }
            let phase = found.phase[node.slot]
            for slot in node.slot..<node.slot + node.width where !found.isStored[slot] {
                if let old = free[phase].popLast() {
                    register[slot] = old
                } else {
                    register[slot] = used[phase]
                    used[phase] += 1
                }
            }
            // Given back after the outputs were placed: a kernel never writes what it reads.
            let slots = Set(node.inputs).union(node.slot..<node.slot + node.width)
            for slot in slots.sorted() where found.lastReader[slot] <= index {
                if let old = register[slot] { free[phase].append(old) }
            }
        }
        registerCount = used.max() ?? 0
        let firstRegister = firstRegister
        let firstStored = firstRegister + registerCount
        func place(_ slot: Int) -> Place {
            fixed[slot] ?? stored[slot].map { firstStored + $0 } ?? firstRegister + register[slot]!
        }
        for node in program.nodes {
            switch node.work {
            case .column, .constant: break
            case .crossSection(let operation):
                phases[found.phase[node.inputs[0]]].crossings.append(
                    Crossing(operation: operation, input: stored[node.inputs[0]]!, output: stored[node.slot]!))
            case .stage(let stage):
                let phase = found.phase[node.slot]
                let inputs = node.inputs.map(place)
                func input(_ index: Int) -> Place { inputs[index < inputs.count ? index : 0] }
                func output(_ index: Int) -> Place { place(node.slot + (index < node.width ? index : 0)) }
                phases[phase].steps.append(
                    Step(
                        stage: stage, inputs: (input(0), input(1), input(2), input(3)),
                        outputs: (output(0), output(1), output(2), output(3), output(4)),
                        state: phases[phase].stateCount))
                phases[phase].stateCount += stage.memoryCount + 1
            }
        }
    }

    /// Says after which phase each panel column that is not answered can go.
    private mutating func endColumns(_ found: Lifetimes, _ stored: [Int: Int]) {
        var last: [Int: Int] = [:]
        for (slot, column) in stored { last[column] = max(last[column] ?? 0, found.lastPhase[slot]) }
        for column in outputs { last[column] = nil }
        for (column, phase) in last { phases[phase].done.append(column) }
    }

    /// The program with a copy of every column or constant that is answered or read across instruments as it is.
    private static func withCopies(_ source: Program) -> Program {
        var program = source
        var plain: Set<Int> = []
        for node in source.nodes {
            switch node.work {
            case .column, .constant: plain.insert(node.slot)
            default: break
            }
        }
        guard !plain.isEmpty else { return source }
        program.nodes = []
        var copies: [Int: Int] = [:]
        func copied(_ slot: Int) -> Int {
            guard plain.contains(slot) else { return slot }
            if let copy = copies[slot] { return copy }
            let copy = program.slotCount
            program.nodes.append(
                Program.Node(
                    key: Program.Key("copy", FunctionArguments(values: [], minPeriods: nil), [slot]),
                    work: .stage(Stage(Identity())), inputs: [slot], slot: copy, width: 1))
            program.slotCount += 1
            copies[slot] = copy
            return copy
        }
        for node in source.nodes {
            if case .crossSection = node.work {
                let inputs = node.inputs.map(copied)
                program.nodes.append(
                    Program.Node(key: node.key, work: node.work, inputs: inputs, slot: node.slot, width: node.width))
            } else {
                program.nodes.append(node)
            }
        }
        program.outputs = source.outputs.map { output in
            Program.Output(name: output.name, slot: copied(output.slot), lookBack: output.lookBack)
        }
        return program
    }
}

/// When each slot of a program is made and read.
struct Lifetimes {
    /// Phase in whose time-series work a slot is there.
    private(set) var phase: [Int]
    private(set) var phaseCount = 1
    /// Nodes that read a slot, and answers that it is.
    private(set) var readers: [Int]
    /// Index of the last node that reads a slot.
    private(set) var lastReader: [Int]
    /// Last phase that reads a slot.
    private(set) var lastPhase: [Int]
    /// True where the slot needs a column of the whole panel.
    private(set) var isStored: [Bool]

    init(_ program: Program) {
        phase = [Int](repeating: 0, count: program.slotCount)
        readers = phase
        lastReader = [Int](repeating: -1, count: program.slotCount)
        lastPhase = phase
        isStored = [Bool](repeating: false, count: program.slotCount)
        var isFree = isStored
        for (index, node) in program.nodes.enumerated() {
            var own = node.inputs.map { phase[$0] }.max() ?? 0
            var isCrossing = false
            switch node.work {
            case .crossSection: isCrossing = true
            case .column, .constant: isFree[node.slot] = true
            case .stage: break
            }
            for slot in node.inputs {
                readers[slot] += 1
                lastReader[slot] = index
                lastPhase[slot] = max(lastPhase[slot], own)
                if isCrossing || (own > phase[slot] && !isFree[slot]) { isStored[slot] = true }
            }
            if isCrossing {
                own += 1
                isStored[node.slot] = true
            }
            for slot in node.slot..<node.slot + node.width {
                phase[slot] = own
                lastPhase[slot] = max(own, lastPhase[slot])
            }
            phaseCount = max(phaseCount, own + 1)
        }
        for output in program.outputs {
            readers[output.slot] += 1
            isStored[output.slot] = true
        }
    }
}
