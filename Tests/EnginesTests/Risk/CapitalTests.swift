import EngineKit
import HTTP
import Market
@testable import Risk
import Runtime
import Store
import Testing
import TestKit
import Wire

/// Capital by HTTP: figures with their paragraphs, every wrong field named, and books for reports.
@Suite struct CapitalTests {
    init() { EventLoop.runInBackground() }

    private func figure(_ answer: JSONTree, _ name: String) -> JSONTree? {
        answer["figures"]?.elements.first { $0["name"]?.text == name }
    }

    /// The first example of BCBS 279, in thousands.
    private static let rates = """
        {"id":"rates","value":60,"trades":[
         {"id":"1","asset_class":"interest_rate","underlying":"USD","notional":10000,"direction":"long","maturity":10},
         {"id":"2","asset_class":"interest_rate","underlying":"USD","notional":10000,"direction":"short","maturity":4},
         {"id":"3","asset_class":"interest_rate","underlying":"EUR","notional":5000,"direction":"long","maturity":1,
          "start":1,"end":11,"option":{"right":"put","price":0.06,"strike":0.05,"exercise":1}}]}
        """

    @Test @LoopActor func exposuresComeWithTheirParagraphs() async throws {
        let fixture = try await EngineFixture.make([RiskEngine.self])
        let answer = try await fixture.json(
            .risk, .post, "/risk/capital/sa-ccr", "{\"netting_sets\":[\(Self.rates),\(Self.rates)]}")
        let sets = try #require(answer["netting_sets"]?.elements)
        let one = try #require(figure(sets[0], "exposure_at_default"))
        #expect(one["value"]?.double?.rounded() == 569 && one["paragraph"]?.text == "CRE52.1")
        #expect(figure(answer, "exposure_at_default")?["value"]?.double == one["value"]?.double.map { 2 * $0 })
        #expect(sets[0]["hedging_sets"]?.elements.map { $0["paragraph"]?.text } == ["CRE52.57", "CRE52.57"])
        #expect(sets[0]["trades"]?.elements.count == 3 && sets[0]["margin_days"] == .null)
        let margined = Self.rates.replacing(
            "\"value\":60", with: #""value":60,"margin":{"threshold":10,"every_days":5,"illiquid":true}"#)
        let secured = try await fixture.json(
            .risk, .post, "/risk/capital/sa-ccr", "{\"netting_sets\":[\(margined)]}")["netting_sets"]?[0]
        #expect(secured?["margin_days"]?.double == 20 && secured?["capped"] == .bool(false))
        for path in ["ba-cva", "market-risk", "sa-ccr"] {
            let document = try await fixture.json(.risk, .get, "/openapi.json")
            let post = document["paths"]?["/risk/capital/\(path)"]?["post"]
            let example = try #require(post?["requestBody"]?["content"]?["application/json"]?["example"])
            let shown = try await fixture.json(.risk, .post, "/risk/capital/\(path)", example.text ?? example.json)
            #expect(shown["figures"]?.elements.allSatisfy { $0["paragraph"]?.text?.isEmpty == false } == true)
        }
        await fixture.stop()
    }

    @Test @LoopActor func whatIsWrongWithATradeIsNamed() async throws {
        let fixture = try await EngineFixture.make([RiskEngine.self])
        func refused(_ trades: String, _ more: String = "") async throws -> Set<String> {
            let body = "{\"netting_sets\":[{\"value\":0,\"trades\":[\(trades)]\(more)}]}"
            let problem = try await fixture.json(.risk, .post, "/risk/capital/sa-ccr", body, status: 422)
            return Set(problem.pointers.map { $0.replacing("/netting_sets/0", with: "") })
        }
        func trade(_ assetClass: String, _ more: String = "", maturity: String = "1", underlying: String = "X")
            -> String
        {
            """
            {"asset_class":"\(assetClass)","underlying":"\(underlying)","notional":1,"direction":"long",\
            "maturity":\(maturity)\(more)}
            """
        }
        let nothing = try await fixture.json(.risk, .post, "/risk/capital/sa-ccr", "{}", status: 422)
        #expect(nothing.pointers == ["/netting_sets"])
        #expect(try await refused("") == ["/trades"])
        #expect(try await refused(trade("weather")) == ["/trades/0/asset_class"])
        #expect(try await refused(trade("interest_rate", maturity: "-1")) == ["/trades/0/maturity"])
        #expect(try await refused(trade("interest_rate", maturity: "0")) == ["/trades/0/maturity"])
        #expect(try await refused(trade("credit", #","start":3,"end":2,"subclass":"AA""#)) == ["/trades/0/end"])
        #expect(try await refused(trade("credit")) == ["/trades/0/subclass"])
        #expect(try await refused(trade("equity", #","subclass":"AAA""#)) == ["/trades/0/subclass"])
        #expect(try await refused(trade("foreign_exchange")) == ["/trades/0/underlying"])
        let pairs =
            trade("foreign_exchange", underlying: "EUR/USD") + "," + trade("foreign_exchange", underlying: "USD/EUR")
        #expect(try await refused(pairs) == ["/trades/1/underlying"])
        let shares = trade("equity", #","subclass":"index""#) + "," + trade("equity", #","subclass":"single_name""#)
        #expect(try await refused(shares) == ["/trades/1/subclass"])
        #expect(
            try await refused(trade("interest_rate", #","option":{"right":"call","price":0.01,"exercise":1}"#))
                == ["/trades/0/option/strike"])
        #expect(
            try await refused(
                trade("interest_rate", #","option":{"right":"call","price":-0.01,"strike":0.01,"exercise":-1}"#))
                == ["/trades/0/option/price", "/trades/0/option/exercise"])
        #expect(
            try await refused(trade("equity", #","subclass":"index","tranche":{"attachment":0.1,"detachment":0.1}"#))
                == ["/trades/0/tranche/detachment", "/trades/0/tranche"])
        #expect(
            try await refused(trade("interest_rate"), #","margin":{"every_days":0,"threshold":-1}"#)
                == ["/margin/every_days", "/margin/threshold"])
        // One underlying written two ways would be two hedging sets that do not offset.
        #expect(
            try await refused(
                trade("interest_rate", underlying: "USD") + "," + trade("interest_rate", underlying: "usd")
                    + "," + trade("interest_rate", underlying: "EUR")) == ["/trades/1/underlying"])
        for other in ["eur/usd", "usd/eur"] {
            let pairs =
                trade("foreign_exchange", underlying: "EUR/USD") + "," + trade("foreign_exchange", underlying: other)
            #expect(try await refused(pairs) == ["/trades/1/underlying"])
        }
        let late = trade(
            "equity", #","subclass":"index","option":{"right":"call","price":1,"strike":1,"exercise":2}"#, maturity: "1.5")
        #expect(try await refused(late) == ["/trades/0/option/exercise"])
        #expect(
            try await refused(trade("interest_rate"), #","collateral":1e200,"margin":{"threshold":1e200}"#)
                == ["/collateral", "/margin/threshold"])
        _ = try await fixture.json(
            .risk, .post, "/risk/capital/sa-ccr", "{\"netting_sets\":[{\"value\":NaN,\"trades\":[]}]}", status: 400)
        await fixture.stop()
    }

    @Test @LoopActor func valuationsAndMarketRiskTellTheirFigures() async throws {
        let fixture = try await EngineFixture.make([RiskEngine.self])
        let counterparty = """
            {"id":"a","sector":"financial","credit_quality":"investment_grade",\
            "netting_sets":[{"ead":1734262.532258,"maturity":10.907723}]}
            """
        // The output that ORE ships with its example.
        let cva = try await fixture.json(.risk, .post, "/risk/capital/ba-cva", "{\"counterparties\":[\(counterparty)]}")
        #expect(figure(cva, "capital")?["value"]?.double.map { abs($0 - 338_488.833367) < 0.05 } == true)
        #expect(figure(cva, "capital")?["paragraph"]?.text == "MAR50.14" && figure(cva, "k_hedged") == nil)
        func refused(_ path: String, _ body: String) async throws -> Set<String> {
            Set(try await fixture.json(.risk, .post, "/risk/capital/" + path, body, status: 422).pointers)
        }
        #expect(
            try await refused("ba-cva", "{\"counterparties\":[\(counterparty),\(counterparty)]}")
                == ["/counterparties/1/id"])
        #expect(
            try await refused("ba-cva", #"{"counterparties":[{"id":"a","sector":"moon","netting_sets":[]}]}"#)
                == ["/counterparties/0/sector", "/counterparties/0/credit_quality", "/counterparties/0/netting_sets"])
        // Two tenors of one curve, as ultibi has them.
        let curve =
            #"{"risk_class":"girr","currency":"USD","name":"ois","tenor":1,"amount":1000000},"#
            + #"{"risk_class":"girr","currency":"USD","name":"ois","tenor":10,"amount":-500000}"#
        let market = try await fixture.json(
            .risk, .post, "/risk/capital/market-risk", "{\"sensitivities\":[\(curve)]}")
        #expect(figure(market, "sensitivities")?["value"]?.double.map { abs($0 - 13_619.247657) < 1e-5 } == true)
        #expect(market["scenario"]?.text == "low" && figure(market, "default_risk") == nil)
        #expect(figure(market, "sensitivities_medium")?["value"]?.double.map { abs($0 - 12_324.577437) < 1e-5 } == true)
        #expect(try await refused("market-risk", "{}") == ["/sensitivities"])
        // What would overflow a sum of squares is refused, not 0 or null.
        #expect(
            try await refused(
                "market-risk", """
                    {"sensitivities":[{"risk_class":"equity","bucket":8,"name":"KO","amount":1e200}],
                     "shocks":[{"risk_class":"equity","bucket":8,"name":"KO","up":-1e200,"down":1e200,"delta":1e19}],
                     "default_exposures":[{"obligor":"K","bucket":"corporate","quality":"A","seniority":"equity",
                      "notional":1e308,"profit":-1e19}],"residual":{"exotic":1e308,"other":1e308}}
                    """) == [
                        "/sensitivities/0/amount", "/shocks/0/up", "/shocks/0/down", "/shocks/0/delta",
                        "/default_exposures/0/notional", "/default_exposures/0/profit", "/residual/exotic",
                        "/residual/other"
                    ])
        #expect(
            try await refused("ba-cva", "{\"counterparties\":[\(counterparty.replacing("1734262.532258", with: "1e200"))]}")
                == ["/counterparties/0/netting_sets/0/ead"])
        let most = try await fixture.json(
            .risk, .post, "/risk/capital/market-risk",
            #"{"sensitivities":[{"risk_class":"equity","bucket":8,"name":"KO","amount":1e18}]}"#)
        #expect(figure(most, "capital")?["value"]?.double.map { $0 > 1e17 } == true)
        // The reporting currency has no rate to itself.
        #expect(
            try await refused("market-risk", """
                {"reporting_currency":"EUR","sensitivities":[{"risk_class":"fx","currency":"USD","amount":1},\
                {"risk_class":"fx","currency":"EUR","amount":1}],\
                "shocks":[{"risk_class":"fx","currency":"EUR","up":1,"down":1}]}
                """) == ["/sensitivities/1/currency", "/shocks/0/currency"])
        #expect(
            try await refused(
                "market-risk",
                """
                {"sensitivities":[{"risk_class":"girr","amount":1,"tenor":1},{"risk_class":"equity","amount":1,
                  "bucket":14,
                 "name":"a"},{"risk_class":"weather","amount":1},{"risk_class":"csr","bucket":3,"name":"a",
                  "tenor":2,"amount":1},
                 {"risk_class":"fx","currency":"eur","amount":1},{"risk_class":"commodity","bucket":1,"tenor":1,
                  "amount":1},
                 {"risk_class":"equity","bucket":1,"name":"a","basis":"cds"}],
                 "shocks":[{"risk_class":"equity","bucket":1,"name":"a","up":1}],
                 "default_exposures":[{"obligor":"o","bucket":"corporate","quality":"A","seniority":"senior",
                  "notional":1},
                  {"obligor":"o","bucket":"corporate","quality":"B","seniority":"senior","notional":1}],
                  "residual":{"exotic":-1}}
                """) == [
                    "/sensitivities/0/currency", "/sensitivities/1/bucket", "/sensitivities/2/risk_class",
                    "/sensitivities/3/tenor",
                    "/sensitivities/4/currency", "/sensitivities/5/name", "/sensitivities/6/basis",
                    "/sensitivities/6/amount",
                    "/shocks/0/down", "/default_exposures/1/quality", "/residual/exotic"
                ])
        await fixture.stop()
    }

    // MARK: Books

    private static let books = "/api/v1/risk/capital-books"

    @Test(arguments: EngineRecords.here)
    @LoopActor func aBookIsKeptVersionByVersion(_ records: EngineRecords) async throws {
        let fixture = try await EngineFixture.make([RiskEngine.self], records: records)
        let body = "{\"portfolio_id\":\"p\",\"name\":\"March\",\"sa_ccr\":{\"netting_sets\":[\(Self.rates)]}}"
        let first = try await fixture.json(.risk, .post, Self.books, body, status: 201)
        #expect(first["version"]?.double == 1 && first["parts"]?.elements.map(\.text) == ["sa_ccr"])
        let second = try await fixture.json(
            .risk, .post, Self.books, body.replacing("March", with: "April"), status: 201)
        #expect(second["version"]?.double == 2 && second["id"]?.text != first["id"]?.text)
        let list = try await fixture.json(.risk, .get, Self.books, query: "portfolio_id=p")
        #expect(list["items"]?.elements.map { $0["name"]?.text } == ["April", "March"])
        let newest = try await fixture.json(.risk, .get, Self.books + "/p")
        #expect(newest["book"]?["name"]?.text == "April" && newest["head"]?["version"]?.double == 2)
        let oldest = try await fixture.json(.risk, .get, Self.books + "/p", query: "version=1")
        #expect(oldest["book"]?["sa_ccr"]?["netting_sets"]?[0]?["trades"]?.elements.count == 3)
        _ = try await fixture.json(.risk, .get, Self.books + "/p", query: "version=3", status: 404)
        _ = try await fixture.json(.risk, .get, Self.books + "/none", status: 404)
        let wrong = try await fixture.json(
            .risk, .post, Self.books, #"{"portfolio_id":"p","name":"x","ba_cva":{"counterparties":[]}}"#, status: 422)
        #expect(wrong.pointers == ["/ba_cva/counterparties"])
        let empty = try await fixture.json(.risk, .post, Self.books, #"{"portfolio_id":"p","name":"x"}"#, status: 422)
        #expect(empty.pointers == ["/sa_ccr"])
        let large = body + String(repeating: " ", count: 4_000_000)
        _ = try await fixture.json(.risk, .post, Self.books, large, status: 413)
        let events = try await fixture.json(.risk, .get, "/audit")["items"]?.elements ?? []
        #expect(events.filter { $0["action"]?.text == "capital_book.keep" }.count == 2)
        await fixture.stop()
    }

    @Test @LoopActor func booksKeptAtOnceAreVersionsOneAfterTheOther() async throws {
        let fixture = try await EngineFixture.make([RiskEngine.self])
        let body = "{\"portfolio_id\":\"p\",\"name\":\"March\",\"sa_ccr\":{\"netting_sets\":[\(Self.rates)]}}"
        var versions: [Double] = [], left = 8
        for number in 0..<8 {
            spawn {
                let answer = try? await fixture.ask(
                    .risk, .post, Self.books, body, headers: ["Idempotency-Key": "key-\(number)"])
                if let answer, answer.status == 201, let version = try? JSONTree(answer.body)["version"]?.double {
                    versions.append(version)
                }
                left -= 1
            }
        }
        await fixture.until("all are answered") { left == 0 }
        #expect(versions.sorted() == [1, 2, 3, 4, 5, 6, 7, 8])
        await fixture.stop()
    }

    @Test @LoopActor func theReportIsOfTheBookOrSaysWhatIsMissing() async throws {
        let fixture = try await EngineFixture.make([RiskEngine.self])
        try await fixture.publishCash(500)
        func figures() async throws -> [String: JSONTree] {
            let report = try await fixture.json(
                .risk, .get, "/api/v1/risk/reports/capital", query: "portfolio=p")
            var found: [String: JSONTree] = [:]
            for section in report["sections"]?.elements ?? [] {
                for item in (section["blocks"]?.elements ?? []).flatMap({ $0["figures"]?.elements ?? [] }) {
                    found["\(section["name"]?.text ?? "").\(item["name"]?.text ?? "")"] = item
                }
            }
            return found
        }
        let without = try await figures()
        #expect(
            without["overview.exposure_at_default"]?["value"] == .null
                && without["overview.cva_capital"]?["value"] == .null)
        #expect(without.count == 4)
        let counterparties = """
            {"counterparties":[{"id":"a","sector":"financial","credit_quality":"investment_grade",\
            "netting_sets":[{"ead":569,"maturity":5}]}]}
            """
        _ = try await fixture.json(
            .risk, .post, Self.books,
            """
            {"portfolio_id":"p","name":"March","sa_ccr":{"netting_sets":[\(Self.rates)]},"ba_cva":\(counterparties)}
            """, status: 201)
        let found = try await figures()
        #expect(found["overview.exposure_at_default"]?["value"]?.double?.rounded() == 569)
        #expect(found["overview.exposure_at_default"]?["reference"]?.text == "CRE52.1")
        #expect(
            found["overview.market_risk_capital"]?["value"] == .null
                && found["overview.risk_weighted_assets"]?["value"] == .null)
        let live = try await fixture.json(.risk, .post, "/risk/capital/ba-cva", counterparties)
        #expect(found["overview.cva_capital"]?["value"] == figure(live, "capital")?["value"])
        #expect(found["cva.k_reduced"]?["value"] == figure(live, "k_reduced")?["value"])
        // A schedule makes it like any other report.
        let kept = try await fixture.json(
            .risk, .post, "/api/v1/risk/reports/capital", #"{"portfolio_id":"p"}"#, status: 201)
        #expect(kept["report_type"]?.text == "capital")
        await fixture.stop()
    }
}
