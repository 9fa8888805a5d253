/// Turns a tree into a program: resolves names, checks types and parameters, shares equal parts, counts the cost.
struct Compiler {
    /// The value of a subtree.
    struct Value {
        /// One slot, or several for a function whose output was not chosen.
        var slots: [Int]
        var names: [String]
        var isCondition: Bool
        /// Leading nulls, by slot.
        var lookBacks: [Int]
        let position: Int

        /// Leading nulls of all of it.
        var lookBack: Int { lookBacks.max() ?? 0 }

        init(_ slots: [Int], names: [String] = [""], isCondition: Bool = false, lookBack: Int, position: Int) {
            self.slots = slots
            self.names = names
            self.isCondition = isCondition
            lookBacks = [Int](repeating: lookBack, count: slots.count)
            self.position = position
        }
    }

    private let limits: ExpressionLimits
    private var program = Program()
    private var known: [Program.Key: Int] = [:]
    /// Slots whose value is known already.
    private var constants: [Int: Double] = [:]

    /// Compiles a tree; `severalOutputs` allows a function with several outputs at the top.
    static func compile(_ tree: Syntax, limits: ExpressionLimits, severalOutputs: Bool) throws(QuantError) -> Program {
        var compiler = Compiler(limits: limits)
        let value = try compiler.value(tree)
        if !severalOutputs { _ = try compiler.single(value) }
        compiler.program.isCondition = value.isCondition
        compiler.program.outputs = value.slots.indices.map {
            Program.Output(name: value.names[$0], slot: value.slots[$0], lookBack: value.lookBacks[$0])
        }
        return compiler.program
    }

    private init(limits: ExpressionLimits) { self.limits = limits }

    // MARK: Trees

    private mutating func value(_ tree: Syntax) throws(QuantError) -> Value {
        switch tree {
        case .number(let number, let position):
            return Value([try constant(number, position)], lookBack: 0, position: position)
        case .name(let name, let position): return try column(name, position)
        case .unary(let operation, let operand, let position): return try unary(operation, operand, position)
        case .binary(let operation, let left, let right, let position):
            return try binary(operation, left, right, position)
        case .output(let tree, let name, let position): return try pick(tree, name, position)
        case .call(let name, let arguments, let minPeriods, let position):
            return try call(name, arguments, minPeriods, position)
        }
    }

    private func single(_ value: Value) throws(QuantError) -> Value {
        guard value.slots.count == 1 else {
            throw QuantError(
                .type, "choose an output: one of " + value.names.map { ".\($0)" }.joined(separator: " "),
                position: value.position)
        }
        return value
    }

    private mutating func number(_ tree: Syntax) throws(QuantError) -> Value { try single(value(tree)) }

    private mutating func condition(_ tree: Syntax, _ what: String) throws(QuantError) -> Value {
        let value = try single(value(tree))
        guard value.isCondition else {
            throw QuantError(.type, "\(what) needs a condition, such as close > open", position: tree.position)
        }
        return value
    }

    private mutating func constant(_ number: Double, _ position: Int) throws(QuantError) -> Int {
        let slot = try emit(
            number.isNaN ? "null" : "number",
            FunctionArguments(values: number.isNaN ? [] : [number], minPeriods: nil), [], 1, cost: 1, position
        ) { .constant(number) }
        constants[slot] = number
        return slot
    }

    private mutating func column(_ name: String, _ position: Int) throws(QuantError) -> Value {
        if name == "returns" {
            let close = try column("close", position)
            return try stage("returns", Stage(SimpleReturn()), [close], position)
        }
        guard let column = Column(rawValue: name) else {
            let columns = Column.allCases.map(\.rawValue) + ["returns"]
            if FunctionCatalog.byName[name] != nil {
                throw QuantError(.arguments, "\(name) is a function: write \(name)(…)", position: position)
            }
            throw Self.unknown(name, "column", columns + FunctionCatalog.all.map(\.name), position)
        }
        let slot = try emit(name, FunctionArguments(values: [], minPeriods: nil), [], 1, cost: 1, position) {
            .column(column)
        }
        return Value([slot], lookBack: 0, position: position)
    }

    private static func unknown(_ name: String, _ what: String, _ names: [String], _ position: Int) -> QuantError {
        let nearest = NearestName.find(name, among: names)
        let hint = nearest.map { "; did you mean '\($0)'?" } ?? ""
        return QuantError(
            .unknownName, "there is no \(what) '\(name)'" + hint, position: position, suggestion: nearest)
    }

