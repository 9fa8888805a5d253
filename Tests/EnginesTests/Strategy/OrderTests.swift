import EngineKit
import HTTP
import Market
import Portfolio
import Risk
import Runtime
import Strategy
import Testing
import TestKit
import Wire

/// Orders by hand through strategy, risk, portfolio and market data.
@Suite struct OrderTests {
    init() { EventLoop.runInBackground() }

    /// A portfolio of 10,000 and three bars of KO, the last close known.
    @LoopActor private func make() async throws -> (EngineFixture, BarColumns) {
        let fixture = try await EngineFixture.make([StrategyEngine.self, RiskEngine.self, PortfolioEngine.self])
        let bars = BarColumns.walk(6)
        try await fixture.store(bars.prefix(3), "KO")
        try await fixture.fund()
        await fixture.settle()
        return (fixture, bars)
    }

    @LoopActor private func place(_ fixture: EngineFixture, _ more: String,
        status: Int = 200) async throws -> JSONTree {
        try await fixture.json(.strategy, .post, "/orders", #"{"portfolio_id":"p","symbol":"KO",\#(more)}"#,
            status: status)
    }

    @Test @LoopActor func aMarketOrderIsFilledAndBooked() async throws {
        let (fixture, bars) = try await make()
        let order = try await place(fixture, #""side":"buy","quantity":3"#)
        #expect(order["state"]?.text == "filled" && order["filled_quantity"]?.double == 3)
        let price = try #require(order["fills"]?[0]?["price"]?.double)
        #expect(abs(price - bars.close[2]) < 1e-8)
        await fixture.settle()
        let held = try await fixture.json(.portfolio, .get, "/portfolios/p")
        #expect(held["positions"]?[0]?["quantity"]?.double == 3 && held["trades"]?.int == 1)
        let cash = try #require(held["cash"]?.double), left: Double = 10_000 - 3 * price
        #expect(abs(cash - left) < 1e-6)
        let id = try #require(order["id"]?.text)
        #expect(try await fixture.json(.strategy, .get, "/orders/\(id)") == order)
        #expect(try await fixture.json(.strategy, .delete, "/orders/\(id)", status: 409)["detail"]?.text?
            .contains("filled") == true)
        await fixture.stop()
    }

