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

    @Test func alphasEqualTheirReference() throws {
        let fixture = try Fixture("alphas")
        let columns = try fixture.objects("panel")
        let symbols = columns.keys.sorted()
        // Bars that are not there at all: the panel has to find the union of the times.
        let panel = Panel(
            try symbols.map { symbol in
                let own = try #require(columns[symbol]).mapValues(Fixture.numbers)
                let close = try #require(own["close"])
                let rows = close.indices.filter { !close[$0].isNaN }
                func kept(_ name: String) -> [Double] { rows.map { own[name]?[$0] ?? .nan } }
                let bars = try Bars(
                    ts: rows.map(Int64.init), open: kept("open"), high: kept("high"), low: kept("low"),
                    close: kept("close"), volume: kept("volume"))
                return (symbol, bars)
            })
        let expected = try fixture.objects("alphas")
        #expect(Set(expected.keys) == Set(AlphaCatalog.all.map(\.id)))
        for alpha in AlphaCatalog.all {
            let values = try Expression.parse(alpha.expression).evaluate(panel)
            for (index, symbol) in symbols.enumerated() {
                let wanted = Fixture.numbers(try #require(expected[alpha.id]?[symbol]))
                let difference = firstDifference(values[index], wanted)
                #expect(difference == nil, "\(alpha.id) \(symbol): \(String(describing: difference))")
            }
        }
    }
}