    private mutating func pick(_ tree: Syntax, _ name: String, _ position: Int) throws(QuantError) -> Value {
        var value = try value(tree)
        guard let index = value.names.firstIndex(of: name) else {
            let outputs = value.names.filter { !$0.isEmpty }
            if outputs.isEmpty { throw QuantError(.unknownName, "there is only one output", position: position) }
            throw Self.unknown(name, "output", outputs, position)
        }
        value.slots = [value.slots[index]]
        value.lookBacks = [value.lookBacks[index]]
        value.names = [""]
        return value
    }

    private mutating func unary(_ operation: UnaryOperator, _ operand: Syntax, _ position: Int) throws(QuantError)
        -> Value {
        switch operation {
        case .negate:
            if case .number(let number, _) = operand {
                return Value([try constant(-number, position)], lookBack: 0, position: position)
            }
            return try stage("neg", Stage(Elementwise<Negate>()), [number(operand)], position)
        case .not:
            var value = try stage(
                "not", Stage(Elementwise<Not>()), [condition(operand, "not")], position)
            value.isCondition = true
            return value
        }
    }

    private mutating func binary(
        _ operation: BinaryOperator, _ left: Syntax, _ right: Syntax, _ position: Int
    ) throws(QuantError) -> Value {
        let isLogical = operation == .and || operation == .or
        let a = isLogical ? try condition(left, operation.rawValue) : try number(left)
        let b = isLogical ? try condition(right, operation.rawValue) : try number(right)
        let (stage, operands, isCondition) = Self.stage(operation, a, b)
        var value = try self.stage(operation.rawValue, stage, operands, position)
        value.isCondition = isCondition
        return value
    }

    /// `>` and `>=` are `<` and `<=` the other way round.
    private static func stage(_ operation: BinaryOperator, _ a: Value, _ b: Value) -> (Stage, [Value], Bool) {
        switch operation {
        case .add: (Stage(Elementwise2<Add>()), [a, b], false)
        case .subtract: (Stage(Elementwise2<Subtract>()), [a, b], false)
        case .multiply: (Stage(Elementwise2<Multiply>()), [a, b], false)
        case .divide: (Stage(Elementwise2<Divide>()), [a, b], false)
        case .power: (Stage(Elementwise2<Power>()), [a, b], false)
        case .less: (Stage(Elementwise2<Less>()), [a, b], true)
        case .lessOrEqual: (Stage(Elementwise2<LessOrEqual>()), [a, b], true)
        case .greater: (Stage(Elementwise2<Less>()), [b, a], true)
        case .greaterOrEqual: (Stage(Elementwise2<LessOrEqual>()), [b, a], true)
        case .equal: (Stage(Elementwise2<Equal>()), [a, b], true)
        case .notEqual: (Stage(Elementwise2<NotEqual>()), [a, b], true)
        case .and: (Stage(Elementwise2<And>()), [a, b], true)
        case .or: (Stage(Elementwise2<Or>()), [a, b], true)
        }
    }

    // MARK: Calls

    private mutating func call(
        _ name: String, _ arguments: [Syntax], _ minPeriods: Syntax?, _ position: Int
    ) throws(QuantError) -> Value {
        if name == "adv" { return try averageDailyVolume(arguments, minPeriods, position) }
        if name == "group_neutralize" { return try neutralize(arguments, minPeriods, position) }
        guard let function = FunctionCatalog.byName[name] else {
            if Column(rawValue: name) != nil || name == "returns" {
                throw QuantError(.arguments, "'\(name)' is a column and takes no arguments", position: position)
            }
            throw Self.unknown(name, "function", FunctionCatalog.all.map(\.name) + ["adv"], position)
        }
        let checked = try CallArguments.check(function, arguments, minPeriods, position)
        var inputs: [Value] = []
        for (index, tree) in checked.series.enumerated() {
            let needsCondition = index == 0 && (name == "where" || name == "ts_count")
            inputs.append(needsCondition ? try condition(tree, name) : try number(tree))
        }
        if inputs.isEmpty {
            for column in function.inputs { inputs.append(try self.column(column, position)) }
        }
        return try apply(function, checked, inputs, position)
    }

    private mutating func apply(
        _ function: FunctionDefinition, _ checked: CallArguments, _ inputs: [Value], _ position: Int
    ) throws(QuantError) -> Value {
        switch function.operation {
        case .crossSection(let make):
            let operation = make(checked.parameters)
            let slot = try emit(
                function.name, checked.parameters, inputs.flatMap(\.slots), 1, cost: 16, position
            ) { .crossSection(operation) }
            return Value([slot], lookBack: inputs[0].lookBack, position: position)
        case .stage(let make):
            let stage = make(checked.parameters)
            if function.name == "min" || function.name == "max" {
                var value = inputs[0]
                for input in inputs.dropFirst() {
                    value = try self.stage(function.name, stage, [value, input], position)
                }
                return value
            }
            var value = try self.stage(function.name, stage, inputs, position, checked.parameters)
            if function.outputs.count > 1 { value.names = function.outputs }
            if function.name == "where" { value.isCondition = inputs[1].isCondition && inputs[2].isCondition }
            if function.name == "coalesce" { value.isCondition = inputs[0].isCondition && inputs[1].isCondition }
            if function.name == "delay" { value.isCondition = inputs[0].isCondition }
            return value
        }
    }

