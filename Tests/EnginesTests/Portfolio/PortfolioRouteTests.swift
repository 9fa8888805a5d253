import Bus
import EngineKit
import HTTP
import Market
import Portfolio
import Runtime
import Testing
import TestKit
import Wire

/// The portfolio engine by HTTP and by bus.
@Suite struct PortfolioRouteTests {
    init() { EventLoop.runInBackground() }

    @LoopActor private func post(
        _ fixture: EngineFixture, _ body: String, status: Int = 201, location: SourceLocation = #_sourceLocation
    ) async throws -> JSONTree {
        try await fixture.json(.portfolio, .post, "/portfolios/p/transactions", body, status: status,
            location: location)
    }

    @LoopActor private func make(negative: Bool = true) async throws -> EngineFixture {
        let fixture = try await EngineFixture.make([PortfolioEngine.self])
        let made = try await fixture.json(
            .portfolio, .post, "/portfolios",
            #"{"id":"p","name":"P","currency":"USD","allow_negative_cash":\#(negative)}"#, status: 201)
        #expect(made["id"]?.text == "p" && made["cash"]?.double == 0)
        return fixture
    }

    @Test @LoopActor func transactionsMoveCashAndPositionsAndTheLedgerBalances() async throws {
        let fixture = try await make()
        let bodies = [
            #"{"type":"deposit","amount":1000.5,"ts":"2020-01-02"}"#,
            #"{"type":"buy","symbol":"KO","quantity":10,"price":50,"commission":1,"ts":"2020-01-03"}"#,
            #"{"type":"sell","symbol":"KO","quantity":4,"price":60,"ts":"2020-01-06"}"#,
            #"{"type":"dividend","symbol":"KO","amount":3,"ts":"2020-01-07"}"#,
            #"{"type":"fee","amount":2,"ts":"2020-01-08"}"#,
            #"{"type":"deposit","amount":7,"currency":"EUR","ts":"2020-01-08"}"#,
        ]
        for body in bodies { #expect(try await post(fixture, body)["id"]?.text?.isEmpty == false) }
        let now = try await fixture.json(.portfolio, .get, "/portfolios/p")
        #expect(now["cash"]?.double == 740.5)
        #expect(now["cash_by_currency"]?["EUR"]?.double == 7 && now["net_deposits"]?.double == 1000.5)
        #expect(now["positions"]?[0]?["quantity"]?.double == 6 && now["positions"]?[0]?["cost_basis"]?.double == 300)
        #expect(now["realized"]?.double == 40 && now["fees"]?.double == 3 && now["dividends"]?.double == 3)
        #expect(now["unpriced"] == .array([.string("KO")]) && now["trades"]?.int == 2)
        let then = try await fixture.json(.portfolio, .get, "/portfolios/p", query: "at=2020-01-03")
        #expect(then["cash"]?.double == 499.5 && then["positions"]?[0]?["quantity"]?.double == 10)
        let before = try await fixture.json(.portfolio, .get, "/portfolios/p", query: "at=2020-01-01")
        #expect(before["cash"]?.double == 0 && before["positions"] == .array([]))
        let page = try await fixture.json(.portfolio, .get, "/portfolios/p/transactions", query: "limit=4")
        let cursor = try #require(page["next_cursor"]?.text)
        let rest = try await fixture.json(.portfolio, .get, "/portfolios/p/transactions",
            query: "limit=4&cursor=\(cursor)")
        #expect(rest["next_cursor"] == .null)
        let items = (page["items"]?.elements ?? []) + (rest["items"]?.elements ?? [])
        #expect(items.compactMap { $0["type"]?.text } == ["deposit", "buy", "sell", "dividend", "fee", "deposit"])
        for item in items {
            let amounts = (item["entries"]?.elements ?? []).compactMap { $0["amount"]?.double }
            #expect(amounts.count >= 2 && amounts.reduce(0, +) == 0)
        }
        await fixture.stop()
    }

    @Test @LoopActor func aKeyAnswersTheSameAndRefusesAnotherBody() async throws {
        let fixture = try await make()
        let host = try #require(fixture.hosts[.portfolio])
        func send(_ body: String) async -> Response {
            let headers: Headers = ["Host": "localhost", "Content-Type": "application/json", "Idempotency-Key": "k1"]
            return await host.application.respond(Request(
                method: .post, path: "/portfolios/p/transactions", headers: headers, body: Array(body.utf8)))
        }
        let first = await send(#"{"type":"deposit","amount":5}"#),
            second = await send(#"{"type":"deposit","amount":5}"#)
        #expect(first.status == 201 && second.status == 201 && first.body == second.body)
        #expect(await send(#"{"type":"deposit","amount":6}"#).status == 409)
        #expect(try await fixture.json(.portfolio, .get, "/portfolios/p")["cash"]?.double == 5)
        // A name that is taken is a conflict too.
        _ = try await fixture.json(.portfolio, .post, "/portfolios", #"{"id":"p","name":"Q","currency":"USD"}"#,
            status: 409)
        await fixture.stop()
    }

    @Test @LoopActor func everyWrongFieldIsNamedAtOnce() async throws {
        let fixture = try await make(negative: false)
        let wrong = try await post(
            fixture, #"{"type":"buy","symbol":"","quantity":0,"price":-1,"commission":-2,"currency":"usd","ts":"then"}"#,
            status: 422)
        #expect(Set(wrong.pointers) == ["/symbol", "/quantity", "/price", "/commission", "/currency", "/ts"])
        let missing = try await post(fixture, #"{"type":"split"}"#, status: 422)
        #expect(Set(missing.pointers) == ["/symbol", "/ratio"])
        #expect(try await post(fixture, #"{"type":"gift","amount":1}"#, status: 422).pointers == ["/type"])
        let creating = try await fixture.json(.portfolio, .post, "/portfolios",
                                              #"{"id":"a b","name":"","currency":"us"}"#, status: 422)
        #expect(Set(creating.pointers) == ["/id", "/name", "/currency"])
        _ = try await fixture.json(.portfolio, .get, "/portfolios/none", status: 404)
        _ = try await fixture.json(.portfolio, .get, "/portfolios/none/transactions", status: 404)
        _ = try await fixture.json(.portfolio, .post, "/portfolios/none/transactions",
                                   #"{"type":"deposit","amount":1}"#, status: 404)
        // This one does not allow negative cash.
        _ = try await post(fixture, #"{"type":"deposit","amount":10,"ts":"2020-01-02"}"#)
        #expect(try await post(fixture, #"{"type":"withdrawal","amount":11,"ts":"2020-01-03"}"#, status: 422).pointers
            == ["/amount"])
        #expect(try await post(fixture, #"{"type":"buy","symbol":"KO","quantity":1,"price":11}"#, status: 422).pointers
            == ["/quantity"])
        #expect(try await post(fixture, #"{"type":"split","symbol":"KO","ratio":2}"#,
            status: 422).pointers == ["/symbol"])
        _ = try await post(fixture, #"{"type":"withdrawal","amount":10,"ts":"2020-01-03"}"#)
        #expect(try await fixture.json(.portfolio, .get, "/portfolios/p")["cash"]?.double == 0)
        await fixture.stop()
    }

    /// Sums that fixed point could not hold, or nobody could read, are refused before anything is kept.
    @Test @LoopActor func amountsBeyondAnyPortfolioAreRefusedAndValuesStayReadable() async throws {
        let fixture = try await make()
        _ = try await post(fixture, #"{"type":"buy","symbol":"KO","quantity":1e15,"price":1}"#)
        for (body, pointer) in [
            (#"{"type":"buy","symbol":"D","quantity":1e15,"price":1e15}"#, "/quantity"),
            (#"{"type":"buy","symbol":"KO","quantity":1,"price":1}"#, "/quantity"),
            (#"{"type":"sell","symbol":"KO","quantity":1e15,"price":1e15}"#, "/quantity"),
            (#"{"type":"split","symbol":"KO","ratio":1e15}"#, "/ratio"),
            (#"{"type":"withdrawal","amount":1}"#, "/amount"),
        ] { #expect(try await post(fixture, body, status: 422).pointers == [pointer]) }
        _ = try await post(fixture, #"{"type":"deposit","amount":5,"currency":"EUR"}"#)
        try await fixture.publish(Bar(
            symbol: try #require(Symbol("KO")), timeframe: .day1, time: Timestamp(seconds: 1_600_000_000), open: 1e15,
            high: 1e15, low: 1e15, close: 1e15, volume: 0))
        await fixture.settle()
        let now = try await fixture.json(.portfolio, .get, "/portfolios/p")
        #expect(now["positions"]?[0]?["price"]?.double == 1e15)
        #expect((now["market_value"]?.double ?? 0) > 1e29 && now["cash"]?.double == -1e15)
        #expect(now["not_in_equity"] == .array([.string("EUR")]))
        await fixture.stop()
    }

    @Test @LoopActor func whatHasNoPriceCountsAtCostAndOtherCurrenciesDoNotMix() async throws {
        let fixture = try await make()
        _ = try await post(fixture, #"{"type":"deposit","amount":1000}"#)
        _ = try await post(fixture, #"{"type":"buy","symbol":"KO","quantity":10,"price":100}"#)
        #expect(try await post(
            fixture, #"{"type":"buy","symbol":"KO","quantity":1,"price":100,"currency":"EUR"}"#, status: 422).pointers
            == ["/currency"])
        _ = try await post(fixture, #"{"type":"fee","amount":3,"currency":"EUR"}"#)
        let now = try await fixture.json(.portfolio, .get, "/portfolios/p")
        #expect(now["equity"]?.double == 1000 && now["unrealized"]?.double == 0 && now["fees"]?.double == 0)
        #expect(now["unpriced"] == .array([.string("KO")]) && now["cash_by_currency"]?["EUR"]?.double == -3)
        #expect(try await post(
            fixture, #"{"type":"sell","symbol":"KO","quantity":1,"price":100,"comission":3}"#, status: 422).pointers
            == ["/comission"])
        await fixture.stop()
    }

    @Test @LoopActor func aFillIsBookedOnceAndTheNextLifeKeepsEverything() async throws {
        let fixture = try await make(negative: false)
        try fixture.listen([Topics.value])
        _ = try await post(fixture, #"{"type":"deposit","amount":10,"ts":"2019-12-01"}"#)
        let symbol = try #require(Symbol("KO")), bars = BarColumns.walk(3)
        let fill = Fill(id: "f1", orderID: "o1", portfolioID: "p", strategyID: "", symbol: symbol, side: .buy,
                        quantity: FixedPoint(2), price: FixedPoint(100), commission: FixedPoint(1),
                        time: Timestamp(nanoseconds: bars.times[1]))
        // More than cash: it has happened all the same.
        try await fixture.publish(Topics.fill, "p", fill, from: .strategy)
        try await fixture.publish(Topics.fill, "p", fill, from: .strategy)
        for row in 0..<3 { try await fixture.publish(bars.bar(row, "KO")) }
        await fixture.settle()
        let live = try await fixture.json(.portfolio, .get, "/portfolios/p")
        #expect(live["cash"]?.double == -191 && live["trades"]?.int == 1)
        let worth = try #require(live["market_value"]?.double), wanted: Double = 2 * bars.close[2]
        #expect(abs(worth - wanted) < 1e-8)
        // People are told the same, apart from the engines.
        await fixture.until("all values came") { fixture.published.count == 6 }
        let values = try fixture.published.map { try JSONTree($0.data) }
        // Of the deposit, the fill and three closes; the first close was before the fill, whose value it changes. Money
        // travels as text.
        #expect(values.compactMap { $0["trades"]?.int } == [0, 1, 0, 1, 1, 1])
        #expect(values.last?["equity"]?.text.flatMap { Double($0) } == live["equity"]?.double)
        #expect(values.allSatisfy { $0["net_deposits"]?.text == "10" })
        let context = try #require(fixture.hosts[.portfolio]).context
        let second = EngineHost(PortfolioEngine.self, context, access: AccessPolicy())
        second.start()
        await second.ready()
        for path in ["/portfolios", "/portfolios/p/transactions"] {
            let request = Request(method: .get, path: path, headers: ["Host": "localhost"])
            let again = await second.application.respond(request)
            let first = try await fixture.ask(.portfolio, .get, path)
            #expect(again.status == 200 && again.body == first.body)
        }
        await second.stop()
        await fixture.stop()
    }
}
