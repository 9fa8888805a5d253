/// A parameter of a function: its name, its default and its range.
public struct FunctionParameter: Sendable, Equatable {
    /// Name in the literature.
    public let name: String
    /// Value when left out; nil where it must be given.
    public let defaultValue: Double?
    /// Smallest value allowed.
    public let min: Double
    /// Largest value allowed.
    public let max: Double
    /// Whole numbers only; the windows of `ts_` functions take a fraction and round it down, as the alphas do.
    public let kind: Kind

    /// What numbers a parameter takes.
    public enum Kind: String, Sendable, Equatable {
        /// A whole number; a fraction is refused.
        case integer
        /// A window of bars; a fraction is rounded down.
        case window
        /// Any number in the range.
        case real
        /// TA-Lib's number of a moving average.
        case averageKind
    }

    init(_ name: String, _ defaultValue: Double?, _ range: ClosedRange<Double>, _ kind: Kind = .integer) {
        self.name = name
        self.defaultValue = defaultValue
        min = range.lowerBound
        max = range.upperBound
        self.kind = kind
    }
}

/// How much of a series the newest value of a function remembers.
public enum Stability: String, Sendable, Equatable {
    /// A finite window: the same value whatever came before it.
    case exact
    /// Every bar, less and less: values from two starts come together.
    case converging
    /// Every bar, for good: values from two starts stay apart.
    case startDependent = "start_dependent"
}

/// A function of the feature and expression language.
public struct FunctionDefinition: Sendable {
    /// Name as it is written.
    public let name: String
    /// overlap, momentum, volatility, volume, statistic; time_series; element; cross_section.
    public let category: String
    /// `series` for an argument, or the fixed columns it reads.
    public let inputs: [String]
    /// Parameters in order; trailing ones with a default may be left out.
    public let parameters: [FunctionParameter]
    /// Names of the outputs; one that has a single output bears the function's name.
    public let outputs: [String]
    /// What it is and where it comes from.
    public let reference: String
    /// How it is computed, in the notation of `FunctionFormulas`; nil where `reference` says so already.
    public var formula: String? { FunctionFormulas.byName[name] }
    /// How much of the series it remembers where its averages, if it is given their kinds, are over finite windows.
    var ownStability = Stability.exact

    let takesMinPeriods: Bool
    let operation: Operation

    /// How it is computed.
    enum Operation: Sendable {
        case stage(@Sendable (FunctionArguments) -> Stage)
        case crossSection(@Sendable (FunctionArguments) -> CrossSection)
    }

    /// True where one instrument's bars are enough, so that it can be fed a bar at a time.
    public var isStreamed: Bool { category != "cross_section" && category != "fundamental" }

    /// Series arguments that come before the parameters.
    public var seriesCount: Int { inputs.count { $0 == Self.series } }

    /// Leading nulls of the outputs for these parameters over a series without nulls; those left out take their
    /// default, or their smallest value where there is none. 0 for a cross-sectional function.
    public func lookBack(_ given: [Double] = []) -> Int {
        guard case .stage(let make) = operation else { return 0 }
        let values = parameters.enumerated().map { index, parameter in
            let value = index < given.count ? given[index] : parameter.defaultValue ?? parameter.min
            return min(max(value, parameter.min), parameter.max)
        }
        return make(FunctionArguments(values: values, minPeriods: nil)).lookBack
    }

    /// How much of the series it remembers with these parameters; those left out take their default. A window's
    /// statistic of a recursive average converges.
    public func stability(_ given: [Double] = []) -> Stability {
        let averagesForever = parameters.indices.contains { index in
            let value = index < given.count ? given[index] : parameters[index].defaultValue ?? 0
            return parameters[index].kind == .averageKind && SelectedAverage.recursiveKinds.contains(Int(value))
        }
        return ownStability == .exact && averagesForever ? .converging : ownStability
    }

    static let series = "series"
}

/// Parameters of one call, checked.
struct FunctionArguments: Sendable, Hashable {
    let values: [Double]
    let minPeriods: Int?

    /// Parameter `index` as a whole number; only of one that is not `.real`, whose range no integer need hold.
    func int(_ index: Int) -> Int { Int(values[index]) }
}
