import Bus
import EngineKit
import HTTP
import Market
import Quant
@testable import Risk
import Runtime
import Testing
import TestKit
import Wire

/// Reports: the figures of the routes they sum up, in five formats.
@Suite struct ReportTests {
    init() { EventLoop.runInBackground() }

    private static let path = "/api/v1/risk/reports/"
    private static let day: Int64 = 86_400_000_000_000

    /// A portfolio of two instruments with 600 days of bars and 30 days of values.
    @LoopActor private func fixture() async throws -> EngineFixture {
        let fixture = try await EngineFixture.make([RiskEngine.self])
        for (symbol, seed) in [("KO", UInt64(3)), ("PEP", 4)] {
            let bars = BarColumns.walk(600, seed: seed)
            try await fixture.write(bars, symbol)
            let last = bars.bar(599, symbol), before = bars.bar(598, symbol)
            try await fixture.publish(before)
            try await fixture.publish(last)
            try await fixture.publish(Topics.position, "p", PositionUpdate(
                portfolioID: "p", symbol: last.symbol, quantity: FixedPoint(symbol == "KO" ? 100 : -20),
                averageCost: FixedPoint(90), price: FixedPoint(90), realized: .zero, time: last.closeTime), from: .portfolio)
        }
        let end = BarColumns.walk(600).times[599]
        for index in 0..<30 {
            try await fixture.publish(Topics.value, "p", PortfolioValue(
                portfolioID: "p", time: Timestamp(nanoseconds: end - Int64(29 - index) * Self.day),
                cash: FixedPoint(50_000 + index * 10 - (index % 7) * 40), marketValue: .zero, realized: .zero, unrealized: .zero,
                netDeposits: FixedPoint(50_000), trades: 2), from: .portfolio)
        }
        for limit in [#"{"id":"gross","type":"gross_exposure","threshold":1000}"#, #"{"id":"lev","type":"leverage","threshold":9}"#] {
            _ = try await fixture.json(.risk, .post, "/api/v1/risk/limits", limit, status: 201)
        }
        _ = try await fixture.json(.risk, .post, "/api/v1/risk/capital-books", """
            {"portfolio_id":"p","name":"book","sa_ccr":\(RiskEngine.counterpartyExample),"ba_cva":\(RiskEngine.cvaExample),\
            "market_risk":\(RiskEngine.marketRiskExample)}
            """, status: 201)
        for (index, side) in ["buy", "sell", "buy"].enumerated() {
            try await fixture.publishOrder(
                "o\(index)", "KO", side, reference: 100, quantity: 10, at: BarColumns.walk(600).times[580 + index],
                fills: index == 2 ? [] : [(10, 100.5)])
        }
        return fixture
    }

    /// All figures of a report by name.
    private func figures(_ report: JSONTree) -> [String: JSONTree] {
        var found: [String: JSONTree] = [:]
        for section in report["sections"]?.elements ?? [] {
            for figure in (section["blocks"]?.elements ?? []).flatMap({ $0["figures"]?.elements ?? [] }) {
                if let name = figure["name"]?.text { found[name] = figure["value"] }
            }
        }
        return found
    }

    private func table(_ name: String, _ report: JSONTree) -> JSONTree? {
        (report["sections"]?.elements ?? []).flatMap { $0["blocks"]?.elements ?? [] }
            .compactMap { $0["table"] }.first { $0["name"]?.text == name }
    }

