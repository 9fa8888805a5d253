import Quant
import TestKit
import Testing

@Suite struct AlphaOracleTests {
    private static func bars(_ own: [String: [Double]], _ rows: [Int]) throws -> Bars {
        func kept(_ name: String) -> [Double] { rows.map { own[name]?[$0] ?? .nan } }
        return try Bars(
            ts: rows.map(Int64.init), open: kept("open"), high: kept("high"), low: kept("low"),
            close: kept("close"), volume: kept("volume"), vwap: kept("vwap"), cap: kept("cap"))
    }

    /// The fixture's instruments; bars that are not there at all, so that the panel has to find the union of times.
    private static func panel(_ fixture: Fixture) throws -> Panel {
        let columns = try fixture.objects("panel")
        var groups: [Grouping: [String: String]] = [:]
        for (name, members) in try fixture.objects("groups") {
            groups[try #require(Grouping(rawValue: name))] = members.compactMapValues { $0 as? String }
        }
        return Panel(
            try columns.keys.sorted().map { symbol in
                let own = try #require(columns[symbol]).mapValues(Fixture.numbers)
                let close = try #require(own["close"])
                return (symbol, try bars(own, close.indices.filter { !close[$0].isNaN }))
            }, groups: groups)
    }

    @Test func the101AlphasEqualThePaper() throws {
        let fixture = try Fixture("alphas"), panel = try Self.panel(fixture)
        let alphas = AlphaCatalog.all.filter { $0.collection == "alpha101" }
        let expected = try #require(fixture.root["alphas"] as? [String: [Any]])
        #expect(alphas.count == 101 && Set(expected.keys) == Set(alphas.map(\.id)))
        let values = ExpressionSet(try alphas.map { try Expression.parse($0.expression) }).evaluate(panel)
        let shown = values.rows - 3..<values.rows
        var compared = 0
        for (index, alpha) in alphas.enumerated() {
            let wanted = try #require(expected[alpha.id]).map { try #require($0 as? [Any]) }
            for instrument in panel.symbols.indices {
                // A rank that hangs on the last bits is not held against either side.
                let isSure = wanted[instrument].map { !($0 is String) }
                let own = values.values(index, instrument: instrument, rows: shown)
                let difference = firstDifference(
                    zip(own, isSure).map { $1 ? $0 : 0 },
                    zip(Fixture.numbers(wanted[instrument]), isSure).map { $1 ? $0 : 0 }, tolerance: 1e-8)
                compared += isSure.count { $0 }
                #expect(difference == nil, "\(alpha.id) \(instrument): \(String(describing: difference))")
            }
        }
        #expect(compared > 101 * 36 * 9 / 10)
    }

    @Test func qlibsFeaturesEqualPandas() throws {
        let fixture = try Fixture("alphas")
        let own = try #require(try fixture.objects("panel")["A"]).mapValues(Fixture.numbers)
        let rows = try #require(fixture.root["qlib_rows"] as? Int)
        let shown = try #require(fixture.root["qlib_shown"] as? [Int])
        let expected = try fixture.columns("qlib")
        let alphas = AlphaCatalog.all.filter { $0.collection != "alpha101" }
        #expect(alphas.count == 518 && Set(alphas.map(\.id)) == Set(expected.keys))
        let panel = Panel([("A", try Self.bars(own, Array(0..<rows)))])
        let values = ExpressionSet(try alphas.map { try Expression.parse($0.expression) }).evaluate(panel)
        for (index, alpha) in alphas.enumerated() {
            let difference = firstDifference(shown.map { values[index, 0, $0] }, expected[alpha.id] ?? [])
            #expect(difference == nil, "\(alpha.id): \(String(describing: difference))")
        }
    }

    /// Nothing that an alpha answers is made of a later bar, on whatever date the bars change.
    @Test func laterBarsChangeNothingEarlier() throws {
        let panel = try Self.panel(try Fixture("alphas"))
        let set = ExpressionSet(try AlphaCatalog.all.map { try Expression.parse($0.expression) })
        let before = set.evaluate(panel), cut = 262
        let groups = panel.groups.mapValues { numbers in
            Dictionary(uniqueKeysWithValues: zip(panel.symbols, numbers.map { "g\($0)" }))
        }
        var random = SeededGenerator(seed: 4)
        let changed = Panel(
            zip(panel.symbols, panel.bars).map { symbol, bars in
                var bars = bars
                for row in cut..<bars.count {
                    let factor = Double.random(in: 0.2...5, using: &random)
                    for path in [\Bars.open, \.high, \.low, \.close, \.volume] { bars[keyPath: path][row] *= factor }
                    bars.vwap?[row] = .nan
                }
                return (symbol, bars)
            }, groups: groups)
        let after = set.evaluate(changed)
        var differing = 0
        for output in 0..<set.count {
            for instrument in panel.symbols.indices {
                let old = before.values(output, instrument: instrument)
                let new = after.values(output, instrument: instrument)
                #expect(zip(old, new).prefix(cut).allSatisfy { sameBits($0, $1) }, "\(AlphaCatalog.all[output].id)")
                differing += zip(old, new).dropFirst(cut).contains { !sameBits($0, $1) } ? 1 : 0
            }
        }
        #expect(differing > set.count)
    }
}
