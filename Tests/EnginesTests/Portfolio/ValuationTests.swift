import Analytics
import Bus
import EngineKit
import HTTP
import Market
import Portfolio
import Risk
import Runtime
import Store
import Testing
import TestKit
import Wire

/// What others are told of a portfolio's value: the same whatever came late, over a split and over a restart.
@Suite struct ValuationTests {
    init() { EventLoop.runInBackground() }

    private static let day: Int64 = 86_400_000_000_000
    /// 2023-01-01.
    private static let start: Int64 = 1_672_531_200_000_000_000

    @LoopActor private func make(_ types: [any Engine.Type] = [PortfolioEngine.self], watch: String = "")
        async throws -> EngineFixture {
        let fixture = try await EngineFixture.make(types)
        _ = try await fixture.json(
            .portfolio, .post, "/portfolios", #"{"id":"p","name":"P","currency":"USD","watch":[\#(watch)]}"#, status: 201)
        return fixture
    }

    @LoopActor private func post(_ fixture: EngineFixture, _ body: String, status: Int = 201) async throws {
        _ = try await fixture.json(.portfolio, .post, "/portfolios/p/transactions", body, status: status)
        await fixture.settle()
    }

    @LoopActor private func bar(_ fixture: EngineFixture, _ symbol: String, _ day: Int, _ close: Double) async throws {
        try await fixture.publish(Bar(
            symbol: try #require(Symbol(symbol)), timeframe: .day1,
            time: Timestamp(nanoseconds: Self.start + Int64(day) * Self.day), open: close, high: close, low: close,
            close: close, volume: 1))
        await fixture.settle()
    }

    private static func time(_ day: Int, hours: Int = 0) -> String {
        Timestamp(nanoseconds: start + Int64(day) * Self.day + Int64(hours) * 3_600_000_000_000).iso8601
    }

    /// Equity by time, as it was told last.
    @LoopActor private func told(_ fixture: EngineFixture) throws -> [String: String] {
        var equity: [String: String] = [:]
        for message in fixture.published where message.topic.family == Topics.value.name {
            let value = try #require(try JSONParser().withDocument(message.data) { PortfolioValue(json: $0) })
            equity[value.time.iso8601] = value.equity.description
        }
        return equity
    }

    @Test @LoopActor func aLateTransactionRestatesExactlyThePointsItTouches() async throws {
        let fixture = try await make(watch: #""KO""#)
        try fixture.listen([Topics.value])
        try await post(fixture, #"{"type":"deposit","amount":1000,"ts":"\#(Self.time(0))"}"#)
        for day in 1...4 { try await bar(fixture, "KO", day, Double(9 + day)) }
        await fixture.until("five values came") { fixture.published.count == 5 }
        try await post(fixture, #"{"type":"buy","symbol":"KO","quantity":10,"price":11,"ts":"\#(Self.time(3))"}"#)
        await fixture.until("two more came") { fixture.published.count == 7 }
        #expect(try told(fixture) == [
            Self.time(0): "1000", Self.time(1): "1000", Self.time(2): "1000", Self.time(3): "1010", Self.time(4): "1020",
        ])
        await fixture.stop()
    }

    /// Transactions and bars in any order lead to the same values.
    @Test(arguments: [1, 2, 3, 4, 5, 6] as [UInt64])
    @LoopActor func theCurveIsTheSameInWhicheverOrderThingsCame(_ seed: UInt64) async throws {
        enum Event { case post(String), bar(String, Int, Double) }
        var events: [Event] = [.post(#"{"type":"deposit","amount":10000,"ts":"\#(Self.time(0))"}"#)]
        for day in 1...6 {
            events.append(.bar("KO", day, Double(50 + day * day % 7)))
            if day % 2 == 0 { events.append(.bar("PEP", day, Double(80 - day))) }
        }
        events += [
            .post(#"{"type":"buy","symbol":"KO","quantity":20,"price":51,"commission":1,"ts":"\#(Self.time(1, hours: 5))"}"#),
            .post(#"{"type":"buy","symbol":"PEP","quantity":7,"price":79,"ts":"\#(Self.time(2, hours: 1))"}"#),
            .post(#"{"type":"split","symbol":"KO","ratio":2,"ts":"\#(Self.time(3, hours: 7))"}"#),
            .post(#"{"type":"sell","symbol":"KO","quantity":5,"price":25,"ts":"\#(Self.time(4))"}"#),
            .post(#"{"type":"withdrawal","amount":300,"ts":"\#(Self.time(5, hours: 2))"}"#),
            .post(#"{"type":"fee","amount":3,"ts":"\#(Self.time(2, hours: 2))"}"#),
        ]
        func run(_ events: [Event]) async throws -> (told: [String: String], pnl: String?) {
            let fixture = try await make([PortfolioEngine.self, AnalyticsEngine.self], watch: #""KO","PEP""#)
            try fixture.listen([Topics.value])
            for event in events {
                switch event {
                case .post(let body): try await post(fixture, body)
                case .bar(let symbol, let day, let close): try await bar(fixture, symbol, day, close)
                }
            }
            let pnl = try await fixture.json(.analytics, .get, "/api/v1/analytics/performance/p")["pnl"]
            let told = try told(fixture)
            await fixture.stop()
            return (told, pnl?.json)
        }
        // What was split must have been bought before; the rest comes as it likes.
        var shuffled = events, state = seed
        for index in stride(from: shuffled.count - 1, to: 0, by: -1) {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            shuffled.swapAt(index, Int(state >> 33) % (index + 1))
        }
        func place(_ text: String) -> Int {
            shuffled.firstIndex { if case .post(let body) = $0 { body.contains(text) } else { false } } ?? 0
        }
        if place("split") < place(#"KO","quantity":20"#) { shuffled.swapAt(place("split"), place(#"KO","quantity":20"#)) }
        let ordered = try await run(events), other = try await run(shuffled)
        let began = Self.time(0)
        #expect(other.told.filter { $0.key >= began } == ordered.told && ordered.told.count == 12)
        #expect(other.pnl == ordered.pnl && ordered.pnl != nil)
    }

    /// Risk's cash and analytics' equity follow whatever is booked, whenever it is dated.
    @Test @LoopActor func whatIsDatedBackReachesEveryone() async throws {
        let fixture = try await make([PortfolioEngine.self, RiskEngine.self, AnalyticsEngine.self])
        try await post(fixture, #"{"type":"deposit","amount":100000,"ts":"2023-06-01"}"#)
        try await post(fixture, #"{"type":"withdrawal","amount":90000,"ts":"2023-05-31"}"#)
        try await post(fixture, #"{"type":"buy","symbol":"KO","quantity":100,"price":50,"ts":"2023-06-02T10:00:00Z"}"#)
        try await post(fixture, #"{"type":"buy","symbol":"KO","quantity":50,"price":50,"ts":"2023-06-02T09:00:00Z"}"#)
        let risk = try await fixture.json(.risk, .get, "/api/v1/sprint3/risk/realtime/p")
        #expect(risk["metrics"]?["equity"]?.double == 10_000 && risk["metrics"]?["gross_exposure"]?.double == 7500)
        let analytics = try await fixture.json(.analytics, .get, "/api/v1/analytics/performance/p")
        #expect(analytics["pnl"]?["equity"]?.double == 10_000 && analytics["pnl"]?["market_value"]?.double == 7500)
        #expect(analytics["positions"]?[0]?["quantity"]?.double == 150)
        await fixture.stop()
    }

    @Test @LoopActor func aSplitChangesNoValue() async throws {
        let fixture = try await make(watch: #""KO""#)
        try fixture.listen([Topics.value, Topics.position])
        try await post(fixture, #"{"type":"deposit","amount":1500,"ts":"\#(Self.time(0))"}"#)
        try await post(fixture, #"{"type":"buy","symbol":"KO","quantity":10,"price":100,"ts":"\#(Self.time(1))"}"#)
        try await bar(fixture, "KO", 2, 100)
        try await post(fixture, #"{"type":"split","symbol":"KO","ratio":2,"ts":"\#(Self.time(3, hours: 1))"}"#)
        let position = try #require(fixture.published.last { $0.topic.family == Topics.position.name })
        let update = try #require(try JSONParser().withDocument(position.data) { PositionUpdate(json: $0) })
        #expect(update.split?.ratio == FixedPoint(2) && update.split?.time.iso8601 == Self.time(3, hours: 1))
        #expect(update.price == FixedPoint(50) && update.quantity == FixedPoint(20))
        #expect(try await fixture.json(.portfolio, .get, "/portfolios/p")["equity"]?.double == 1500)
        let then = "at=" + Self.time(3, hours: 2)
        #expect(try await fixture.json(.portfolio, .get, "/portfolios/p", query: then)["equity"]?.double == 1500)
        try await bar(fixture, "KO", 4, 50)
        #expect(Set(try told(fixture).values) == ["1500"])
        // Nothing would be left of it.
        let body = #"{"type":"split","symbol":"KO","ratio":1e-9,"ts":"\#(Self.time(5))"}"#
        try await post(fixture, #"{"type":"sell","symbol":"KO","quantity":19.9,"price":50,"ts":"\#(Self.time(4, hours: 1))"}"#)
        #expect(try await fixture.json(.portfolio, .post, "/portfolios/p/transactions", body, status: 422).pointers
            == ["/ratio"])
        await fixture.stop()
    }

    /// A new life knows at which prices the last one told values, and for which times.
    @Test(arguments: EngineRecords.here)
    @LoopActor func aRestartChangesNoValue(_ records: EngineRecords) async throws {
        let fixture = try await EngineFixture.make([PortfolioEngine.self], records: records)
        _ = try await fixture.json(.portfolio, .post, "/portfolios", #"{"id":"p","name":"P","currency":"USD"}"#, status: 201)
        try fixture.listen([Topics.value])
        try await post(fixture, #"{"type":"deposit","amount":11000,"ts":"\#(Self.time(0))"}"#)
        try await post(fixture, #"{"type":"buy","symbol":"KO","quantity":100,"price":100,"ts":"\#(Self.time(1))"}"#)
        for (day, close) in [(2, 150.0), (3, 200)] { try await bar(fixture, "KO", day, close) }
        let context = try #require(fixture.hosts[.portfolio]).context
        let second = EngineHost(PortfolioEngine.self, context, access: AccessPolicy())
        second.start()
        await second.ready()
        func send(_ body: String) async -> Int {
            await second.application.respond(Request(
                method: .post, path: "/portfolios/p/transactions",
                headers: ["Host": "localhost", "Content-Type": "application/json"], body: Array(body.utf8))).status
        }
        #expect(await send(#"{"type":"fee","amount":1,"ts":"\#(Self.time(4))"}"#) == 201)
        #expect(await send(#"{"type":"deposit","amount":5000,"ts":"\#(Self.time(2, hours: 1))"}"#) == 201)
        await fixture.settle()
        #expect(try told(fixture) == [
            Self.time(0): "11000", Self.time(1): "11000", Self.time(2): "16000", Self.time(2, hours: 1): "21000",
            Self.time(3): "26000", Self.time(4): "25999",
        ])
        await second.stop()
        await fixture.stop()
    }

    /// History that was booked before its prices were told: stored closes of the days before count.
    @Test @LoopActor func aHoldingThatNothingWasToldOfCountsAtAStoredClose() async throws {
        let fixture = try await make()
        // From two days before the start on.
        let bars = BarColumns.walk(9, seed: 5, start: 60, firstDay: 19_356)
        try await fixture.write(bars, "KO")
        try fixture.listen([Topics.value])
        try await post(fixture, #"{"type":"deposit","amount":1000,"ts":"\#(Self.time(0))"}"#)
        try await post(fixture, #"{"type":"buy","symbol":"KO","quantity":10,"price":60,"ts":"\#(Self.time(0, hours: 1))"}"#)
        try await post(fixture, #"{"type":"fee","amount":1,"ts":"\#(Self.time(5, hours: 1))"}"#)
        let equity = try #require(try told(fixture)[Self.time(5, hours: 1)].flatMap { Double($0) })
        let days = bars.times.map { ($0 - Self.start) / Self.day }
        let stored = try #require(days.firstIndex(of: 5)), newest = try #require(bars.close.last)
        #expect(abs(equity - (399 + 10 * bars.close[stored])) < 1e-6)
        // Now is the newest one that is stored.
        let now = try #require(try await fixture.json(.portfolio, .get, "/portfolios/p")["equity"]?.double)
        #expect(abs(now - (399 + 10 * newest)) < 1e-6)
        // Closes of weeks ago say nothing: at cost.
        try await post(fixture, #"{"type":"buy","symbol":"PEP","quantity":1,"price":30,"ts":"\#(Self.time(60))"}"#)
        let later = try #require(try told(fixture)[Self.time(60)].flatMap { Double($0) })
        #expect(abs(later - equity) < 1e-6)
        await fixture.stop()
    }

    /// A bar of an old replay beside many newer values tells its own and the newest at once, the others when it is quiet;
    /// a new life tells what the last one owed.
    @Test(arguments: [false, true])
    @LoopActor func whatMuchDependsOnIsToldWhenItIsQuiet(_ restarts: Bool) async throws {
        let fixture = try await make(watch: #""KO""#)
        try await post(fixture, #"{"type":"deposit","amount":1000,"ts":"\#(Self.time(0))"}"#)
        try await post(fixture, #"{"type":"buy","symbol":"KO","quantity":1,"price":10,"ts":"\#(Self.time(0))"}"#)
        let times = (0..<80).map { Self.time(100, hours: $0) }
        for time in times { try await post(fixture, #"{"type":"interest","amount":1,"ts":"\#(time)"}"#) }
        try fixture.listen([Topics.value])
        try await bar(fixture, "KO", 5, 20)
        await fixture.until("two values came") { fixture.published.count >= 2 }
        let soon = fixture.published.prefix(2).map(\.time.iso8601)
        #expect(soon == [Self.time(5), times[79]])
        let context = try #require(fixture.hosts[.portfolio]).context
        let second = EngineHost(PortfolioEngine.self, context, access: AccessPolicy())
        if restarts {
            await fixture.hosts[.portfolio]?.stop()
            #expect(fixture.published.count == 2)
            try await context.outbox.start()
            second.start()
            await second.ready()
        }
        await fixture.until("all values came") { fixture.published.count >= 2 + 81 }
        let told = try told(fixture)
        #expect(told.count == 81 && told[times[0]] == "1011" && told[times[79]] == "1090")
        let rows = try await context.records.query(Statement("SELECT time FROM valuations WHERE symbol = '*'"))
        #expect(rows.rows.isEmpty)
        if restarts { await second.stop() }
        await fixture.stop()
    }

    @Test @LoopActor func whatHasNotHappenedAndWhatATypeHasNotAreRefused() async throws {
        let fixture = try await make()
        func pointers(_ body: String) async throws -> Set<String> {
            Set(try await fixture.json(.portfolio, .post, "/portfolios/p/transactions", body, status: 422).pointers)
        }
        #expect(try await pointers(#"{"type":"deposit","amount":1,"ts":"2024-01-04"}"#) == ["/ts"])
        try await post(fixture, #"{"type":"deposit","amount":1,"ts":"2024-01-03"}"#)
        #expect(try await pointers(#"{"type":"deposit","amount":1,"commission":1,"price":2}"#) == ["/commission", "/price"])
        #expect(try await pointers(#"{"type":"buy","symbol":"KO","quantity":1,"price":1,"amount":1,"ratio":2}"#)
            == ["/amount", "/ratio"])
        try await post(fixture, #"{"type":"interest","amount":2,"ts":"2024-01-01"}"#)
        let now = try await fixture.json(.portfolio, .get, "/portfolios/p")
        // Tomorrow's deposit is not there yet, in the list neither.
        #expect(now["interest"]?.double == 2 && now["cash"]?.double == 2)
        #expect(try await fixture.json(.portfolio, .get, "/portfolios")["items"]?[0]?["cash"]?.double == 2)
        await fixture.stop()
    }
}
