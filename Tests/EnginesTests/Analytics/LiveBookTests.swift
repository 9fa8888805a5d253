@testable import Analytics
import Bus
import EngineKit
import HTTP
import Market
import Runtime
import TestKit
import Testing
import Wire

/// Positions and prices fold into figures that a full recomputation would give.
@Suite struct LiveBookTests {
    init() { EventLoop.runInBackground() }

    /// Random positions and prices, late ones among them: after each the sums are those of all holdings anew, exactly.
    @Test func sumsEqualAFullRevaluation() throws {
        var random = SeededGenerator(seed: 77)
        let symbols = try (0..<12).map { try #require(Symbol("S\($0)")) }
        for _ in 0..<40 {
            var book = LiveBook(), prices: [Symbol: (price: Price, time: Int64)] = [:]
            var held: [Symbol: PositionUpdate] = [:]
            for step in 0..<300 {
                let symbol = symbols[Int.random(in: 0..<12, using: &random)]
                let time = Int64(step + Int.random(in: -5...5, using: &random))
                let price = FixedPoint(raw: Int128(Int64.random(in: 1...500_000_000_000, using: &random)))
                if Bool.random(using: &random) {
                    let update = PositionUpdate(
                        portfolioID: "p", symbol: symbol,
                        quantity: Int.random(in: 0..<4, using: &random) == 0 ? .zero
                            : FixedPoint(raw: Int128(Int64.random(in: -9_000_000_000...9_000_000_000, using: &random))),
                        averageCost: price, price: Bool.random(using: &random) ? price : nil, realized: .zero,
                        time: Timestamp(nanoseconds: time))
                    book.take(update)
                    held[symbol] = update.quantity.isZero ? nil : update
                } else if book.take(price, of: symbol, at: Timestamp(nanoseconds: time)) {
                    prices[symbol] = (price, time)
                }
                #expect(book.sums == book.recomputed)
                #expect(Set(book.holdings.keys) == Set(held.keys))
            }
            for (symbol, update) in held {
                let holding = try #require(book.holdings[symbol])
                #expect(holding.quantity == update.quantity && holding.averageCost == update.averageCost)
            }
            var anew = book
            let sums = anew.revalue(at: Timestamp(nanoseconds: 1000)) { prices[$0]?.price }
            #expect(sums == anew.recomputed && sums.gross == sums.long - sums.short)
        }
    }

    @Test func anOlderPriceIsNotTaken() throws {
        let symbol = try #require(Symbol("KO"))
        var book = LiveBook()
        book.take(PositionUpdate(portfolioID: "p", symbol: symbol, quantity: FixedPoint(-2),
                                 averageCost: FixedPoint(10), price: nil, realized: .zero,
                                 time: Timestamp(nanoseconds: 5)))
        #expect(book.sums.unpriced == 1 && book.unpriced == [symbol] && book.sums.unrealized == .zero)
        let newer = book.take(FixedPoint(12), of: symbol, at: Timestamp(nanoseconds: 7))
        let older = book.take(FixedPoint(99), of: symbol, at: Timestamp(nanoseconds: 6))
        #expect(newer && !older)
        #expect(book.sums.short == FixedPoint(-24) && book.sums.unrealized == FixedPoint(-4) && book.unpriced.isEmpty)
        let other = book.take(FixedPoint(1), of: try #require(Symbol("PEP")), at: Timestamp(nanoseconds: 9))
        #expect(!other)
    }

    @LoopActor private func tell(_ fixture: EngineFixture, _ day: Int64, cash: Int, market: Int) async throws {
        try await fixture.publish(Topics.value, "p", PortfolioValue(
            portfolioID: "p", time: Timestamp(seconds: day * 86_400), cash: FixedPoint(cash),
            marketValue: FixedPoint(market), realized: .zero, unrealized: .zero, netDeposits: FixedPoint(1000),
            trades: 1), from: .portfolio)
    }

    @LoopActor private func quote(_ fixture: EngineFixture, _ price: Double, second: Int64) async throws {
        let time = Timestamp(seconds: 19_730 * 86_400 + second)
        _ = try await fixture.json(.marketdata, .post, "/market-data/quotes", """
            {"symbol":"KO","ts":"\(time.iso8601)","bid":\(price - 1),"ask":\(price + 1)}
            """)
        await fixture.settle()
    }

    /// A quote moves the live figures at once and is told after 100 ms; a fill is told at once.
    @Test @LoopActor func pricesMoveTheFiguresAndAreToldInPace() async throws {
        let fixture = try await EngineFixture.make([AnalyticsEngine.self])
        try fixture.listen([Topics.pnl])
        let day: Int64 = 19_724
        fixture.clock.setWall(Timestamp(seconds: 19_731 * 86_400))
        try await tell(fixture, day, cash: 1000, market: 0)
        try await tell(fixture, day + 1, cash: 900, market: 100)
        await fixture.until("the first value was told") { fixture.published.count == 1 }
        try await fixture.publish(Topics.position, "p", PositionUpdate(
            portfolioID: "p", symbol: #require(Symbol("KO")), quantity: FixedPoint(5), averageCost: FixedPoint(20),
            price: FixedPoint(20), realized: .zero, time: Timestamp(seconds: (day + 1) * 86_400)), from: .portfolio)
        await fixture.until("the fill was told at once") { fixture.published.count == 2 }
        let filled = try JSONTree(try #require(fixture.published.last).data)
        #expect(filled["live"]?["market_value"]?.double == 100 && filled["live"]?["leverage"]?.double == 0.1)
        try await quote(fixture, 24, second: 1)
        try await quote(fixture, 16, second: 2)
        #expect(fixture.published.count == 2)
        let live = try await fixture.json(.analytics, .get, "/api/v1/analytics/performance/p")["live"]
        #expect(live?["equity"]?.double == 980 && live?["unrealized"]?.double == -20)
        #expect(live?["gross_exposure"]?.double == 80 && live?["daily"]?.double == -20)
        #expect(abs((live?["drawdown"]?.double ?? 0) + 0.02) < 1e-12 && live?["unpriced"] == .array([]))
        fixture.clock.advance(nanoseconds: 100_000_000)
        await fixture.until("both quotes were told as one") { fixture.published.count == 3 }
        let told = try JSONTree(try #require(fixture.published.last).data)
        #expect(told["live"] == live && told["equity"]?.double == 1000)
        // Nobody holds it any more: a price of it is nobody's business.
        try await fixture.publish(Topics.position, "p", PositionUpdate(
            portfolioID: "p", symbol: #require(Symbol("KO")), quantity: .zero, averageCost: .zero, price: nil,
            realized: .zero, time: Timestamp(seconds: (day + 20) * 86_400)), from: .portfolio)
        await fixture.until("the last fill was told") { fixture.published.count == 4 }
        fixture.clock.advance(nanoseconds: 200_000_000)
        try await quote(fixture, 99, second: 9)
        #expect(fixture.published.count == 4)
        await fixture.stop()
    }

    /// The curve's standing of a live value is that of the same value recorded.
    @Test func aLiveValueStandsWhereARecordedOneWould() throws {
        var random = SeededGenerator(seed: 3)
        for _ in 0..<200 {
            var curve = EquityCurve(), deposits = 1000
            for day in 0..<Int.random(in: 1...30, using: &random) {
                if Int.random(in: 0..<5, using: &random) == 0 { deposits += Int.random(in: 1...500, using: &random) }
                curve.record(FixedPoint(deposits + Int.random(in: -400...900, using: &random)),
                             deposits: FixedPoint(deposits), at: Timestamp(seconds: Int64(day) * 86_400))
            }
            let value = FixedPoint(deposits + Int.random(in: -400...900, using: &random))
            let level = try #require(curve.level(of: value.double)), next = Timestamp(seconds: 31 * 86_400)
            let change = curve.change(of: value, at: next)
            curve.record(value, deposits: FixedPoint(deposits), at: next)
            #expect(abs(level.drawdown - (curve.drawdown ?? 1)) < 1e-12)
            #expect(abs(level.maxDrawdown - (curve.maxDrawdown ?? 1)) < 1e-12)
            #expect(abs((level.totalReturn ?? 0) - (curve.totalReturn ?? 1)) < 1e-9)
            #expect(change == curve.daily && curve.latestDays(2) == Array(curve.usable.equity.suffix(2)))
        }
    }
}
