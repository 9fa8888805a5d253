import EngineKit
import HTTP
import Market
@testable import Risk
import Runtime
import Store
import Testing
import TestKit
import Wire

/// Kept reports, schedules and dashboards.
@Suite struct ReportArchiveTests {
    init() { EventLoop.runInBackground() }

    private static let path = "/api/v1/risk/reports"

    /// A portfolio of cash and one holding, on a store of records.
    @LoopActor private func fixture(_ records: EngineRecords = .sqlite) async throws -> EngineFixture {
        let fixture = try await EngineFixture.make([RiskEngine.self], records: records)
        try await fixture.publish(Topics.position, "p", PositionUpdate(
            portfolioID: "p", symbol: try #require(Symbol("KO")), quantity: FixedPoint(10), averageCost: FixedPoint(90),
            price: FixedPoint(100), realized: .zero, time: fixture.clock.now), from: .portfolio)
        try await tell(fixture, cash: 500)
        return fixture
    }

    @LoopActor private func tell(_ fixture: EngineFixture, cash: Int) async throws {
        try await fixture.publish(Topics.value, "p", PortfolioValue(
            portfolioID: "p", time: fixture.clock.now, cash: FixedPoint(cash), marketValue: FixedPoint(1000), realized: .zero,
            unrealized: .zero, netDeposits: FixedPoint(500), trades: 1), from: .portfolio)
    }

    @Test(arguments: EngineRecords.here)
    @LoopActor func aKeptReportStaysWhatItWas(_ records: EngineRecords) async throws {
        let fixture = try await fixture(records)
        let body = #"{"portfolio_id":"p"}"#
        let first = try await fixture.json(.risk, .post, Self.path + "/daily_risk", body, status: 201)
        let id = try #require(first["id"]?.text)
        var kept: [String: [UInt8]] = [:]
        for format in ["json", "csv", "excel", "pdf", "html"] {
            let response = try await fixture.ask(.risk, .get, "\(Self.path)/stored/\(id)", query: "format=\(format)")
            #expect(response.status == 200 && !response.body.isEmpty)
            kept[format] = response.body
        }
        let fresh = try await fixture.ask(.risk, .get, Self.path + "/daily_risk", query: "portfolio=p&format=pdf")
        #expect(fresh.body == kept["pdf"])
        // The portfolio goes on, the report does not.
        fixture.clock.advance(nanoseconds: 86_400_000_000_000)
        try await tell(fixture, cash: 700)
        let second = try await fixture.json(.risk, .post, Self.path + "/daily_risk", body, status: 201)
        for (format, content) in kept {
            let again = try await fixture.ask(.risk, .get, "\(Self.path)/stored/\(id)", query: "format=\(format)")
            #expect(again.body == content, "\(format)")
        }
        let later = try #require(second["id"]?.text)
        let comparison = try await fixture.json(
            .risk, .get, "\(Self.path)/stored/\(later)/comparison", query: "with=\(id)")
        let cash = comparison["figures"]?.elements.first { $0["name"]?.text == "overview.cash" }
        #expect(cash?["before"]?.double == 500 && cash?["after"]?.double == 700 && cash?["change"]?.double == 200)
        let list = try await fixture.json(.risk, .get, Self.path, query: "limit=1&portfolio_id=p&report_type=daily_risk")
        #expect(list["items"]?.elements.compactMap { $0["id"]?.text } == [later])
        let cursor = try #require(list["next_cursor"]?.text)
        let rest = try await fixture.json(.risk, .get, Self.path, query: "cursor=\(cursor)")
        #expect(rest["items"]?.elements.compactMap { $0["id"]?.text } == [id] && rest["next_cursor"] == .null)
        let events = try await fixture.json(.risk, .get, "/audit")["items"]?.elements ?? []
        #expect(events.filter { $0["action"]?.text == "report.keep" }.count == 2)
        await fixture.stop()
    }

