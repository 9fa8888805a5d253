import Bus
import EngineKit
import HTTP
import Market
import Quant
@testable import Risk
import Runtime
import Telemetry
import Testing
import TestKit
import Wire

/// Limits of stored portfolios on beta and on days to sell: judged on stored daily bars, everywhere alike.
@Suite struct LimitHistoryTests {
    init() { EventLoop.runInBackground() }

    private static let limits = "/api/v1/risk/limits", check = "/api/v1/sprint3/risk/pre-trade-check"
    private static let order = #"{"portfolio_id":"p","order":{"symbol":"KO","side":"buy","quantity":4,"price":50}}"#

    @LoopActor private func hold(_ fixture: EngineFixture, _ symbol: String, _ quantity: Int, _ portfolio: String = "p")
        async throws {
        try await fixture.publish(Topics.position, portfolio, PositionUpdate(
            portfolioID: portfolio, symbol: try #require(Symbol(symbol)), quantity: FixedPoint(quantity),
            averageCost: FixedPoint(50), price: FixedPoint(50), realized: .zero, time: fixture.clock.now),
            from: .portfolio)
    }

    @LoopActor private func put(_ fixture: EngineFixture, _ limit: String, status: Int = 201) async throws -> JSONTree {
        try await fixture.json(.risk, .post, Self.limits, limit, status: status)
    }

    /// 10 KO, −5 PEP and 1,000 in cash; each instrument lacks days that others have.
    private static let bars = [
        "KO": BarColumns.walk(120, seed: 3).without([10, 11, 70]), "PEP": BarColumns.walk(117, seed: 4).without([50]),
        "SPY": BarColumns.walk(119, seed: 3, start: 400).without([11, 30, 31, 90]),
    ]