    @Test @LoopActor func theDailyReportTellsWhatTheRoutesTell() async throws {
        let fixture = try await fixture()
        let report = try await fixture.json(.risk, .get, Self.path + "daily_risk", query: "portfolio=p")
        let live = try await fixture.json(.risk, .get, "/api/v1/sprint3/risk/realtime/p")
        let found = figures(report)
        for name in ["equity", "cash", "gross_exposure", "net_exposure", "leverage", "herfindahl"] {
            #expect(found[name]?.double == live["metrics"]?[name]?.double && found[name]?.double != nil, "\(name)")
        }
        // Every row of value at risk is the kernel's own figure.
        let columns = (3...4).map { AlignedReturns.of(BarColumns.walk(600, seed: UInt64($0))) }
        let weights = try ["KO", "PEP"].map { symbol in
            try #require(table("holdings", report)?["rows"]?.elements.first { $0["symbol"]?.text == symbol }?["market_value"]?.double)
        }
        let rows = try #require(table("value_at_risk", report)?["rows"]?.elements)
        #expect(rows.count == 12)
        for row in rows {
            let method = try #require(row["method"]?.text.flatMap { RiskMethod(rawValue: $0) })
            let expected = try Measures.tail(method, columns, weights, .init(
                value: 1, confidence: try #require(row["confidence"]?.double), horizonDays: try #require(row["horizon_days"]?.double)))
            let told = try #require(row["value_at_risk"]?.double)
            #expect(abs(told - expected.valueAtRisk) <= 1e-9 * abs(expected.valueAtRisk))
        }
        let components = try #require(table("component_value_at_risk", report)?["rows"]?.elements.compactMap { $0["component"]?.double })
        let parametric = try #require(rows.first { $0["confidence"]?.double == 0.99 }?["value_at_risk"]?.double)
        #expect(abs(components.reduce(0, +) - parametric) < 1e-9 * parametric)
        #expect(report["warnings"]?.elements.isEmpty == true)
        // What the holdings gained adds up to the head's figure, losses too.
        let gains = try #require(table("holdings", report)?["rows"]?.elements.compactMap { $0["daily_profit"]?.double })
        #expect(gains.count == 2 && gains.contains { $0 < 0 })
        #expect(found["daily_profit"]?.double.map { abs($0 - gains.reduce(0, +)) < 1e-9 } == true)
        await fixture.stop()
    }

    @Test(arguments: ReportType.allCases)
    @LoopActor func everyReportComesInEveryFormat(_ type: ReportType) async throws {
        let fixture = try await fixture()
        let report = try await fixture.json(.risk, .get, Self.path + type.rawValue, query: "portfolio=p&period=30d")
        #expect(report["report_type"]?.text == type.rawValue && report["sections"]?.elements.isEmpty == false)
        // Nothing is left unmeasured: there is enough of everything.
        let paragraphs = (report["sections"]?.elements ?? []).flatMap { $0["blocks"]?.elements ?? [] }
            .compactMap { $0["paragraph"]?.text }
        #expect(paragraphs.allSatisfy { !$0.hasPrefix("Not measured") })
        for (format, start) in [("csv", "report,\(type.rawValue)\r\n"), ("html", "<!doctype html>"), ("pdf", "%PDF-1."), ("excel", "PK")] {
            let response = try await fixture.ask(
                .risk, .get, Self.path + type.rawValue, query: "portfolio=p&period=30d&format=\(format)")
            #expect(response.status == 200 && response.body.starts(with: start.utf8), "\(format)")
            #expect(response.contentType == ReportFormat(rawValue: format)?.contentType)
            #expect(response.headers["Content-Disposition"]?.contains("\(type.rawValue)-p-2021-08-2") == true)
        }
        // The same figures, digit by digit, in the text of another format.
        let text = String(decoding: try await fixture.ask(
            .risk, .get, Self.path + type.rawValue, query: "portfolio=p&period=30d&format=csv").body, as: UTF8.self)
        for (name, value) in figures(report) {
            guard let number = value.double else { continue }
            #expect(text.contains("\r\n\(name),\(number),"), "\(name)")
        }
        await fixture.stop()
    }

    @Test @LoopActor func theBacktestIsTheKernelsOverThePeriod() async throws {
        let fixture = try await fixture()
        let report = try await fixture.json(.risk, .get, Self.path + "var_backtest", query: "portfolio=p&period=all")
        let whole = figures(report)
        // 599 returns, of which the first 250 only state the first value at risk; the curve's period begins 30 days ago.
        #expect(whole["observations"]?.double == 30)
        let year = try await fixture.json(.risk, .get, Self.path + "var_backtest", query: "portfolio=p&period=250d")
        #expect(figures(year)["observations"]?.double == 251)
        let zone = try #require(figures(year)["zone"]?.text)
        #expect(["green", "yellow", "red"].contains(zone))
        await fixture.stop()
    }

    @Test @LoopActor func whatIsNotKnownIsSaidAndNotCounted() async throws {
        let fixture = try await EngineFixture.make([RiskEngine.self])
        try await fixture.publish(Topics.position, "p", PositionUpdate(
            portfolioID: "p", symbol: try #require(Symbol("KO")), quantity: FixedPoint(1), averageCost: FixedPoint(90),
            price: nil, realized: .zero, time: fixture.clock.now), from: .portfolio)
        for type in ReportType.allCases {
            let report = try await fixture.json(.risk, .get, Self.path + type.rawValue, query: "portfolio=p")
            let warnings = report["warnings"]?.elements.compactMap(\.text) ?? []
            #expect(warnings.contains { $0.hasPrefix("No price of KO was told") })
            #expect(warnings.contains { $0.hasPrefix("No daily bars of KO") } == type.needs.contains(.bars))
            for format in ["pdf", "excel", "html", "csv"] {
                #expect(try await fixture.ask(
                    .risk, .get, Self.path + type.rawValue, query: "portfolio=p&format=\(format)").status == 200)
            }
        }
        let liquidity = try await fixture.json(.risk, .get, Self.path + "liquidity", query: "portfolio=p")
        #expect(figures(liquidity)["liquidity_days"] == .null)
        _ = try await fixture.json(.risk, .get, Self.path + "stress", query: "portfolio=none", status: 404)
        let wrong = try await fixture.json(
            .risk, .get, Self.path + "weather", query: "format=doc&period=2x", status: 422)
        #expect(Set(wrong.pointers) == ["/report_type", "?format", "?period", "?portfolio"]
            || Set(wrong.pointers) == ["?report_type", "?format", "?period", "?portfolio"])
        await fixture.stop()
    }

    @Test(arguments: [("30d", 30), ("2w", 14), ("6m", 180), ("1y", 365), ("0d", nil), ("-1d", nil), ("d", nil), ("1h", nil),
                      ("101y", nil), ("99999999999999999999d", nil)])
    func periodsAreRead(_ text: String, _ days: Int?) {
        #expect(ReportPeriod(text)?.days == days)
        #expect(ReportPeriod("all") != nil && ReportPeriod("all")?.days == nil)
    }

    @Test func daysThatOneInstrumentLacksAreLeftOut() {
        var holes = BarColumns.walk(5, seed: 2)
        holes.close[2] = .nan
        let aligned = AlignedBars([("A", BarColumns.walk(5)), ("B", holes), ("C", BarColumns())])
        #expect(aligned.times.count == 4 && aligned.columns["A"]?.closes.count == 4 && aligned.columns["C"] == nil)
        #expect(!aligned.times.contains(holes.times[2]))
    }
}

/// The last 252 returns of bars.
private enum AlignedReturns {
    static func of(_ bars: BarColumns) -> [Double] {
        Array(zip(bars.close.dropFirst(), bars.close).map { $0 / $1 - 1 }.suffix(252))
    }
}