    @Test @LoopActor func anAlteredReportIsNotGivenOut() async throws {
        let fixture = try await fixture()
        let kept = try await fixture.json(.risk, .post, Self.path + "/limits", #"{"portfolio_id":"p"}"#, status: 201)
        let id = try #require(kept["id"]?.text), store = try #require(fixture.hosts[.risk]).context.records
        try await store.transaction([Statement("UPDATE report_files SET content = $1 WHERE format = 'csv'", [.blob([1, 2])])])
        let altered = try await fixture.json(.risk, .get, "\(Self.path)/stored/\(id)", query: "format=csv", status: 500)
        #expect(altered["detail"]?.text == "the kept report \(id) was altered: its digest is not that of its csv")
        #expect(try await fixture.ask(.risk, .get, "\(Self.path)/stored/\(id)").status == 200)
        _ = try await fixture.json(.risk, .get, "\(Self.path)/stored/none", status: 404)
        let stress = try await fixture.json(.risk, .post, Self.path + "/stress", #"{"portfolio_id":"p"}"#, status: 201)
        let other = try #require(stress["id"]?.text)
        _ = try await fixture.json(.risk, .get, "\(Self.path)/stored/\(other)/comparison", query: "with=\(id)", status: 409)
        _ = try await fixture.json(.risk, .get, "\(Self.path)/stored/\(other)/comparison", query: "with=none", status: 404)
        _ = try await fixture.json(.risk, .post, Self.path + "/stress", #"{"portfolio_id":"none"}"#, status: 404)
        await fixture.stop()
    }

    @Test @LoopActor func aScheduleKeepsWhatIsDueOnceAlsoAfterARestart() async throws {
        let fixture = try await fixture()
        let made = try await fixture.json(
            .risk, .post, "/api/v1/risk/report-schedules",
            #"{"report_type":"liquidity","portfolio_id":"p","every_hours":2}"#, status: 201)
        let id = try #require(made["id"]?.text)
        let engine = try #require(fixture.hosts[.risk]?.engine as? RiskEngine)
        #expect(await engine.scheduler.runDue() == 0)
        fixture.clock.setWall(fixture.clock.now.adding(nanoseconds: 7 * 3_600_000_000_000))
        // Three were missed: a report is of the present, so one is made.
        #expect(await engine.scheduler.runDue() == 1)
        #expect(await engine.scheduler.runDue() == 0)
        let told = try await fixture.json(.risk, .get, "/api/v1/risk/report-schedules")["items"]?[0]
        let start = try #require(Timestamp(iso8601: made["next"]?.text ?? ""))
        #expect(told?["next"]?.text == start.adding(nanoseconds: 6 * 3_600_000_000_000).iso8601)
        let again = ReportScheduler(engine.context, engine)
        try await again.start()
        #expect(again.schedules == engine.scheduler.schedules && again.schedules.count == 1)
        again.stop()
        _ = try await fixture.json(.risk, .delete, "/api/v1/risk/report-schedules/\(id)")
        _ = try await fixture.json(.risk, .delete, "/api/v1/risk/report-schedules/\(id)", status: 404)
        #expect(try await fixture.json(.risk, .get, Self.path)["items"]?.elements.count == 1)
        let wrong = try await fixture.json(
            .risk, .post, "/api/v1/risk/report-schedules", #"{"report_type":"x","period":"y","every_hours":0}"#, status: 422)
        #expect(Set(wrong.pointers) == ["/report_type", "/portfolio_id", "/period", "/every_hours"])
        await fixture.stop()
    }

    /// A schedule that is ended while others are made is neither made nor there again after a restart.
    @Test @LoopActor func aScheduleThatIsEndedMeanwhileStaysEnded() async throws {
        let fixture = try await fixture()
        var ids: [String] = []
        for _ in 0..<10 {
            let made = try await fixture.json(
                .risk, .post, "/api/v1/risk/report-schedules",
                #"{"report_type":"liquidity","portfolio_id":"p","every_hours":2}"#, status: 201)
            ids.append(try #require(made["id"]?.text))
        }
        let engine = try #require(fixture.hosts[.risk]?.engine as? RiskEngine)
        fixture.clock.setWall(fixture.clock.now.adding(nanoseconds: 3 * 3_600_000_000_000))
        var kept: Int?
        spawn { kept = await engine.scheduler.runDue() }
        _ = try await fixture.json(.risk, .delete, "/api/v1/risk/report-schedules/\(ids[9])")
        await fixture.until("the round is over") { kept != nil }
        #expect(kept == 9)
        let again = ReportScheduler(engine.context, engine)
        try await again.start()
        #expect(Set(again.schedules.map(\.id)) == Set(ids.dropLast()))
        again.stop()
        await fixture.stop()
    }

    /// A schedule of a portfolio that is not known is tried again at its next time, not at every look.
    @Test @LoopActor func aScheduleThatFailsIsDueAgainNextTime() async throws {
        let fixture = try await fixture()
        _ = try await fixture.json(
            .risk, .post, "/api/v1/risk/report-schedules", #"{"report_type":"limits","portfolio_id":"none","every_hours":1}"#, status: 201)
        let engine = try #require(fixture.hosts[.risk]?.engine as? RiskEngine)
        fixture.clock.setWall(fixture.clock.now.adding(nanoseconds: 3_600_000_000_000))
        #expect(await engine.scheduler.runDue() == 0)
        #expect(engine.scheduler.schedules.first.map { $0.next > fixture.clock.now } == true)
        await fixture.stop()
    }

    @Test(arguments: RiskView.allCases)
    @LoopActor func everyViewHasItsFigures(_ view: RiskView) async throws {
        let fixture = try await fixture()
        let answer = try await fixture.json(.risk, .get, "/api/v1/risk/views/\(view.rawValue)", query: "portfolio=p")
        #expect(answer["report_type"]?.text == view.rawValue && answer["sections"]?.elements.isEmpty == false)
        _ = try await fixture.json(.risk, .get, "/api/v1/risk/views/\(view.rawValue)", query: "portfolio=none", status: 404)
        await fixture.stop()
    }

    @Test @LoopActor func exposuresTellLongFromShort() async throws {
        let fixture = try await fixture()
        try await fixture.publish(Topics.position, "p", PositionUpdate(
            portfolioID: "p", symbol: try #require(Symbol("PEP")), quantity: FixedPoint(-3), averageCost: FixedPoint(90),
            price: FixedPoint(100), realized: .zero, time: fixture.clock.now), from: .portfolio)
        func figures(_ view: String) async throws -> [String: Double?] {
            let answer = try await fixture.json(.risk, .get, "/api/v1/risk/views/\(view)", query: "portfolio=p")
            let found = answer["sections"]?[0]?["blocks"]?[0]?["figures"]?.elements ?? []
            return Dictionary(uniqueKeysWithValues: found.map { ($0["name"]?.text ?? "", $0["value"]?.double) })
        }
        let told = try await figures("exposures")
        #expect(told["long"] == 1000 && told["short"] == -300 && told["gross_exposure"] == 1300 && told["net_exposure"] == 700)
        let few = try await figures("concentration")
        #expect(few["largest"] == 1000.0 / 1300 && few["top_5"] == 1)
        let squares: Double = (1000.0 / 1300) * (1000.0 / 1300) + (300.0 / 1300) * (300.0 / 1300)
        #expect(few["effective_positions"] == 1 / squares)
        _ = try await fixture.json(.risk, .get, "/api/v1/risk/views/weather", query: "portfolio=p", status: 422)
        await fixture.stop()
    }
}
