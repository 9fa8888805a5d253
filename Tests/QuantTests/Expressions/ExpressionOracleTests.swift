import Quant
import Testing

@Suite struct ExpressionOracleTests {
    private static func bars(_ columns: [String: [Double]]) throws -> Bars {
        let close = try #require(columns["close"])
        return try Bars(
            ts: close.indices.map(Int64.init), open: columns["open"] ?? [], high: columns["high"] ?? [],
            low: columns["low"] ?? [], close: close, volume: columns["volume"] ?? [])
    }

    @Test func functionsEqualPandas() throws {
        let fixture = try Fixture("expressions")
        let bars = try Self.bars(fixture.columns("bars"))
        for (text, expected) in try fixture.columns("columns") {
            let difference = firstDifference(try Expression.parse(text).evaluate(bars), expected)
            #expect(difference == nil, "\(text): \(String(describing: difference))")
        }
    }
}
