/// The technical indicators, in alphabetical order of their names.
///
/// TA-Lib's functions bear TA-Lib's names in lower case, its parameters, defaults and look-backs. Not here under those
/// names: `max min` and `sqrt exp` (the language's own functions on numbers; `ts_max ts_min ts_argmax ts_argmin` are
/// over a window, as is `minmax`), `add sub mult div` (its operators), `maxindex minindex minmaxindex` (row numbers,
/// which a stream does not have) and `mavp` (a period a bar).
public enum IndicatorCatalog {
    /// Every indicator.
    public static let all: [FunctionDefinition] =
        (overlap + channels + momentum + oscillators + directional + cycles + prices + volatility + volume + liquidity
            + statistics + patterns)
        .sorted { $0.name < $1.name }

    /// The definition of a name.
    public static func definition(_ name: String) -> FunctionDefinition? { FunctionCatalog.byName[name] }

    static func period(_ value: Double, from low: Double = 1, _ name: String = "timeperiod") -> FunctionParameter {
        FunctionParameter(name, value, low...TALib.largestPeriod)
    }

    static func average(_ name: String = "matype", _ value: Double = 0) -> FunctionParameter {
        FunctionParameter(name, value, 0...8, .averageKind)
    }

    static func real(
        _ name: String, _ value: Double, _ range: ClosedRange<Double> = -3e37...3e37
    ) -> FunctionParameter {
        FunctionParameter(name, value, range, .real)
    }

    static func indicator(
        _ name: String, _ category: String, _ inputs: [String], _ parameters: [FunctionParameter],
        _ reference: String, outputs: [String]? = nil, stability: Stability = .exact,
        _ make: @escaping @Sendable (FunctionArguments) -> Stage
    ) -> FunctionDefinition {
        FunctionDefinition(
            name: name, category: category, inputs: inputs, parameters: parameters, outputs: outputs ?? [name],
            reference: reference, ownStability: stability, takesMinPeriods: false, operation: .stage(make))
    }

    static let series = [FunctionDefinition.series]
    static let pair = [FunctionDefinition.series, FunctionDefinition.series]
    static let range = ["high", "low"]
    static let bar = ["high", "low", "close"]
    static let fullBar = ["open", "high", "low", "close"]
    static let barVolume = ["high", "low", "close", "volume"]
}
