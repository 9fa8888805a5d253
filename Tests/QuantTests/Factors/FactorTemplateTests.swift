@testable import Quant
import Numerics
import Testing

@Suite struct FactorTemplateTests {
    private static func walk(_ rows: Int, _ seed: UInt64) -> [Double] {
        let random = Philox(seed: seed)
        var value = 50.0
        return (0..<rows).map { row in
            value *= 1 + (random.uniforms(UInt64(row)).x - 0.5) * 0.05
            return value
        }
    }

    /// The newest value over the look-back alone is that over the whole history, but for rounding.
    @Test func theLookBackIsAllAValueNeeds() throws {
        let texts = [
            "{a}", "delta({a},{w})", "ts_zscore({a},{w})", "ts_rank({a},{w})", "{a}/ts_mean({a},{w})-1",
            "ts_slope({a},{w})", "ts_stddev({a},{w})", "({a}-ts_min({a},{w}))/(ts_max({a},{w})-ts_min({a},{w}))",
            "ts_resi({a},{w})", "{a}/decay_linear({a},{w})-1", "ts_argmax({a},{w})", "ts_corr({a},{b},{w})",
            "ts_cov({a},delta({b},1),{w})/ts_stddev(delta({b},1),{w})^2",
            "(ts_zscore({a},{w})+ts_zscore({b},{w})+ts_zscore({c},{w})+ts_zscore({d},{w}))/4",
        ]
        var series = (1...4).map { Self.walk(400, UInt64($0)) }
        series[0][200] = .nan
        let bars = try Bars(ts: (0..<400).map(Int64.init), open: series[1], high: series[2], low: series[3],
                            close: series[0])
        for text in texts {
            for window in [5, 21, 63] {
                let template = try FactorTemplate(text, window: window)
                let whole = try Expression.parse(template.expression(["close", "open", "high", "low"])).evaluate(bars)
                for row in [0, 10, 70, 199, 200, 203, 262, 280, 399] {
                    let value = template.value(series, row: row)
                    #expect(abs(value - whole[row]) <= 1e-9 * max(1e-3, abs(whole[row]))
                            || value.isNaN && whole[row].isNaN,
                            "\(text) over \(window) at \(row): \(value), not \(whole[row])")
                }
            }
        }
    }

    @Test func sharedSeriesAreReadOnceAndTransformed() throws {
        let template = try FactorTemplate("{a}*{b}", window: 0)
        let values = template.values([.each([[1, 2], [3, 4], [5, 6]]), .shared([10, 20])], instruments: 3, row: 1)
        #expect(values == [40, 80, 120])
        #expect(FactorTransform.rank.apply(values) == [1.0 / 3, 2.0 / 3, 1])
        #expect(FactorTransform.demean.apply(values) == [-40, 0, 40])
        #expect(FactorTransform.zscore.apply(values) == [-1, 0, 1])
        #expect(FactorTransform.rank.expression("x") == "rank(x)" && FactorTransform.raw.expression("x") == "x")
        #expect(try FactorTemplate("{b}", window: 0).values([.shared([1]), .shared([2])], instruments: 2, row: 0) == [2, 2])
    }

    @Test func badFormulasAreRefused() {
        for text in ["1+2", "rank({a})", "nothing({a})", "{a}+"] {
            #expect(throws: QuantError.self, "\(text)") { try FactorTemplate(text, window: 3) }
        }
    }
}
