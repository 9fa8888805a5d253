/// Every function of the language: the indicators, the time-series functions, those on single numbers and those
/// across instruments.
public enum FunctionCatalog {
    /// Every function, by name.
    public static let all: [FunctionDefinition] =
        (IndicatorCatalog.all + TimeSeriesCatalog.all + elements + crossSections + fundamentals)
        .sorted { $0.name < $1.name }

    static let byName: [String: FunctionDefinition] =
        Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })

    private static let series = FunctionDefinition.series

    private static func element(_ name: String, _ count: Int, _ reference: String, _ stage: Stage)
        -> FunctionDefinition {
        FunctionDefinition(
            name: name, category: "element", inputs: [String](repeating: series, count: count), parameters: [],
            outputs: [name], reference: reference, takesMinPeriods: false, operation: .stage { _ in stage })
    }

    private static let elements: [FunctionDefinition] = [
        element("abs", 1, "|x|.", Stage(Elementwise<Absolute>())),
        element("sign", 1, "1, 0 or −1.", Stage(Elementwise<Sign>())),
        element("log", 1, "Natural logarithm; null below or at 0.", Stage(Elementwise<Logarithm>())),
        element("exp", 1, "e^x.", Stage(Elementwise<Exponential>())),
        element("sqrt", 1, "Square root; null below 0.", Stage(Elementwise<SquareRoot>())),
        element("min", 2, "The smallest of two or more.", Stage(Elementwise2<Smaller>())),
        element("max", 2, "The largest of two or more.", Stage(Elementwise2<Larger>())),
        element("sign_power", 2, "sign(x)·|x|^a.", Stage(Elementwise2<SignPower>())),
        element("coalesce", 2, "The first, or the second where the first is null.", Stage(Elementwise2<Coalesce>())),
        element("where", 3, "The second where the first holds, else the third.", Stage(Choice())),
    ]

    /// The columns made of facts, as functions without arguments.
    private static let fundamentals: [FunctionDefinition] = Fundamentals.definitions.map { column, definition in
        FunctionDefinition(
            name: column.rawValue, category: "fundamental", inputs: [column.rawValue], parameters: [],
            outputs: [column.rawValue], reference: definition, takesMinPeriods: false,
            operation: .stage { _ in Stage(Identity()) })
    }

    private static let crossSections: [FunctionDefinition] = [
        crossSection(.rank, "Rank among the instruments of a date, ties averaged, scaled to (0,1]."),
        crossSection(.zscore, "(x − mean)/deviation across the instruments of a date, ddof 1."),
        FunctionDefinition(
            name: "scale", category: "cross_section", inputs: [series],
            parameters: [FunctionParameter("a", 1, 1e-9...1e9, .real)], outputs: ["scale"],
            reference: "a·x/Σ|x| across the instruments of a date.", takesMinPeriods: false,
            operation: .crossSection { .scale($0.values[0]) }),
        crossSection(.demean, "x − mean across the instruments of a date."),
        FunctionDefinition(
            name: "winsorize", category: "cross_section", inputs: [series],
            parameters: [FunctionParameter("p", 0.05, 0...0.5, .real)], outputs: ["winsorize"],
            reference: "Clipped to the linear quantiles p and 1 − p of a date.", takesMinPeriods: false,
            operation: .crossSection { .winsorize($0.values[0]) }),
        // The compiler reads the second argument, the name of a grouping, and takes it away before the rest is checked.
        FunctionDefinition(
            name: "group_neutralize", category: "cross_section", inputs: [series, "grouping"], parameters: [],
            outputs: ["group_neutralize"],
            reference: "x − the mean of the instrument's sector, industry or subindustry on a date; null without one.",
            takesMinPeriods: false, operation: .crossSection { _ in .neutralize(.sector) }),
    ]

    private static func crossSection(_ operation: CrossSection, _ reference: String) -> FunctionDefinition {
        FunctionDefinition(
            name: operation.name, category: "cross_section", inputs: [series], parameters: [],
            outputs: [operation.name], reference: reference, takesMinPeriods: false,
            operation: .crossSection { _ in operation })
    }
}
