/// Expressions of one request, computed together: what they have in common is computed once.
public struct ExpressionSet: Sendable {
    private let plan: Plan
    /// Number of expressions.
    public let count: Int
    /// Elementary steps a bar and instrument, shared parts counted once.
    public let cost: Int

    /// A set that answers in the order of `expressions`.
    public init(_ expressions: [Expression]) {
        let program = Program.merged(expressions.map(\.program))
        plan = Plan(program)
        count = expressions.count
        cost = program.cost
    }

    /// Values of all over a panel, on the caller's thread.
    public func evaluate(_ panel: Panel) -> PanelValues {
        PlanRun.run(plan, panel.bars, groups: panel.groups, rows: panel.ts.count)
    }

    /// Values of all over a panel, on `threads` threads of the concurrent pool: the same bits whatever their number.
    @concurrent public func evaluate(_ panel: Panel, threads: Int) async -> PanelValues {
        await PlanRun.run(plan, panel.bars, groups: panel.groups, rows: panel.ts.count, threads: threads)
    }
}

/// Features of one request over one instrument's bars: what they have in common is computed once.
public struct FeatureSet: Sendable {
    private let plan: Plan
    private let columns: [(name: String, lookBack: Int, stability: Stability)]

    /// Columns in the order of `features`; a name that two features give is there once.
    public init(_ features: [Feature]) {
        var program = Program.merged(features.map(\.program))
        let names = features.flatMap(\.columnNames)
        var seen: Set<String> = []
        let kept = names.indices.filter { seen.insert(names[$0]).inserted }
        program.outputs = kept.map { program.outputs[$0] }
        let stabilities = features.flatMap { feature in
            [Stability](repeating: feature.stability, count: feature.columnNames.count)
        }
        columns = zip(kept, program.outputs).map { (names[$0], $1.lookBack, stabilities[$0]) }
        plan = Plan(program)
    }

    /// All columns over the bars.
    public func evaluate(_ bars: Bars) -> [FeatureColumn] {
        zip(columns, PlanRun.columns(plan, bars)).map { column, values in
            FeatureColumn(
                name: column.name, lookBack: column.lookBack, stability: column.stability, values: values)
        }
    }
}