    /// `adv(n)` is `ts_mean(close*volume,n)`.
    private mutating func averageDailyVolume(
        _ arguments: [Syntax], _ minPeriods: Syntax?, _ position: Int
    ) throws(QuantError) -> Value {
        let money = Syntax.binary(
            .multiply, .name("close", position: position), .name("volume", position: position), position: position)
        return try call("ts_mean", [money] + arguments, minPeriods, position)
    }

    /// `group_neutralize(x, sector)`: the second argument is the name of a grouping.
    private mutating func neutralize(
        _ arguments: [Syntax], _ minPeriods: Syntax?, _ position: Int
    ) throws(QuantError) -> Value {
        guard arguments.count == 2, minPeriods == nil else {
            throw QuantError(
                .arguments, "group_neutralize takes 2 arguments, not \(arguments.count)", position: position)
        }
        let names = Grouping.allCases.map(\.rawValue)
        guard case .name(let name, let at) = arguments[1] else {
            throw QuantError(
                .type, "the second argument of group_neutralize is one of \(names.joined(separator: ", "))",
                position: arguments[1].position)
        }
        guard let grouping = Grouping(rawValue: name) else { throw Self.unknown(name, "grouping", names, at) }
        let input = try number(arguments[0])
        let slot = try emit(
            "group_neutralize " + name, FunctionArguments(values: [], minPeriods: nil), input.slots, 1, cost: 16,
            position
        ) { .crossSection(.neutralize(grouping)) }
        return Value([slot], lookBack: input.lookBack, position: position)
    }

    // MARK: Nodes

    private mutating func stage(
        _ name: String, _ stage: Stage, _ inputs: [Value], _ position: Int,
        _ arguments: FunctionArguments = FunctionArguments(values: [], minPeriods: nil)
    ) throws(QuantError) -> Value {
        if let number = folded(stage, inputs) {
            return Value([try constant(number, position)], lookBack: 0, position: position)
        }
        let cost = CallArguments.cost(name, stage, arguments)
        let slot = try emit(name, arguments, inputs.flatMap(\.slots), stage.outputWidth, cost: cost, position) {
            .stage(stage)
        }
        let before = Self.lookBack(name, inputs.map(\.lookBack))
        let width = stage.outputWidth
        var value = Value(
            Array(slot..<slot + width), names: [String](repeating: "", count: width), lookBack: before,
            position: position)
        value.lookBacks = stage.lookBacks.map { before + $0 }
        return value
    }

    /// The value of an operation on single numbers that are all constants.
    private func folded(_ stage: Stage, _ inputs: [Value]) -> Double? {
        let numbers = inputs.compactMap { constants[$0.slots[0]] }
        guard numbers.count == inputs.count, stage.isElementwise, let first = numbers.first else { return nil }
        return withUnsafeTemporaryAllocation(of: Double.self, capacity: 4 + stage.memoryCount + 1) { memory in
            let base = memory.baseAddress.unsafelyUnwrapped
            memory.initialize(repeating: first)
            for (index, number) in numbers.enumerated() { base[index] = number }
            stage.start(base + 4)
            stage.step(base + 4, Sources(base, base + 1, base + 2), Sinks(base + 3))
            return base[3]
        }
    }

    /// Leading rows in which a node is null for certain: one false side settles `and`, a choice reads one branch.
    private static func lookBack(_ name: String, _ inputs: [Int]) -> Int {
        switch name {
        case "and", "or", "coalesce": min(inputs[0], inputs[1])
        case "where": max(inputs[0], min(inputs[1], inputs[2]))
        default: inputs.max() ?? 0
        }
    }

    private mutating func emit(
        _ name: String, _ arguments: FunctionArguments, _ inputs: [Int], _ width: Int, cost: Int, _ position: Int,
        _ work: () -> Program.Work
    ) throws(QuantError) -> Int {
        let key = Program.Key(name, arguments, inputs)
        if let slot = known[key] { return slot }
        program.cost += cost
        guard program.cost <= limits.cost else {
            throw QuantError(
                .limit, "costs \(program.cost) a bar, more than \(limits.cost)", position: position,
                cost: program.cost)
        }
        let slot = program.slotCount
        program.nodes.append(
            Program.Node(key: key, work: work(), inputs: inputs, slot: slot, width: width, cost: cost))
        program.slotCount += width
        known[key] = slot
        return slot
    }
}
