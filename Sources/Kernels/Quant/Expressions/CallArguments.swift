/// The arguments of one call, told apart into series and parameters and checked against the definition.
struct CallArguments {
    let series: [Syntax]
    let parameters: FunctionArguments

    static func check(
        _ function: FunctionDefinition, _ arguments: [Syntax], _ minPeriods: Syntax?, _ position: Int
    ) throws(QuantError) -> CallArguments {
        let isVariadic = function.name == "min" || function.name == "max"
        let seriesCount = isVariadic ? max(2, arguments.count) : function.seriesCount
        let required = function.parameters.count { $0.defaultValue == nil }
        let most = seriesCount + function.parameters.count
        guard arguments.count >= seriesCount + required, arguments.count <= most else {
            let least = seriesCount + required
            let wanted = least == most ? "\(least)" : "\(least) to \(most)"
            throw QuantError(
                .arguments, "\(function.name) takes \(wanted) arguments, not \(arguments.count)", position: position)
        }
        let series = Array(arguments.prefix(seriesCount))
        if function.category != "element", let first = series.first, case .number(_, let at) = first {
            throw QuantError(.arguments, "the first argument of \(function.name) is a series", position: at)
        }
        var values: [Double] = []
        for (index, parameter) in function.parameters.enumerated() {
            let given = seriesCount + index
            guard given < arguments.count else {
                values.append(parameter.defaultValue ?? 0)
                continue
            }
            values.append(try value(parameter, arguments[given], function))
        }
        return CallArguments(
            series: series,
            parameters: FunctionArguments(values: values, minPeriods: try count(minPeriods, function, values)))
    }

    private static func literal(_ tree: Syntax, _ name: String) throws(QuantError) -> Double {
        switch tree {
        case .number(let value, _): return value
        case .unary(.negate, .number(let value, _), _): return -value
        default: throw QuantError(.parameter, "\(name) must be a number written out", position: tree.position)
        }
    }

    private static func value(
        _ parameter: FunctionParameter, _ tree: Syntax, _ function: FunctionDefinition
    ) throws(QuantError) -> Double {
        var number = try literal(tree, "\(parameter.name) of \(function.name)")
        if function.name == "delay" || function.name == "delta", number < 0 {
            throw QuantError(
                .lookAhead, "\(function.name) of \(number) bars would look ahead", position: tree.position)
        }
        if parameter.kind == .window { number.round(.down) }
        guard number >= parameter.min, number <= parameter.max else {
            throw QuantError(
                .parameter,
                "\(parameter.name) of \(function.name) must be from \(parameter.min) to \(parameter.max)",
                position: tree.position)
        }
        guard parameter.kind == .real || number == number.rounded(.down) else {
            throw QuantError(
                .parameter, "\(parameter.name) of \(function.name) must be a whole number", position: tree.position)
        }
        return number
    }

    private static func count(
        _ tree: Syntax?, _ function: FunctionDefinition, _ values: [Double]
    ) throws(QuantError) -> Int? {
        guard let tree else { return nil }
        guard function.takesMinPeriods else {
            throw QuantError(.arguments, "\(function.name) takes no min_periods", position: tree.position)
        }
        let number = try literal(tree, "min_periods")
        guard number >= 1, number <= values[0], number == number.rounded(.down) else {
            throw QuantError(
                .parameter, "min_periods must be a whole number from 1 to \(Int(values[0]))", position: tree.position)
        }
        return Int(number)
    }

    private static let scanning: Set<String> = [
        "ts_argmin", "ts_argmax", "ts_rank", "product", "cci",
    ]

    /// Elementary steps a bar, and a sixteenth of the numbers held.
    static func cost(_ name: String, _ stage: Stage, _ arguments: FunctionArguments) -> Int {
        let held = stage.scratchCount / 16
        // The first parameter is a window in these alone; elsewhere it may be a number that no integer holds.
        if name == "ts_quantile" { return held + arguments.int(0) * 8 }
        if arguments.minPeriods != nil || scanning.contains(name) { return held + arguments.int(0) * 2 }
        return held + (stage.scratchCount > 0 ? 4 : 2)
    }
}