    @Test @LoopActor func aLimitOrderRestsUntilThePriceComesOrItIsCancelled() async throws {
        let (fixture, bars) = try await make()
        let first = try await place(fixture, #""side":"buy","quantity":1,"price":1"#)
        let second = try await place(fixture, #""side":"sell","quantity":1,"price":\#(bars.close[2] * 3)"#)
        let third = try await place(fixture, #""side":"buy","quantity":2,"price":2"#)
        for order in [first, second, third] {
            #expect(order["state"]?.text == "working" && order["fills"] == .array([]))
        }
        let cancelled = try #require(third["id"]?.text), resting = try #require(first["id"]?.text)
        #expect(try await fixture.json(.strategy, .delete, "/orders/\(cancelled)")["state"]?.text == "cancelled")
        _ = try await fixture.json(.strategy, .delete, "/orders/\(cancelled)", status: 409)
        // A bar that does not reach it leaves it, and so does one of before it was placed, as replays have them; the next
        // fills it at its close.
        var high = bars.bar(3, "KO"), low = bars.bar(4, "KO", replay: "r")
        high.time = fixture.clock.now.adding(nanoseconds: -43_200_000_000_000)
        try await fixture.publish(high)
        (low.open, low.high, low.low, low.close) = (0.9, 1, 0.8, 0.9)
        try await fixture.publish(low)
        await fixture.settle()
        #expect(try await fixture.json(.strategy, .get, "/orders/\(resting)")["state"]?.text == "working")
        (low.time, low.replay) = (fixture.clock.now, nil)
        try await fixture.publish(low)
        await fixture.settle()
        let filled = try await fixture.json(.strategy, .get, "/orders/\(resting)")
        #expect(filled["state"]?.text == "filled" && filled["fills"]?[0]?["price"]?.double == 0.9)
        let list = try await fixture.json(.strategy, .get, "/orders")
        #expect(Set(list["items"]?.elements.compactMap { $0["state"]?.text } ?? []) == ["filled", "working",
            "cancelled"])
        let held = try await fixture.json(.portfolio, .get, "/portfolios/p")
        #expect(held["trades"]?.int == 1 && held["cash"]?.double == 9999.1)
        await fixture.stop()
    }

    /// A replay of the past tells nothing of what is quoted now.
    @Test @LoopActor func aReplayOfThePastIsNoNewPrice() async throws {
        let (fixture, bars) = try await make()
        func price() async throws -> Double? {
            try await place(fixture, #""side":"buy","quantity":1"#)["fills"]?[0]?["price"]?.double
        }
        // Of bars the latest counts, in whichever order they come.
        try await fixture.publish(bars.bar(4, "KO"))
        try await fixture.publish(bars.bar(1, "KO", replay: "r"))
        await fixture.settle()
        #expect(abs(try #require(try await price()) - bars.close[4]) < 1e-8)
        _ = try await fixture.json(.marketdata, .post, "/market-data/quotes", #"{"symbol":"KO","bid":99,"ask":101}"#)
        await fixture.settle()
        #expect(try await price() == 101)
        try await fixture.publish(bars.bar(1, "KO", replay: "s"))
        await fixture.settle()
        #expect(try await price() == 101)
        await fixture.stop()
    }

    /// Of an instrument of which nothing came by yet, as after a restart, market data knows more than the first bar.
    @Test @LoopActor func theFirstBarOfAReplayIsNoPriceOfToday() async throws {
        let (fixture, bars) = try await make()
        try await fixture.store(bars, "KO")
        func price() async throws -> Double? {
            try await place(fixture, #""side":"buy","quantity":1"#)["fills"]?[0]?["price"]?.double
        }
        try await fixture.publish(bars.bar(1, "KO", replay: "r"))
        await fixture.settle()
        let last = try #require(bars.close.last)
        #expect(abs(try #require(try await price()) - last) < 1e-8)
        // What is published and not stored is known here alone.
        var next = bars.bar(bars.count - 1, "KO")
        next.time = next.time.adding(nanoseconds: Timeframe.day1.nanoseconds)
        next.close = 2 * last
        try await fixture.publish(next)
        await fixture.settle()
        #expect(abs(try #require(try await price()) - 2 * last) < 1e-8)
        await fixture.stop()
    }

    /// In fixed point such a close is nothing: nobody sells for that.
    @Test @LoopActor func aCloseThatIsNothingFillsNothing() async throws {
        let (fixture, bars) = try await make()
        let order = try await place(fixture, #""id":"z","side":"buy","quantity":5,"price":0.5"#)
        #expect(order["state"]?.text == "working")
        var bar = bars.bar(4, "KO")
        bar.time = fixture.clock.now
        (bar.open, bar.high, bar.low, bar.close) = (1e-10, 1e-10, 1e-10, 1e-10)
        try await fixture.publish(bar)
        await fixture.settle()
        #expect(try await fixture.json(.strategy, .get, "/orders/z")["state"]?.text == "working")
        await fixture.stop()
    }

    /// The engine dies while risk decides: who asks again with the same key gets that order, not a second one.
    @Test @LoopActor func aKeyedOrderIsPlacedOnceThoughItsAnswerWasLost() async throws {
        let fixture = try await EngineFixture.make([StrategyEngine.self, PortfolioEngine.self])
        try fixture.listen([Topics.intent])
        try await fixture.store(BarColumns.walk(3), "KO")
        _ = try await fixture.json(.portfolio, .post, "/portfolios", #"{"id":"p","name":"P","currency":"USD"}"#,
            status: 201)
        await fixture.settle()
        let first = try #require(fixture.hosts[.strategy])
        let body = #"{"portfolio_id":"p","symbol":"KO","side":"buy","quantity":3}"#
        let request = Request(
            method: .post, path: "/orders",
            headers: ["Host": "localhost", "Content-Type": "application/json", "Idempotency-Key": "k"],
            body: Array(body.utf8))
        // Nobody hears its answer, which comes when it has waited long enough.
        let asked = spawn { _ = await first.application.respond(request) }
        await fixture.until("risk was asked") { fixture.published.count == 1 }
        let second = EngineHost(StrategyEngine.self, first.context, access: AccessPolicy())
        second.start()
        await second.ready()
        let again = await second.application.respond(request)
        let order = try JSONTree(again.body)
        #expect(again.status == 200 && order["state"]?.text == "pending" && Set(fixture.published.map(\.id)).count == 1)
        await asked.value
        await second.stop()
        await fixture.stop()
    }

    @Test @LoopActor func aLimitOfRiskDeniesWithItsReasons() async throws {
        let (fixture, _) = try await make()
        for type in ["order_size", "gross_exposure"] {
            _ = try await fixture.json(.risk, .post, "/api/v1/risk/limits",
                                       #"{"type":"\#(type)","threshold":150,"portfolio_id":"p"}"#, status: 201)
        }
        let denied = try await place(fixture, #""side":"buy","quantity":3"#)
        #expect(denied["state"]?.text == "denied" && denied["fills"] == .array([]))
        let reasons = denied["reasons"]?.elements.compactMap(\.text) ?? []
        #expect(Set(reasons.compactMap { $0.split(separator: " ").first }) == ["order_size", "gross_exposure"])
        #expect(try await place(fixture, #""side":"buy","quantity":1"#)["state"]?.text == "filled")
        await fixture.settle()
        // The second one would make the exposure 2.
        let second = try await place(fixture, #""side":"buy","quantity":1"#)
        #expect(second["state"]?.text == "denied" && second["reasons"]?.elements.count == 1)
        #expect(try await fixture.json(.portfolio, .get, "/portfolios/p")["trades"]?.int == 1)
        await fixture.stop()
    }

    @Test @LoopActor func aBuyMeetsTheAskAndASaleTheBid() async throws {
        let (fixture, _) = try await make()
        func quote(_ bid: Double, _ ask: Double) async throws {
            let symbol = try #require(Symbol("KO"))
            try await fixture.publish(
                Topics.quote, "KO", Quote(symbol: symbol, time: fixture.clock.now, bid: bid, ask: ask), from: .marketdata)
        }
        func price(_ order: JSONTree) -> Double? { order["fills"]?[0]?["price"]?.double }
        try await quote(99, 101)
        let bought = try await place(fixture, #""side":"buy","quantity":2"#)
        #expect(price(bought) == 101 && bought["reference_price"]?.double == 100)
        #expect(price(try await place(fixture, #""side":"sell","quantity":1"#)) == 99)
        // Between bid and ask nobody is there to trade with.
        let resting = try await place(fixture, #""side":"buy","quantity":1,"price":100"#)
        #expect(resting["state"]?.text == "working")
        let id = try #require(resting["id"]?.text)
        try await quote(98, 99.5)
        #expect(price(try await fixture.json(.strategy, .get, "/orders/\(id)")) == 99.5)
        // Of one side alone that one is the price.
        try await quote(97, .nan)
        #expect(price(try await place(fixture, #""side":"buy","quantity":1"#)) == 97)
        await fixture.stop()
    }

    @Test @LoopActor func ofOrdersOfOneIDOneIsPlaced() async throws {
        let (fixture, _) = try await make()
        for round in 0..<5 {
            func place(_ quantity: Int) async throws -> Int {
                let body = #"{"id":"o\#(round)","portfolio_id":"p","symbol":"KO","side":"buy","quantity":\#(quantity)}"#
                return try await fixture.ask(.strategy, .post, "/orders", body).status
            }
            async let first = place(1), second = place(2), third = place(3)
            let answers = try await [first, second, third]
            #expect(answers.sorted() == [200, 409, 409])
            let order = try await fixture.json(.strategy, .get, "/orders/o\(round)")
            #expect(order["state"]?.text == "filled" && order["filled_quantity"] == order["ordered_quantity"])
        }
        await fixture.settle()
        #expect(try await fixture.json(.portfolio, .get, "/portfolios/p")["trades"]?.int == 5)
        await fixture.stop()
    }

    @Test(arguments: ["p/transactions", "%70", "p?x=1", "..", "p/"])
    @LoopActor func aPortfolioIsNamedByItsIDAlone(_ name: String) async throws {
        let (fixture, _) = try await make()
        let order = #"{"portfolio_id":"\#(name)","symbol":"KO","side":"buy","quantity":1}"#
        let refused = try await fixture.json(.strategy, .post, "/orders", order, status: 404)
        #expect(refused["detail"]?.text?.contains(name) == true)
        await fixture.stop()
    }

    @Test @LoopActor func everyWrongFieldIsNamedAtOnce() async throws {
        let (fixture, _) = try await make()
        let wrong = try await place(fixture, #""side":"hold","quantity":0,"price":-1"#, status: 422)
        #expect(Set(wrong.pointers) == ["/side", "/quantity", "/price"])
        // What would be an order at any price if it were passed over.
        let named = try await place(fixture, #""side":"buy","quantity":1,"type":"limit","limit_price":1"#, status: 422)
        #expect(Set(named.pointers) == ["/limit_price", "/price"])
        #expect(try await place(fixture, #""side":"buy","quantity":1,"type":"market","price":1"#, status: 422).pointers
            == ["/price"])
        let unknown = try await fixture.json(.strategy, .post, "/orders",
                                             #"{"portfolio_id":"p","symbol":"NONE","side":"buy","quantity":1}"#,
                                                 status: 422)
        #expect(unknown.pointers == ["/symbol"])
        _ = try await fixture.json(.strategy, .post, "/orders",
                                   #"{"portfolio_id":"q","symbol":"KO","side":"buy","quantity":1}"#, status: 404)
        _ = try await fixture.json(.strategy, .get, "/orders/none", status: 404)
        await fixture.stop()
    }
}
