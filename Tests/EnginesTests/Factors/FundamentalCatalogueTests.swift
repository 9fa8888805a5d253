import EngineKit
@testable import Factors
import HTTP
import Market
import Quant
import Runtime
import Telemetry
import Testing
import Wire

/// Factors of the catalogue over stored facts: how many there are, what they are worth, and from when on.
@Suite struct FundamentalCatalogueTests {
    init() { EventLoop.runInBackground() }

    private static func day(_ number: Int) -> String {
        Timestamp(nanoseconds: Int64(18_262 + number) * 86_400_000_000_000).iso8601
    }

    @LoopActor private static func put(
        _ fixture: EngineFixture, _ symbol: String, filed: Int, _ facts: [(concept: String, value: Double)]
    ) async throws {
        let rows = facts.map { fact in
            #"{"symbol":"\#(symbol)","concept":"\#(fact.concept)","period_end":"\#(day(10))","#
                + #""filed_at":"\#(day(filed))","value":\#(fact.value)}"#
        }
        _ = try await fixture.json(.marketdata, .post, "/market-data/facts", #"{"facts":[\#(rows.joined(separator: ","))]}"#)
    }

    /// Three instruments with 150 days; of two of them facts are filed on day 40, one income again on day 80.
    @LoopActor private static func filled() async throws -> EngineFixture {
        let fixture = try await EngineFixture.make([FactorEngine.self])
        for (seed, symbol) in ["AAPL", "GOOG", "KO"].enumerated() {
            try await fixture.store(.walk(150, seed: UInt64(seed + 1)), symbol)
        }
        for symbol in ["AAPL", "GOOG"] {
            try await put(fixture, symbol, filed: 40, [("shares_outstanding", 8), ("net_income", 16), ("assets", 64)])
        }
        try await put(fixture, "AAPL", filed: 80, [("net_income", 4)])
        await fixture.settle()
        return fixture
    }

    @Test func everyFigureIsInOneSelection() {
        let lists = RuleBook.builtIn.lists, parts = ["valuation", "growth", "quality", "solvency", "size"]
        #expect(parts.flatMap { lists[$0] ?? [] }.sorted() == SeriesOrigin.factColumns.sorted())
        #expect(lists["key_facts"]?.count == 8 && Set(lists["key_facts"] ?? []).isSubset(of: SeriesOrigin.factColumns))
    }

    /// Facts stand alone, in pairs, triples and fours, with bars and with providers.
    @Test func factsAreJoinedWithEverything() {
        let rules = FactorCatalogue.standard.rules.filter { $0.series.contains { $0.origin == .facts } }
        for series in 1...4 { #expect(rules.contains { $0.series.count == series }) }
        for sources in 1...4 { #expect(rules.contains { Set($0.series.map(\.origin)).count == sources }) }
        let computable = rules.filter { $0.series.allSatisfy(\.origin.isStored) }
        for series in 1...4 { #expect(computable.contains { $0.series.count == series }) }
    }

    /// Counted by hand from the rules, for one set of columns.
    @Test func computableIsWhatFactsGive() {
        let bars: Set<Column> = [.open, .high, .low, .close, .volume, .vwap]
        let catalogue = FactorCatalogue.standard
        func count(_ profiles: Set<Set<Column>>) -> Int {
            let found = StoredColumns.Found(symbols: 1, symbolsWithFacts: 1, profiles: profiles)
            return catalogue.computable(SeriesOrigin.stored) { found.has($0) }
        }
        let alone = count([bars])
        // One figure: 16 formulas with their windows, 4 transforms; with 3 series of bars 10 formulas, 4 transforms.
        #expect(count([bars.union([.earningsYield])]) == alone + 16 * 4 + 3 * 10 * 4)
        // A valuation and a quality of one company: 12 formulas of both, and 4 of both with 3 series of bars, ranked.
        #expect(count([bars.union([.earningsYield, .returnOnAssets])])
            == alone + 2 * (16 * 4 + 3 * 10 * 4) + 12 * 4 + 3 * 4 * 2)
        // Of two companies one figure each: there is no company to join them for.
        #expect(count([bars.union([.earningsYield]), bars.union([.returnOnAssets])])
            == alone + 2 * (16 * 4 + 3 * 10 * 4))
        // A company without bars of every column: figures alone, and with closes and returns.
        #expect(count([[.close, .earningsYield]]) == count([[.close]]) + 16 * 4 + 2 * 10 * 4)
    }

    @Test @LoopActor func storedFactsAreCountedAndOthersSaidToBeMissing() async throws {
        let fixture = try await EngineFixture.make([FactorEngine.self])
        try await fixture.store(.walk(60), "GOOG")
        await fixture.settle()
        func sources() async throws -> JSONTree {
            try await fixture.json(.factor, .get, "/api/v1/factor-engine/sources")
        }
        func status() async throws -> JSONTree {
            try await fixture.json(.factor, .get, "/api/v1/factor-engine/status")
        }
        let before = try await status()
        #expect(before["symbols_with_facts"]?.int == 0)
        #expect(try await sources()["facts"]?["computable"]?.int == 0)
        func item(_ id: String, _ source: String = "facts") async throws -> JSONTree {
            let page = try await fixture.json(.factor, .get, "/factors/catalog", query: "q=\(id)&source=\(source)&limit=1")
            #expect(page["items"]?[0]?["id"]?.text == id)
            return try #require(page["items"]?[0])
        }
        let none = try await item("level.0.raw@facts.pe_ratio")
        #expect(none["computable"] == .bool(false))
        #expect(none["reason"]?.text == "no facts of a symbol with daily bars are stored")
        let away = try await item("corr.63.raw@facts.pe_ratio~fred.dgs10")
        #expect(away["reason"]?.text == "no series of fred are stored")

        // Facts of a symbol without bars compute nothing.
        try await Self.put(fixture, "IBM", filed: 20, [("shares_outstanding", 8), ("net_income", 16)])
        await fixture.settle()
        #expect(try await status()["computable"] == before["computable"])
        // Market value, price to earnings, earnings yield, return on assets.
        try await Self.put(fixture, "GOOG", filed: 20, [("shares_outstanding", 8), ("net_income", 16), ("assets", 64)])
        await fixture.settle()
        let added = 4 * 16 * 4 + 4 * 3 * 10 * 4 + 2 * 12 * 4 + 2 * 3 * 4 * 2, after = try await status()
        #expect(after["computable"]?.int == (before["computable"]?.int ?? 0) + added)
        #expect(after["symbols_with_facts"]?.int == 1)
        #expect(try await sources()["facts"]?["computable"]?.int == added)
        #expect(try await item("level.0.raw@facts.pe_ratio")["computable"] == .bool(true))
        let growth = try await item("level.0.raw@facts.revenue_growth")
        #expect(growth["reason"]?.text == "no stored facts of a symbol give revenue_growth")
        let group = try await item("alpha101.048", "alpha101")
        #expect(group["reason"]?.text?.contains("subindustry") == true)
        let job = try await fixture.json(.factor, .post, "/factors/batch",
                                         #"{"universe":"stored","catalog_filter":{"source":"facts"}}"#, status: 202)
        #expect(job["factors"]?.int == added)
        await fixture.stop()
    }

    /// It takes nothing from the bus, so that nobody tells it of new bars and facts.
    @Test @LoopActor func anInstanceThatOnlyCalculatesLooksEachTime() async throws {
        let fixture = try await EngineFixture.make([FactorEngine.self])
        let own = try #require(fixture.hosts[.factor]).context
        let stored = StoredColumns(EngineContext(
            name: .factor, configuration: try Configuration(environment: ["NAUTILUS_ROLE": "calculate"]),
            clock: own.clock, identifiers: own.identifiers, logger: own.logger, registry: MetricsRegistry(),
            bus: own.bus, records: own.records, peers: own.peers, digest: own.digest))
        #expect(try await stored.found().symbols == 0)
        try await fixture.store(.walk(20), "KO")
        #expect(try await stored.found().symbolsWithFacts == 0)
        try await Self.put(fixture, "KO", filed: 15, [("shares_outstanding", 8)])
        let found = try await stored.found()
        #expect(found.symbolsWithFacts == 1 && found.has([.marketValue, .close]))
        await fixture.stop()
    }

    /// By hand, from the day of filing and not before; restated from the day of that.
    @Test @LoopActor func valuesAreThoseOfTheDefinition() async throws {
        let fixture = try await Self.filled(), bars = BarColumns.walk(150, seed: 1)
        let names = ["level.0.raw@facts.pe_ratio", "delta.21.raw@facts.pe_ratio", "level.0.rank@facts.return_on_assets",
                     "quotient.0.raw@facts.pe_ratio~facts.return_on_assets", "blend.63.raw@facts.earnings_yield~bars.close"]
        let list = names.map { "\"\($0)\"" }.joined(separator: ",")
        let answer = try await fixture.json(.factor, .post, "/factors/calculate",
                                            #"{"symbols":["AAPL","GOOG","KO"],"factors":[\#(list)]}"#)
        func column(_ name: String, _ symbol: Int) -> [Double] {
            (answer["values"]?[name]?.elements ?? []).map { $0[symbol]?.double ?? .nan }
        }
        func expect(_ found: [Double], _ value: (Int) -> Double, location: SourceLocation = #_sourceLocation) {
            #expect(found.count == 150, sourceLocation: location)
            let wrong = found.indices.first { row in
                let expected = value(row)
                return expected.isNaN != found[row].isNaN || abs(found[row] - expected) > 1e-9 * max(1, abs(expected))
            }
            #expect(wrong == nil, sourceLocation: location)
        }
        func income(_ row: Int) -> Double { row < 40 ? .nan : row < 80 ? 16 : 4 }
        func ratio(_ row: Int) -> Double { bars.close[row] * 8 / income(row) }
        expect(column(names[0], 0), ratio)
        expect(column(names[1], 0)) { $0 < 61 ? .nan : ratio($0) - ratio($0 - 21) }
        // GOOG's return on assets is a quarter throughout; of KO nothing is known.
        expect(column(names[2], 0)) { $0 < 40 ? .nan : $0 < 80 ? 0.75 : 0.5 }
        expect(column(names[2], 1)) { $0 < 40 ? .nan : $0 < 80 ? 0.75 : 1 }
        for name in names.prefix(4) { expect(column(name, 2)) { _ in .nan } }
        expect(column(names[3], 0)) { ratio($0) / (income($0) / 64) }
        func zscore(_ values: [Double]) -> Double {
            let mean = values.reduce(0, +) / 63, squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
            return (values[62] - mean) / (squares / 62).squareRoot()
        }
        expect(column(names[4], 0)) { row in
            guard row >= 102 else { return .nan }
            let rows = (row - 62)...row
            return (zscore(rows.map { 1 / ratio($0) }) + zscore(rows.map { bars.close[$0] })) / 2
        }
        #expect(answer["warnings"]?.elements.compactMap(\.text).contains {
            $0.hasPrefix("pe_ratio is null for KO: no facts")
        } == true)
        await fixture.stop()
    }

    /// A job sees what was filed at its date; what is filed later changes its data version and not an earlier value.
    @Test @LoopActor func jobsKnowWhatWasFiled() async throws {
        let fixture = try await Self.filled(), bars = BarColumns.walk(150, seed: 1)
        func run(_ day: Int) async throws -> (job: JSONTree, values: [String: JSONTree]) {
            let started = try await fixture.json(.factor, .post, "/factors/batch", """
                {"symbols":["AAPL","KO"],"catalog_filter":{"source":"facts"},"as_of":"\(Self.day(day))"}
                """, status: 202)
            let path = "/factors/jobs/" + (try #require(started["job_id"]?.text))
            try await fixture.until("the job is done") {
                try await fixture.json(.factor, .get, path)["state"]?.text == "finished"
            }
            let page = try await fixture.json(.factor, .get, path + "/values", query: "limit=1000")
            var values: [String: JSONTree] = [:]
            for item in page["items"]?.elements ?? [] { values[item["factor"]?.text ?? ""] = item["values"] }
            return (try await fixture.json(.factor, .get, path), values)
        }
        let ratio = "level.0.raw@facts.pe_ratio"
        let early = try await run(39), first = try await run(79), second = try await run(80), late = try await run(145)
        #expect(early.job["empty"] == early.job["factors"] && early.values[ratio] == .array([.null, .null]))
        #expect(first.values[ratio] == .array([.number(bars.close[79] * 8 / 16), .null]))
        #expect(second.values[ratio] == .array([.number(bars.close[80] * 8 / 4), .null]))
        #expect(first.job["errors"]?.int == 0 && first.job["data_version"] != second.job["data_version"])
        // Every computed value is that of calculate.
        let names = late.values.keys.sorted().filter { late.values[$0]?[0] != .null }
        #expect(names.count > 200)
        let list = names.map { "\"\($0)\"" }.joined(separator: ",")
        let whole = try await fixture.json(.factor, .post, "/factors/calculate", """
            {"symbols":["AAPL","KO"],"factors":[\(list)],"as_of":"\(Self.day(145))"}
            """)
        for name in names {
            let expected = whole["values"]?[name]?[0]?[0]?.double ?? .nan, found = late.values[name]?[0]?.double ?? .nan
            #expect(abs(found - expected) <= 1e-9 * max(1, abs(expected)), "\(name): \(found), not \(expected)")
        }
        try await Self.put(fixture, "AAPL", filed: 120, [("net_income", 1)])
        await fixture.settle()
        #expect(try await run(80).values == second.values)
        await fixture.stop()
    }

    @Test @LoopActor func statisticsAndCorrelationsReadFacts() async throws {
        let fixture = try await EngineFixture.make([FactorEngine.self])
        for (place, symbol) in ["A", "B", "C", "D"].enumerated() {
            try await fixture.store(.walk(80, seed: UInt64(place + 1)), symbol)
            try await Self.put(fixture, symbol, filed: 30, [("shares_outstanding", 8), ("net_income", Double(4 + place))])
        }
        await fixture.settle()
        let figures = try await fixture.json(.factor, .post, "/factors/statistics", """
            {"universe":"stored","factors":["earnings_yield","level.0.rank@facts.pe_ratio"],"horizons":[1],"quantiles":2}
            """)
        // Known from the 31st of 80 days, the last of which has no return.
        #expect(figures["items"]?.elements.map { $0["dates"]?.int } == [49, 49])
        #expect(figures["items"]?[0]?["observations"]?.int == 4 * 49)
        let pairs = try await fixture.json(.factor, .post, "/factors/correlation", """
            {"universe":"stored","factors":["earnings_yield","-1*earnings_yield","close"],"top":1}
            """)
        #expect(pairs["pairs"]?[0]?["observations"]?.int == 4 * 50)
        #expect(abs((pairs["pairs"]?[0]?["correlation"]?.double ?? 0) + 1) < 1e-12)
        await fixture.stop()
    }
}
