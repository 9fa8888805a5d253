/// A column computed from the bars of one instrument.
public struct FeatureColumn: Sendable, Equatable {
    /// The feature as it was sent, with `.output` added where it has several outputs and none was chosen.
    public let name: String
    /// Leading values that are null.
    public let lookBack: Int
    /// How much of the series a value remembers.
    public let stability: Stability
    /// As many values as bars, NaN for null.
    public let values: [Double]
}

/// A feature string: an indicator such as `sma(close,20)`, `macd(close,12,26,9).signal`, `atr(14)`, or any expression.
/// Series come first, then parameters in TA-Lib's order; trailing ones may be left out.
public struct Feature: Sendable {
    /// The text as it was sent.
    public let text: String
    let program: Program

    /// Parses a feature string; errors bear the position and suggest the nearest name.
    public static func parse(_ text: String, limits: ExpressionLimits = .standard) throws(QuantError) -> Feature {
        let tree = try Parser.parse(text, limits: limits)
        return Feature(text: text, program: try Compiler.compile(tree, limits: limits, severalOutputs: true))
    }

    /// Names of the columns it gives.
    public var columnNames: [String] {
        program.outputs.map { $0.name.isEmpty ? text : "\(text).\($0.name)" }
    }

    /// Leading nulls of each column.
    public var lookBacks: [Int] { program.outputs.map(\.lookBack) }
    /// How much of the series its values remember.
    public var stability: Stability { program.stability }
    /// Leading nulls of its columns.
    public var lookBack: Int { program.outputs.map(\.lookBack).max() ?? 0 }
    /// Work a bar, as limits count it.
    public var cost: Int { program.cost }
    /// Columns of the bars that it reads.
    public var columns: Set<Column> { program.columns }
    /// Groupings that it neutralises by.
    public var groupings: Set<Grouping> { program.groupings }
    /// True where an operator reads across instruments.
    public var isCrossSectional: Bool { program.crossesInstruments }

    /// Its columns over the bars of one instrument.
    public func evaluate(_ bars: Bars) -> [FeatureColumn] {
        FeatureSet([self]).evaluate(bars)
    }
}
