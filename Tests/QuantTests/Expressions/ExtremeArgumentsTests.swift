@testable import Quant
import Testing

/// Whatever number a caller writes for a parameter, and however few or strange the bars: a function answers or throws.
@Suite struct ExtremeArgumentsTests {
    private static func extremes(_ parameter: FunctionParameter) -> [Double] {
        [parameter.min, parameter.max, 0, -1, 0.5, 1.5, 2, 9.3e18, 1e19, -1e19, 3e37, -3e37, 1e300, 1e-300]
    }

    private static func text(_ value: Double) -> String { value < 0 ? "-\(-value)" : "\(value)" }

    /// A call with one parameter at each extreme and the others as usual, and all of them at it.
    private static func calls(_ function: FunctionDefinition) -> [String] {
        let series = function.inputs.filter { $0 == FunctionDefinition.series }.enumerated().map { index, _ in
            function.name == "where" || function.name == "ts_count" ? (index == 0 ? "close>open" : "close")
                : ["close", "open", "volume"][index]
        }
        let usual = function.parameters.map { $0.defaultValue ?? max(2, $0.min) }
        func call(_ values: [Double]) -> String {
            "\(function.name)(\((series + values.map(text)).joined(separator: ",")))"
        }
        var made = [call(usual)]
        for (index, parameter) in function.parameters.enumerated() {
            for value in extremes(parameter) {
                var values = usual
                values[index] = value
                made.append(call(values))
                made.append(call(usual.map { _ in value }))
            }
        }
        if function.takesMinPeriods {
            let inside = (series + ["5"]).joined(separator: ",")
            made += [0, -1, 1e19, 3e37].map { "\(function.name)(\(inside),min_periods=\(text($0)))" }
        }
        return made
    }

    /// None, one, a hundred of a random walk, and a hundred as large and as small as numbers go.
    private static func bars() throws -> [Bars] {
        let sizes = [1e300, 1e-300, 1.7e308, 1e150, .leastNonzeroMagnitude, 1]
        let column = (0..<100).map { sizes[($0 * $0 + $0 / 7) % sizes.count] }
        return [
            try Bars(ts: [], close: []), try SyntheticBars.walk(seed: 3, count: 1),
            try SyntheticBars.walk(seed: 5, count: 100),
            try Bars(ts: (0..<100).map { Int64($0) }, open: column.reversed(), high: column, low: column,
                     close: column, volume: column),
        ]
    }

    @Test(arguments: FunctionCatalog.all.filter { $0.category != "fundamental" }.map(\.name))
    func everyFunctionAnswersOrThrows(_ name: String) throws {
        let function = try #require(FunctionCatalog.byName[name]), bars = try Self.bars()
        var answered = 0
        for text in Self.calls(function) {
            guard function.isStreamed else {
                guard let expression = try? Expression.parse(text) else { continue }
                for one in bars { #expect(expression.evaluate(Panel([("A", one), ("B", one)])).count == 2) }
                answered += 1
                continue
            }
            guard let feature = try? Feature.parse(text) else { continue }
            answered += 1
            for one in bars {
                #expect(feature.evaluate(one).allSatisfy { $0.values.count == one.count }, "\(text)")
            }
            var stream = try FeatureStream(feature)
            for row in 0..<bars[3].count { stream.push(BarValues(bars[3], row: row)) }
        }
        #expect(answered > 0 || name == "group_neutralize")
    }

    /// The parameter that comes first is a window in some functions and a factor in others, which no integer need hold.
    @Test func aFactorIsNotCountedAsAWindow() throws {
        for text in ["sar(1e19,0.2)", "sar(3e37,3e37)", "cdl_morningstar(1e19)", "sarext(1e19)"] {
            #expect(try Feature.parse(text).cost < 1000, "\(text)")
        }
    }
}
