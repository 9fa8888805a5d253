/// A parsed and checked expression over bars: one number, or one condition, per bar and instrument.
///
/// Columns `open high low close volume vwap returns`; numbers; `+ - * / ^`, comparisons, `and or not`, `where(c,a,b)`;
/// every indicator; time-series functions, element functions and cross-sectional ones (`FunctionCatalog`). `^` binds
/// tighter than a minus before it and groups from the right. A null operand gives null, except that `false and null`
/// is false and `true or null` true; a result that is not finite is null. Nothing can look ahead.
public struct Expression: Sendable {
    /// The text as it was given.
    public let text: String
    let program: Program

    /// Parses a text; the error bears the position in bytes and, for a name, the nearest known one.
    public static func parse(_ text: String, limits: ExpressionLimits = .standard) throws(QuantError) -> Expression {
        let tree = try Parser.parse(text, limits: limits)
        return Expression(
            text: text, program: try Compiler.compile(tree, limits: limits, severalOutputs: false))
    }

    /// True where the value is a condition: 1 for true, 0 for false, NaN for null.
    public var isCondition: Bool { program.isCondition }
    /// True where an operator reads across instruments; such an expression cannot be streamed for one.
    public var isCrossSectional: Bool { program.crossesInstruments }
    /// Leading values that are null over bars without nulls.
    public var lookBack: Int { program.outputs[0].lookBack }
    /// Work a bar and instrument, as limits count it.
    public var cost: Int { program.cost }
    /// Groupings that it neutralises by: a panel needs each instrument's group of them.
    public var groupings: Set<Grouping> { program.groupings }
    /// Columns of the bars that it reads.
    public var columns: Set<Column> { program.columns }

    /// Values for each instrument and time of a panel: `[instrument][row]`, NaN for null.
    public func evaluate(_ panel: Panel) -> [[Double]] {
        ExpressionSet([self]).evaluate(panel).values(0)
    }

    /// Values over the bars of one instrument, NaN for null; a cross-sectional operator sees that one alone.
    public func evaluate(_ bars: Bars) -> [Double] {
        PlanRun.columns(Plan(program), bars)[0]
    }
}