    @LoopActor private func fixture() async throws -> EngineFixture {
        let fixture = try await EngineFixture.make([RiskEngine.self])
        try await fixture.publishCash(1000)
        try await hold(fixture, "KO", 10)
        try await hold(fixture, "PEP", -5)
        for (symbol, bars) in Self.bars { try await fixture.store(bars, symbol) }
        _ = try await put(fixture, #"{"id":"beta","type":"beta","threshold":9,"benchmark":"SPY","portfolio_id":"p"}"#)
        _ = try await put(fixture, #"{"id":"days","type":"liquidity_days","threshold":9,"portfolio_id":"p"}"#)
        _ = try await put(fixture, #"{"id":"five","type":"liquidity_days","threshold":9,"volume_days":5}"#)
        return fixture
    }

    /// Closes by day of the bars that are stored.
    private func closes(_ symbol: String) throws -> [Int64: Double] {
        let bars = try #require(Self.bars[symbol])
        return Dictionary(uniqueKeysWithValues: zip(bars.times, bars.close))
    }

    /// The check of the same portfolio where all that limits read is sent: returns from one day that both holdings have
    /// to the next, those of which the benchmark has a close on both.
    @LoopActor private func sent(_ fixture: EngineFixture, _ held: Double, _ order: String = "") async throws -> JSONTree {
        let ko = try closes("KO"), pep = try closes("PEP"), spy = try closes("SPY")
        let days = ko.keys.filter { pep[$0] != nil }.sorted()
        var columns: [[Double]] = [[], [], []]
        for (before, day) in zip(days, days.dropFirst()) {
            guard let first = spy[before], let last = spy[day] else { continue }
            columns[0].append(ko[day]! / ko[before]! - 1)
            columns[1].append(pep[day]! / pep[before]! - 1)
            columns[2].append(last / first - 1)
        }
        #expect(columns[0].count > 100)
        func volume(_ symbol: String, _ count: Int) throws -> Double {
            try #require(Self.bars[symbol]).volume.suffix(count).reduce(0, +) / Double(count)
        }
        func answer(_ count: Int, _ limits: String) async throws -> JSONTree {
            try await fixture.json(.risk, .post, "/risk/check/q", """
                {"positions":[{"symbol":"KO","quantity":\(held),"price":50,"average_daily_volume":\(try volume("KO", count))},
                 {"symbol":"PEP","quantity":-5,"price":50,"average_daily_volume":\(try volume("PEP", count))}],"cash":1000,
                 "returns":{"KO":\(columns[0]),"PEP":\(columns[1])},"benchmark_returns":\(columns[2])\(order),
                 "limits":[\(limits)]}
                """)
        }
        let first = try await answer(20, #"{"type":"beta","threshold":9},{"type":"liquidity_days","threshold":9}"#)
        let five = try await answer(5, #"{"type":"liquidity_days","threshold":9}"#)
        return .array((first["checks"]?.elements ?? []) + (five["checks"]?.elements ?? []))
    }

    private func values(_ checks: JSONTree?) -> [Double] { checks?.elements.compactMap { $0["value"]?.double } ?? [] }

    private func isNear(_ a: [Double], _ b: [Double]) -> Bool {
        a.count == b.count && a.count == 3 && zip(a, b).allSatisfy { abs($0 - $1) <= 1e-12 * abs($1) && $1 != 0 }
    }

    @Test @LoopActor func storedLimitsAreJudgedAsTheSameInputsThatAreSent() async throws {
        let fixture = try await fixture()
        try fixture.listen([Topics.decision])
        let now = values(try await sent(fixture, 10))
        let after = values(try await sent(
            fixture, 10, #","order":{"symbol":"KO","side":"buy","quantity":4,"price":50}"#))
        // Before an order, by HTTP.
        let answer = try await fixture.json(.risk, .post, Self.check, Self.order)
        #expect(isNear(values(answer["checks"]), after) && !isNear(now, after))
        #expect(answer["checks"]?[0]?["benchmark"]?.text == "SPY" && answer["checks"]?[2]?["volume_days"]?.double == 5)
        #expect(answer["checks"]?[0]?["reason"]?.text?.hasPrefix("beta against SPY of ") == true)
        #expect(answer["conventions"]?.elements.count == 2)
        // As the portfolio is: live, by the detection, by the monitor and by the scheduled check.
        let live = try await fixture.json(.risk, .get, "/api/v1/sprint3/risk/realtime/p")
        #expect(isNear(values(live["checks"]), now))
        let detected = try await fixture.json(.risk, .post, "/api/v1/risk/breaches", #"{"portfolio_id":"p"}"#)
        #expect(isNear(values(detected["checks"]), now))
        let engine = try #require(fixture.hosts[.risk]?.engine as? RiskEngine)
        #expect(isNear(try await engine.judge("p")?.map(\.value) ?? [], now))
        try await engine.desk.check()
        let shown = engine.desk.outlooks.filter { $0.key.portfolio == "p" }.sorted { $0.key.limit < $1.key.limit }
        #expect(isNear(shown.map(\.value.check.value), [now[0], now[1], now[2]]))
        // In the reports and views that list limits.
        for path in ["reports/limits", "reports/daily_risk", "views/limits", "views/overview"] {
            let told = try await fixture.json(.risk, .get, "/api/v1/risk/" + path, query: "portfolio=p")
            let rows = (told["sections"]?.elements ?? []).flatMap { $0["blocks"]?.elements ?? [] }
                .compactMap { $0["table"] }.first { $0["name"]?.text == "limits" }?["rows"]?.elements ?? []
            let found = ["beta", "days", "five"].compactMap { id in rows.first { $0["limit_id"]?.text == id }?["value"]?.double }
            #expect(isNear(found, now), "\(path)")
            #expect(told["conventions"]?.elements.contains { $0.text?.hasPrefix("liquidity_days: ") == true } == true)
        }
        // By the bus: below what an order leads to it is denied, with the same figure.
        for (id, value, text) in [("beta", after[0], "beta against SPY"), ("days", after[1], "liquidity_days")] {
            _ = try await fixture.json(.risk, .put, Self.limits + "/" + id, """
                {"type":"\(id == "beta" ? "beta" : "liquidity_days")","threshold":\(value * 0.999),"portfolio_id":"p"\
                \(id == "beta" ? #","benchmark":"SPY""# : "")}
                """)
            let decision = try await decide(fixture, "by-\(id)", "KO")
            #expect(!decision.isApproved && decision.reasons.contains { $0.hasPrefix(text) && $0.contains("is above") })
            _ = try await fixture.json(.risk, .put, Self.limits + "/" + id, """
                {"type":"\(id == "beta" ? "beta" : "liquidity_days")","threshold":9,"portfolio_id":"p"\
                \(id == "beta" ? #","benchmark":"SPY""# : "")}
                """)
        }
        #expect(try await decide(fixture, "last", "KO").isApproved)
        await fixture.stop()
    }

    @LoopActor private func decide(_ fixture: EngineFixture, _ id: String, _ symbol: String) async throws -> RiskDecision {
        let intent = OrderIntent(
            orderID: id, portfolioID: "p", strategyID: "", symbol: try #require(Symbol(symbol)), side: .buy,
            size: .quantity(FixedPoint(4)), expectedQuantity: FixedPoint(4), referencePrice: FixedPoint(50),
            time: fixture.clock.now)
        try await fixture.publish(Topics.intent, "p", intent, from: .strategy)
        let decisions = try fixture.published.compactMap { message in
            try JSONParser().withDocument(message.data) { RiskDecision(json: $0) }
        }
        return try #require(decisions.first { $0.orderID == id })
    }

    @Test @LoopActor func whatIsNotStoredIsNamedAndDoesNotPass() async throws {
        let fixture = try await EngineFixture.make([RiskEngine.self])
        try fixture.listen([Topics.decision])
        try await fixture.publishCash(1000)
        try await hold(fixture, "KO", 10)
        try await fixture.store(.walk(100, seed: 3), "KO")
        try await fixture.store(BarColumns.walk(12, seed: 4, firstDay: 18_350), "PEP")
        _ = try await put(fixture, #"{"id":"beta","type":"beta","threshold":9,"benchmark":"NONE"}"#)
        _ = try await put(fixture, #"{"id":"days","type":"liquidity_days","threshold":9}"#)
        let first = try await decide(fixture, "o1", "KO")
        #expect(!first.isApproved && first.reasons == [
            "cannot be judged: beta needs returns of its benchmark NONE: no daily bars of NONE are stored",
        ])
        let second = try await decide(fixture, "o2", "PEP")
        #expect(second.reasons.last == "cannot be judged: liquidity_days needs the average daily volume of PEP: 12 of its "
            + "20 daily bars with a volume are stored")
        // Who asks by HTTP is told what to send.
        let asked = try await fixture.json(.risk, .post, Self.check, Self.order, status: 422)
        #expect(asked.pointers == ["/benchmark_returns"])
        // A limit of an earlier build names no benchmark.
        let engine = try #require(fixture.hosts[.risk]?.engine as? RiskEngine)
        engine.limits[0] = try Route.body(Limit.self, Request(
            method: .post, path: "/", body: Array(#"{"id":"beta","type":"beta","threshold":9}"#.utf8)))
        let third = try await decide(fixture, "o3", "KO")
        #expect(third.reasons == [
            "cannot be judged: beta needs benchmark_returns, or a benchmark with stored daily bars",
        ])
        // Bars that are stored later are read within a minute.
        engine.limits.removeFirst()
        #expect(try await decide(fixture, "o4", "KO").isApproved)
        await fixture.stop()
    }

    /// An order for an instrument without days in common is denied, and the orders after it are judged as before.
    @Test @LoopActor func aStrangerTakesNoDaysFromTheOthers() async throws {
        let fixture = try await fixture()
        try fixture.listen([Topics.decision])
        let first = values(try await fixture.json(.risk, .post, Self.check, Self.order)["checks"])
        try await fixture.store(.walk(60, seed: 9, firstDay: 10_000), "OLD")
        let stranger = try await decide(fixture, "o1", "OLD")
        #expect(!stranger.isApproved)
        #expect(stranger.reasons.first?.contains("share fewer than 3 days") == true)
        #expect(values(try await fixture.json(.risk, .post, Self.check, Self.order)["checks"]) == first)
        await fixture.stop()
    }

    @Test @LoopActor func severalPortfoliosAndTradersAreJudgedOnStoredBars() async throws {
        let fixture = try await fixture()
        try await hold(fixture, "KO", 4, "q")
        try await fixture.publishCash(0, of: "q")
        _ = try await put(fixture, #"{"id":"a","type":"beta","threshold":9,"benchmark":"SPY","scope":"firm"}"#)
        _ = try await put(fixture, #"{"id":"b","type":"liquidity_days","threshold":9,"volume_days":5,"scope":"firm"}"#)
        _ = try await put(fixture, #"{"id":"c","type":"liquidity_days","threshold":9,"scope":"trader:ann"}"#)
        let engine = try #require(fixture.hosts[.risk]?.engine as? RiskEngine)
        var found: [String: Double] = [:]
        await engine.judgeGroups(engine.groupLimits(of: "p", traders: ["ann"])) { _, checks in
            for check in checks { found[check.limit.id] = check.value }
        }
        let wanted = values(try await sent(fixture, 14))
        #expect(abs((found["a"] ?? .nan) - wanted[0]) < 1e-9 && abs((found["b"] ?? .nan) - wanted[2]) < 1e-15)
        #expect(found["c"] == 0)
        await fixture.stop()
    }

    @Test @LoopActor func aBenchmarkBelongsToLimitsOnBeta() async throws {
        let fixture = try await EngineFixture.make([RiskEngine.self])
        let expression = #"{"type":"expression","threshold":1,"expression":"beta * 2""#
        for (body, pointer) in [
            (#"{"type":"leverage","threshold":1,"benchmark":"SPY"}"#, "/benchmark"),
            (#"{"type":"beta","threshold":1,"benchmark":"no symbol"}"#, "/benchmark"),
            (#"{"type":"liquidity_days","threshold":1,"volume_days":0}"#, "/volume_days"),
            (#"{"type":"liquidity_days","threshold":1,"volume_days":254}"#, "/volume_days"),
        ] {
            #expect(try await put(fixture, body, status: 422).pointers == [pointer], "\(body)")
        }
        let made = try await put(fixture, expression + #","benchmark":"SPY","id":"e","volume_days":7}"#)
        #expect(made["benchmark"]?.text == "SPY" && made["volume_days"]?.double == 7)
        // Both stay over a restart. Without one it is stored too: then it is judged where returns are sent.
        let engine = try #require(fixture.hosts[.risk]?.engine as? RiskEngine)
        await engine.stop()
        try await engine.start()
        let again = try await fixture.json(.risk, .get, Self.limits + "/e")
        #expect(again == made)
        _ = try await put(fixture, #"{"id":"plain","type":"beta","threshold":1}"#)
        try await fixture.publishCash(1000)
        let judged = try await fixture.json(.risk, .post, "/api/v1/risk/breaches", #"{"portfolio_id":"p"}"#)
        let plain = try #require(judged["checks"]?.elements.first { $0["limit_id"]?.text == "plain" })
        #expect(plain["verdict"]?.text == "breach")
        #expect(plain["reason"]?.text?.contains("needs benchmark_returns, or a benchmark with stored daily bars") == true)
        await fixture.stop()
    }

    @Test @LoopActor func anotherBenchmarkOrMeanIsLooser() throws {
        func limit(_ more: String) throws -> Limit {
            try Route.body(Limit.self, Request(method: .post, path: "/", body: Array(
                #"{"type":"expression","expression":"beta+liquidity_days","threshold":1\#(more)}"#.utf8)))
        }
        let first = try limit(#","benchmark":"SPY""#)
        #expect(LimitLoosening.reasons(from: first, to: try limit(#","benchmark":"SPY","volume_days":20"#)).isEmpty)
        #expect(LimitLoosening.reasons(from: first, to: try limit(#","benchmark":"QQQ","volume_days":5"#)) == [
            "volume_days changes from 20 to 5", "benchmark changes from SPY to QQQ",
        ])
    }

    @Test @LoopActor func barsThatEndedLongAgoAreFlagged() async throws {
        let fixture = try await fixture()
        let last = BarColumns.walk(130, seed: 3)
        try await fixture.publish(last.bar(122, "KO"))
        try await fixture.publish(last.bar(122, "PEP"))
        let answer = try await fixture.json(.risk, .post, Self.check, Self.order)
        #expect(answer["warnings"]?.elements.compactMap(\.text) == [
            "The prices of KO (2020-05-02), PEP (2020-05-02) are older than five days.",
            "The stored daily bars of KO (2020-04-29), PEP (2020-04-26), SPY (2020-04-28) end more than five days before "
                + "the newest price.",
        ])
        let report = try await fixture.json(.risk, .get, "/api/v1/risk/reports/limits", query: "portfolio=p")
        #expect(report["warnings"] == answer["warnings"])
        // Where no limit reads bars, nothing is said of them.
        for id in ["beta", "days", "five"] { _ = try await fixture.json(.risk, .delete, Self.limits + "/" + id) }
        let bare = try await fixture.json(.risk, .get, "/api/v1/sprint3/risk/realtime/p")
        #expect(bare["warnings"]?.elements.count == 1 && bare["conventions"]?.elements.isEmpty == true)
        await fixture.stop()
    }

    /// Market data that does not answer is not an empty store, and is asked again the next time.
    @Test @LoopActor func marketDataThatIsAwayIsNamed() async throws {
        let scene = try await EngineScene(RiskEngine.self)
        let bars = DailyBars(scene.context), needs = HistoryNeeds(returns: true, benchmarks: ["SPY"], volumeDays: [20])
        let found = await bars.history(of: ["KO"], needs)
        #expect(found.returns.isEmpty && found.benchmarks.isEmpty && found.volume(of: "KO", days: 20).isNaN)
        #expect(found.missing == [
            "KO": "market data does not tell the daily bars of KO", "SPY": "market data does not tell the daily bars of SPY",
        ])
        await scene.stop()
    }

    /// What it told last serves for a day.
    @Test @LoopActor func marketDataThatFallsSilentLeavesWhatItTold() async throws {
        let peers = SilentPeers(), scene = try await EngineScene(RiskEngine.self, peers: peers)
        let bars = DailyBars(scene.context), needs = HistoryNeeds(returns: true)
        peers.answer = Array(BarColumns.walk(9).json.utf8)
        let told = await bars.history(of: ["KO"], needs).returns
        #expect(told["KO"]?.count == 8 && peers.asked == 1)
        peers.answer = nil
        scene.clock.advance(nanoseconds: DailyBars.lifeNanoseconds)
        for _ in 0..<3 { #expect(await bars.history(of: ["KO"], needs).returns == told) }
        // It is not asked again at once.
        #expect(peers.asked == 2 && bars.known(of: ["KO"], needs).returns == told)
        scene.clock.advance(nanoseconds: DailyBars.keptNanoseconds)
        let missing = await bars.history(of: ["KO"], needs).missing
        #expect(missing == ["KO": "market data does not tell the daily bars of KO"])
        #expect(bars.known(of: ["KO"], needs).returns.isEmpty)
        peers.answer = Array(BarColumns.walk(5).json.utf8)
        #expect(await bars.history(of: ["KO"], needs).returns["KO"]?.count == 4)
        await scene.stop()
    }

    /// Market data that hangs holds up nobody for every instrument in turn, nor again at once.
    @Test @LoopActor func marketDataThatHangsIsWaitedForOnce() async throws {
        let peers = SilentPeers(), scene = try await EngineScene(RiskEngine.self, peers: peers)
        let bars = DailyBars(scene.context), needs = HistoryNeeds(returns: true), names = ["KO", "PEP", "MSFT"]
        peers.answer = Array(BarColumns.walk(9).json.utf8)
        let told = await bars.history(of: names, needs).returns
        #expect(told.count == 3 && peers.asked == 3)
        peers.answer = nil
        peers.hanging = scene.clock
        scene.clock.advance(nanoseconds: DailyBars.lifeNanoseconds)
        let before = scene.clock.monotonic
        for _ in 0..<3 { #expect(await bars.history(of: names, needs).returns == told) }
        #expect(peers.asked == 4 && scene.clock.monotonic - before == DailyBars.refreshNanoseconds)
        // Nor for one of which nothing is known; after a pause it is asked for.
        #expect(await bars.history(of: ["GE"], needs).missing.count == 1 && peers.asked == 4)
        peers.hanging = nil
        peers.answer = Array(BarColumns.walk(9).json.utf8)
        scene.clock.advance(nanoseconds: DailyBars.pauseNanoseconds)
        #expect(await bars.history(of: ["GE"], needs).returns["GE"]?.count == 8)
        await scene.stop()
    }

    // MARK: Columns

    @Test func daysAreMatchedAndNotPlaces() throws {
        let bars = BarColumns.walk(40, seed: 2)
        let whole = DailyColumn(bars), part = DailyColumn(bars.without([5, 20, 21]))
        let needs = HistoryNeeds(returns: true, benchmarks: ["M"], volumeDays: [20, 40])
        let history = MarketHistory(needs, symbols: ["A"], columns: ["A": whole, "M": part])
        #expect(history.returns["A"] == whole.closes.returns && history.narrowedBy == nil)
        let market = try #require(history.benchmarks["M"]?.values)
        #expect(market.count == 39)
        for day in 0..<39 {
            let isKnown = [day, day + 1].allSatisfy { ![5, 20, 21].contains($0) }
            #expect(isKnown ? market[day] == whole.closes.returns[day] : market[day].isNaN)
        }
        #expect(history.volume(of: "A", days: 40) == bars.volume.reduce(0, +) / 40)
        #expect(history.volume(of: "B", days: 20).isNaN && history.reason(of: "B").isEmpty)
        // A guest with fewer days is told; so are holdings that share none.
        let narrowed = MarketHistory(needs, symbols: ["A"], guest: "B", columns: ["A": whole, "B": part])
        #expect(narrowed.narrowedBy == "B" && narrowed.returns["A"]?.count == 36 && narrowed.returns["B"]?.count == 36)
        let apart = MarketHistory(
            needs, symbols: ["A", "B"], columns: ["A": whole, "B": DailyColumn(.walk(9, firstDay: 9_000))])
        #expect(apart.returns.isEmpty && apart.missing.count == 2)
        let few = MarketHistory(needs, symbols: ["A"], columns: ["A": DailyColumn(bars.prefix(2))])
        #expect(few.missing["A"] == "fewer than 3 daily bars of A are stored")
    }

    @Test func aVolumeThatIsNotStoredIsPassedOver() {
        #expect(MeanVolume(of: 2, in: [1, 5, .nan, 7]) == MeanVolume(days: 2, stored: 2, mean: 6))
        #expect(MeanVolume(of: 4, in: [1, 5, .nan, 7]).stored == 3)
        #expect(MeanVolume(of: 4, in: [1, 5, .nan, 7]).mean.isNaN)
        #expect(MeanVolume(of: 2, in: [0, 0]).mean == 0)
    }
}

/// Market data that answers or does not.
@LoopActor private final class SilentPeers: PeerClient {
    var answer: [UInt8]?
    /// Where there is one, it goes on by the deadline of a question without an answer.
    var hanging: ManualClock?
    private(set) var asked = 0

    func send(
        _ request: Request, to engine: EngineName, deadlineNanoseconds: Int64
    ) async throws(PeerError) -> Response {
        asked += 1
        if answer == nil, let hanging {
            hanging.advance(nanoseconds: deadlineNanoseconds)
            throw .timedOut
        }
        guard let answer else { throw .unreachable("silent") }
        return Response(status: 200, headers: ["Content-Type": "application/json"], body: answer)
    }
}

extension BarColumns {
    /// All rows but some.
    fileprivate func without(_ rows: Set<Int>) -> BarColumns {
        func column<T>(_ values: [T]) -> [T] { values.enumerated().filter { !rows.contains($0.offset) }.map(\.element) }
        var bars = BarColumns()
        bars.times = column(times)
        bars.open = column(open)
        bars.high = column(high)
        bars.low = column(low)
        bars.close = column(close)
        bars.volume = column(volume)
        return bars
    }
}
