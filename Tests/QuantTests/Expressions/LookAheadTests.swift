import Quant
import TestKit
import Testing

/// No expression reads a bar that is still to come.
@Suite struct LookAheadTests {
    private static func call(_ function: FunctionDefinition, _ values: [Double]) -> String {
        let series = ["close", "open", "volume"]
        var arguments = (0..<function.seriesCount).map { series[$0 % series.count] }
        if function.name == "where" || function.name == "ts_count" { arguments[0] = "close > open" }
        if function.inputs.last == "grouping" { arguments.append("sector") }
        return "\(function.name)(\((arguments + values.map { "\($0)" }).joined(separator: ",")))"
            + (function.outputs.count > 1 ? "." + function.outputs[0] : "")
    }

    /// Parameters that count bars, at −1: none compiles, and 0 only where it means the bar itself.
    @Test func negativeWindowsDoNotCompile() throws {
        var tried = 0
        for function in FunctionCatalog.all {
            for (index, parameter) in function.parameters.enumerated() where parameter.kind != .real {
                var values = function.parameters.map { $0.defaultValue ?? $0.min }
                _ = try Expression.parse(Self.call(function, values))
                values[index] = -1
                let text = Self.call(function, values)
                if parameter.min > -1 {
                    #expect(throws: QuantError.self, "\(text)") { try Expression.parse(text) }
                    tried += 1
                }
                values[index] = 0
                let zero = Self.call(function, values)
                guard parameter.min > 0 else { continue }
                #expect(throws: QuantError.self, "\(zero)") { try Expression.parse(zero) }
            }
        }
        #expect(tried > 80)
        for name in ["ts_mean", "ts_rank", "delay", "delta", "ts_corr"] {
            let function = try #require(FunctionCatalog.all.first { $0.name == name })
            #expect(throws: QuantError.self) { try Expression.parse(Self.call(function, [-0.5])) }
        }
        for text in ["adv(-1)", "adv(0)", "ts_mean(close,5,min_periods=-1)", "ts_mean(close,5,min_periods=0)"] {
            #expect(throws: QuantError.self, "\(text)") { try Expression.parse(text) }
        }
    }

    /// Every function of the catalogue over bars whose end is then changed: no earlier value moves by a bit.
    @Test func laterBarsChangeNothingEarlier() throws {
        var random = SeededGenerator(seed: 31)
        let rows = 160, cut = 120
        func walk() -> [Double] {
            var price = 100.0
            return (0..<rows).map { _ in
                price *= Double.random(in: 0.97...1.03, using: &random)
                return price
            }
        }
        func panel(_ changes: Bool, _ closes: [[Double]]) throws -> Panel {
            Panel(
                try closes.enumerated().map { index, close in
                    var close = close
                    if changes { for row in cut..<rows { close[row] *= 1 + Double((row * 7 + index) % 5) } }
                    return ("S\(index)", try Bars(
                        ts: (0..<rows).map(Int64.init), open: close.map { $0 * 0.99 }, high: close.map { $0 * 1.02 },
                        low: close.map { $0 * 0.98 }, close: close, volume: close.map { ($0 * 13).rounded() }))
                },
                groups: [.sector: ["S0": "a", "S1": "a", "S2": "b"]])
        }
        let closes = [walk(), walk(), walk()]
        let functions = FunctionCatalog.all
        let set = ExpressionSet(
            try functions.map { function in
                try Expression.parse(
                    Self.call(function, function.parameters.map { $0.defaultValue ?? max($0.min, min($0.max, 5)) }))
            })
        let before = set.evaluate(try panel(false, closes)), after = set.evaluate(try panel(true, closes))
        for (output, function) in functions.enumerated() {
            for instrument in closes.indices {
                let pairs = zip(
                    before.values(output, instrument: instrument), after.values(output, instrument: instrument))
                #expect(pairs.prefix(cut).allSatisfy { sameBits($0, $1) }, "\(function.name)")
            }
        }
    }

    /// Bombs are refused with their cost before anything is computed.
    @Test func bombsAreRefusedWithTheirCost() {
        var sum = "close"
        for index in 1...400 { sum += "+ts_rank(close,\(1000 + index))" }
        let product = (0..<9).reduce("close") { text, _ in "(\(text))*(\(text))" }
        for text in [sum, "ts_sum(" + product + ",3)", String(repeating: "abs(", count: 70) + "1"] {
            do throws(QuantError) {
                _ = try Expression.parse(text)
                Issue.record("taken: \(text.prefix(40))")
            } catch {
                #expect(error.code == .limit && error.cost != nil, "\(error)")
            }
        }
    }
}
