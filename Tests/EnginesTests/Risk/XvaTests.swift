import EngineKit
import HTTP
@testable import Risk
import Runtime
import Testing
import TestKit

/// Valuation adjustments by HTTP.
@Suite struct XvaTests {
    init() { EventLoop.runInBackground() }

    private static let market = """
        "market":{"discount":{"rate":0.03},"fx":{"EUR":{"spot":1.1,"volatility":0.1,"carry":{"rate":0.02}}},\
        "equities":{"KO":{"spot":60,"volatility":0.2}},"counterparty":{"hazard_rate":0.02},"own":{"spread":0.01},\
        "borrow_spread":0.01,"lend_spread":0.005,"correlations":[{"a":"rates","b":"KO","value":-0.2}]}
        """

    @Test @LoopActor func aNettingSetIsAdjustedAndTheSameSeedGivesTheSameBits() async throws {
        let fixture = try await EngineFixture.make([RiskEngine.self])
        let body = """
            {"netting_set":{"trades":[
             {"type":"interest_rate_swap","notional":1000000,"fixed_rate":0.03,"pays":"floating","maturity":5},
             {"type":"fx_forward","underlying":"EUR","quantity":-100000,"strike":1.1,"maturity":2},
             {"type":"equity_forward","underlying":"KO","quantity":1000,"strike":60,"maturity":1},
             {"type":"fx_option","underlying":"EUR","quantity":50000,"strike":1.2,"maturity":1.5,"right":"call"},
             {"type":"equity_option","underlying":"KO","quantity":-500,"strike":55,"maturity":1,"right":"put"}]},
             \(Self.market),"simulation":{"paths":2000,"steps":10,"seed":3}}
            """
        let first = try await fixture.json(.risk, .post, "/risk/xva", body)
        let again = try await fixture.json(.risk, .post, "/risk/xva", body)
        #expect(first == again)
        for name in ["cva", "dva", "fva", "kva"] { #expect(first[name]?.double.map { $0 > 0 } == true, "\(name)") }
        let exposure = try #require(first["exposure"])
        for name in ["t", "epe", "ene", "pfe_95"] { #expect(exposure[name]?.elements.count == 11) }
        #expect(exposure["t"]?.elements.last?.double == 5 && exposure["epe"]?.elements.first?.double == max(0, first["value"]?.double ?? .nan))
        let other = try await fixture.json(.risk, .post, "/risk/xva", body.replacing("\"seed\":3", with: "\"seed\":4"))
        #expect(other["cva"] != first["cva"])
        await fixture.stop()
    }

    @Test @LoopActor func whatIsWrongIsNamed() async throws {
        let fixture = try await EngineFixture.make([RiskEngine.self])
        func refused(_ body: String) async throws -> Set<String> {
            Set(try await fixture.json(.risk, .post, "/risk/xva", body, status: 422).pointers)
        }
        #expect(try await refused("{}") == ["/netting_set", "/market"])
        #expect(try await refused("""
            {"netting_set":{"trades":[{"type":"lottery","maturity":1,"quantity":1,"strike":1,"underlying":"EUR"}]},\(Self.market)}
            """).contains("/netting_set/trades/0/type"))
        let bare = #"{"netting_set":{"trades":[{"type":"interest_rate_swap","maturity":1}]},"market":{}}"#
        #expect(try await refused(bare) == [
            "/netting_set/trades/0/notional", "/netting_set/trades/0/fixed_rate", "/netting_set/trades/0/pays",
            "/market/discount", "/market/counterparty"])
        let forward = #""netting_set":{"trades":[{"type":"fx_forward","underlying":"JPY","quantity":1,"strike":1,"maturity":1}]}"#
        #expect(try await refused("{\(forward),\(Self.market)}") == ["/netting_set/trades/0/underlying"])
        let known = forward.replacing("JPY", with: "EUR")
        #expect(try await refused("{\(known),\(Self.market.replacing("0.02},\"own", with: "-0.02},\"own"))}")
            == ["/market/counterparty/hazard_rate"])
        #expect(try await refused(#"{\#(known),\#(Self.market),"simulation":{"paths":1000000000000000000}}"#)
            == ["/simulation/paths"])
        #expect(try await refused(#"{\#(known),\#(Self.market),"simulation":{"paths":1000000,"steps":400}}"#)
            == ["/simulation"])
        #expect(try await refused(#"{"netting_set":{"trades":[]},\#(Self.market)}"#) == ["/netting_set/trades"])
        let torn = #""correlations":[{"a":"rates","b":"KO","value":0.9},{"a":"rates","b":"EUR","value":0.9},{"a":"EUR","b":"KO","value":-0.9}]"#
        #expect(try await refused("{\(known),\(Self.market.replacing(#""correlations":[{"a":"rates","b":"KO","value":-0.2}]"#, with: torn))}")
            == ["/market/correlations"])
        // A pair is of two, and given once.
        let pair = #"{"a":"rates","b":"KO","value":-0.2}"#
        for (more, pointer) in [
            (#"{"a":"EUR","b":"EUR","value":0.5}"#, "/market/correlations/1/b"), (pair, "/market/correlations/1"),
            (#"{"a":"KO","b":"rates","value":0.1}"#, "/market/correlations/1")
        ] { #expect(try await refused("{\(known),\(Self.market.replacing(pair, with: pair + "," + more))}") == [pointer]) }
        await fixture.stop()
    }

    /// A book of unlike swaps answers; what would take hours is refused.
    @Test @LoopActor func manySwapsAreMeasuredAndTooManyRefused() async throws {
        let fixture = try await EngineFixture.make([RiskEngine.self])
        func body(_ count: Int, _ more: String, years: Double, paths: Int) -> String {
            let trades = (0..<count).map {
                """
                {"type":"interest_rate_swap","notional":1000,"fixed_rate":0.03,"pays":"fixed",\
                "maturity":\(years + Double($0) * 0.0007)\(more)}
                """
            }
            return """
                {"netting_set":{"trades":[\(trades.joined(separator: ","))]},"market":{"discount":{"rate":0.03},\
                "counterparty":{"hazard_rate":0.02}},"simulation":{"paths":\(paths),"steps":4}}
                """
        }
        let found = try await fixture.json(.risk, .post, "/risk/xva", body(1_000, "", years: 10, paths: 100))
        #expect(found["cva"]?.double.map { $0 > 0 } == true)
        let monthly = #","fixed_per_year":12,"float_per_year":12"#
        for (count, years, paths) in [(1_000, 90.0, 100), (500, 40, 1_000_000)] {
            let problem = try await fixture.json(
                .risk, .post, "/risk/xva", body(count, monthly, years: years, paths: paths), status: 422)
            #expect(problem.pointers == ["/netting_set"])
        }
        await fixture.stop()
    }
}
