import EngineKit
@testable import Factors
import Market
import Quant
import Runtime
import Security
import Testing

@Suite struct CatalogueTests {
    init() { EventLoop.runInBackground() }

    private let catalogue = FactorCatalogue.standard

    @Test func thereAreAsManyAsPromised() {
        #expect(catalogue.count > 380_000)
        #expect(catalogue.count(of: .provider(.tradingEconomics)) >= 300_000)
        #expect(catalogue.count(of: .provider(.dbnomics)) >= 80_000)
        for (source, least) in [(FactorSource.alphaVantage, 15), (.fred, 32), (.edgar, 25), (.dataGov, 50),
                                (.yahooFinance, 20)] {
            #expect(SeriesSelection(.provider(source)).count >= least)
            #expect(catalogue.count(of: .provider(source)) > least)
        }
        let lists = RuleBook.builtIn.lists
        #expect(lists["countries"]?.count == 196 && lists["publishers"]?.count ?? 0 >= 80)
        for sources in 2...4 {
            #expect(catalogue.rules.contains { Set($0.series.map(\.origin)).count == sources })
        }
    }

    /// Every number has an id of its own, and every id leads back to its number.
    @Test func idsAreUniqueAndFound() {
        var seen: Set<String> = []
        seen.reserveCapacity(catalogue.count)
        var wrong = 0
        for number in 0..<catalogue.count {
            let id = catalogue[number].id
            if !seen.insert(id).inserted || catalogue.number(id) != number { wrong += 1 }
        }
        #expect(wrong == 0 && seen.count == catalogue.count)
    }

    /// Every id, formula, category and source, in order: what the rules of the file make is what is pinned here.
    @Test func theWholeCatalogueIsWhatItWas() {
        var bytes: [UInt8] = []
        for number in 0..<catalogue.count {
            let factor = catalogue[number]
            for text in [factor.id, factor.expression, factor.category, factor.source] + factor.sources {
                bytes += text.utf8
                bytes.append(10)
            }
        }
        #expect(catalogue.count == 616_035)
        #expect(hexadecimal(Digest.sha256(bytes)) == "0ee56e93501c4b62f0f183ede7cfbdc502f79f8ed166b5eb61c626c36c294067")
    }

    /// Ids that callers may have written down: none of these may ever change its meaning.
    @Test func idsSayWhatTheyAre() throws {
        for (id, expression) in [
            ("zscore.63.raw@trading_economics.de.inflation", "ts_zscore(trading_economics.de.inflation,63)"),
            ("growth.21.rank@bars.close", "rank(close/delay(close,21)-1)"),
            ("corr.252.raw@edgar.revenues~fred.dgs10", "ts_corr(edgar.revenues,fred.dgs10,252)"),
            ("level.0.raw@dbnomics.imf.credit", "dbnomics.imf.credit"),
        ] {
            #expect(catalogue[try #require(catalogue.number(id))].expression == expression)
        }
        for id in ["", "@", "zscore.63.raw@", "zscore.64.raw@bars.close", "zscore.63.raw@bars.close~bars.close",
                   "zscore.63.raw@bars", "zscore.63.raw@bars.close.close", "alpha101.999", "a@b~c~d~e~f~g"] {
            #expect(catalogue.number(id) == nil)
        }
        #expect(catalogue.nearest("zscor.63.raw@bar.clse") == "zscore.63.raw@bars.close")
        #expect(catalogue.nearest("alpha101.999") != nil && catalogue.nearest("x@y") == nil)
    }

    /// Every factor over bars is an expression of the language with the same values, but for rounding.
    @Test func factorsOverBarsAreTheirExpressions() throws {
        let series = try (1...3).map { seed -> (symbol: String, bars: Bars) in
            let walk = BarColumns.walk(320, seed: UInt64(seed))
            return ("S\(seed)", try Bars(ts: walk.times, open: walk.open, high: walk.high, low: walk.low,
                                         close: walk.close, volume: walk.volume))
        }
        let panel = Panel(series), data = CatalogueData(panel, upTo: panel.ts.count - 1, lookBack: 260)
        var compared = 0
        for rule in catalogue.rules.indices where catalogue.rules[rule].series.allSatisfy({ $0.origin == .bars }) {
            for number in catalogue.numbers(of: rule) where number % 5 == 0 {
                let factor = catalogue[number], expected = try Expression.parse(factor.expression).evaluate(panel)
                let found = data.values(catalogue, number..<number + 1)[0]
                let newest = expected.map { $0[panel.ts.count - 1] }
                let scale = newest.reduce(1e-9) { $1.isNaN ? $0 : max($0, abs($1)) }
                #expect(zip(found, newest).allSatisfy { abs($0 - $1) <= 1e-9 * scale || $0.isNaN && $1.isNaN },
                        "\(factor.id): \(found), not \(newest)")
                compared += found.count { $0 == $0 }
            }
        }
        #expect(compared > 500)
    }

    @Test func generatedSeriesComputeEverything() async {
        let store = SyntheticCatalogue(instruments: 3, rows: 300, seed: 5)
        #expect(store.computable == store.catalogued && store.computable >= 380_000)
        let first = await store.run(), again = await store.run()
        #expect(first.count == store.catalogued * 3)
        #expect(first.map(\.bitPattern) == again.map(\.bitPattern))
        #expect(Double(first.count(where: \.isNaN)) < 0.01 * Double(first.count))
    }

    @Test func computableIsWhatIsStored() {
        let all = catalogue.computable([.bars]) { _ in true }
        #expect(all == catalogue.rules[0].count + catalogue.rules[1].count)
        let closes = StoredColumns.Found(symbols: 1, symbolsWithFacts: 0, profiles: [[.close]])
        let some = catalogue.computable([.bars]) { closes.has($0) }
        // close, and returns made of it.
        #expect(some == 2 * catalogue.rules[0].variants.count)
    }
}
