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

/// A split changes shares and prices, and is neither a gain nor a loss.
@Suite struct SplitTests {
    init() { EventLoop.runInBackground() }

    private static let days: Int64 = 20_000

    private func time(_ day: Int64) -> Timestamp { Timestamp(seconds: (Self.days + day) * 86_400) }

    private func bar(_ close: Double, _ day: Int64) throws -> Bar {
        Bar(symbol: try #require(Symbol("KO")), timeframe: .day1, time: time(day), open: close, high: close, low: close,
            close: close, volume: 1)
    }

    /// `at` is the day of the split, the position's unless said.
    private func position(
        _ portfolio: String, _ quantity: Int, _ price: Int, _ day: Int64, split: Int? = nil, at: Int64? = nil
    ) throws -> PositionUpdate {
        PositionUpdate(
            portfolioID: portfolio, symbol: try #require(Symbol("KO")), quantity: FixedPoint(quantity),
            averageCost: FixedPoint(price), price: FixedPoint(price), realized: .zero, time: time(day),
            split: split.map { ShareSplit(ratio: FixedPoint($0), time: time(at ?? day)) })
    }

    private func value(_ day: Int64) -> PortfolioValue {
        PortfolioValue(
            portfolioID: "p", time: time(day), cash: FixedPoint(500), marketValue: FixedPoint(1000), realized: .zero,
            unrealized: .zero, netDeposits: FixedPoint(1500), trades: 1)
    }

    /// A build before told no time of the split: the position's stands for it.
    @Test func aSplitWithoutATimeIsThePositions() throws {
        let old = Array("""
            {"portfolio_id":"p","symbol":"KO","quantity":20,"average_cost":50,"price":50,"realized":0,\
            "ts":"2020-01-02T00:00:00Z","split":2}
            """.utf8)
        let update = try #require(try JSONParser().withDocument(old) { PositionUpdate(json: $0) })
        #expect(update.split == ShareSplit(ratio: FixedPoint(2), time: update.time))
    }

    @Test func aSplitTravelsWithItsPosition() throws {
        for update in [try position("p", 20, 50, 3, split: 2, at: 1), try position("p", 20, 50, 1)] {
            let bytes = update.jsonBytes
            #expect(try JSONParser().withDocument(bytes) { PositionUpdate(json: $0) } == update)
            #expect(String(decoding: bytes, as: UTF8.self).contains("split") == (update.split != nil))
        }
    }

    /// Each portfolio at its own moment, told once or twice, by bars of both sides: worth as much as before.
    @Test func pricesOfBeforeAreThoseOfOldShares() throws {
        var state = RiskState()
        func told(_ portfolio: String) throws -> [Double] {
            let figures = try #require(state.picture(of: portfolio, order: nil, rate: 0)).figures(for: [])
            return [figures.view.sums.gross, figures.view.sums.dayLoss]
        }
        for portfolio in ["p", "q"] { state.apply(try position(portfolio, 10, 100, 0)) }
        state.apply(try bar(101, 0))
        state.apply(try bar(100, 1))
        #expect(try told("p") == [1000, 10])
        for _ in 0..<2 {
            state.apply(try position("p", 20, 50, 2, split: 2))
            #expect(try told("p") == [1000, 10] && told("q") == [1000, 10])
        }
        // A late bar of before, then the one after the split: 20 shares fell from 50 to 49.
        state.apply(try bar(100, 1))
        #expect(try told("p") == [1000, 10])
        state.apply(try bar(49, 2))
        #expect(try told("p") == [980, 20])
        // The other books it now.
        state.apply(try position("q", 20, 50, 2, split: 2))
        #expect(try told("q") == [980, 20])
        state.apply(try bar(48, 3))
        #expect(try told("p") == [960, 20] && told("q") == [960, 20])
        // Sold and bought again before the market spoke of new shares, it is still known.
        var other = RiskState()
        other.apply(try bar(100, 1))
        other.apply(try position("p", 10, 100, 1))
        other.apply(try position("p", 20, 50, 2, split: 2))
        other.apply(try position("p", 0, 50, 2))
        other.apply(try position("p", 4, 50, 2))
        #expect(other.picture(of: "p", order: nil, rate: 0)?.marketValues == [200])
    }

    /// A split that is booked late is told at the time of the newest value: what the market told after it is of new
    /// shares, and what it told before is not.
    @Test func aSplitThatIsBookedLateScalesOnlyWhatIsOfOldShares() throws {
        for (closes, wanted) in [
            // Booked on day 5, when other instruments had their values; the bars of this one end on day 2.
            ([(0, 101.0), (1, 100)], [1000, 10]), ([(1, 100.0), (2, 49)], [980, 20]), ([(2, 49.0), (3, 51)], [1020, -40]),
        ] as [([(Int64, Double)], [Double])] {
            var state = RiskState()
            state.apply(try position("p", 10, 100, 0))
            for (day, close) in closes { state.apply(try bar(close, day)) }
            for _ in 0..<2 {
                state.apply(try position("p", 20, 50, 5, split: 2, at: 2))
                let sums = try #require(state.picture(of: "p", order: nil, rate: 0)).figures(for: []).view.sums
                #expect([sums.gross, sums.dayLoss] == wanted)
            }
        }
        // Two shares become one.
        var joined = RiskState()
        joined.apply(try position("p", 10, 100, 0))
        joined.apply(try bar(100, 0))
        joined.apply(try bar(204, 1))
        joined.apply(PositionUpdate(
            portfolioID: "p", symbol: try #require(Symbol("KO")), quantity: FixedPoint(5), averageCost: FixedPoint(200),
            price: FixedPoint(204), realized: .zero, time: time(1),
            split: ShareSplit(ratio: FixedPoint(1) / FixedPoint(2), time: time(1))))
        let sums = try #require(joined.picture(of: "p", order: nil, rate: 0)).figures(for: []).view.sums
        #expect(sums.gross == 1020 && sums.dayLoss == -20)
    }

    /// A group with a portfolio that has booked the split and one that has not holds what both are worth.
    @Test func portfoliosOnBothSidesOfASplitAddUp() throws {
        var state = RiskState()
        state.apply(try bar(100, 1))
        for portfolio in ["p", "q"] { state.apply(try position(portfolio, 10, 100, 1)) }
        state.apply(try position("q", 20, 50, 2, split: 2))
        let sum = RiskPicture.sum(["p", "q"].compactMap { state.picture(of: $0, order: nil, rate: 0) })
        #expect(sum.marketValues == [2000])
    }

    @Test(arguments: EngineRecords.here)
    @LoopActor func limitsStayOverASplitAndARestart(_ records: EngineRecords) async throws {
        let fixture = try await EngineFixture.make([RiskEngine.self], records: records)
        for limit in [#"{"type":"gross_exposure","threshold":1e6}"#, #"{"type":"daily_loss","threshold":1e6}"#,
                      #"{"type":"leverage","threshold":0.7}"#] {
            _ = try await fixture.json(.risk, .post, "/api/v1/risk/limits", limit, status: 201)
        }
        func told() async throws -> [Double?] {
            try await fixture.json(.risk, .get, "/api/v1/sprint3/risk/realtime/p")["checks"]?.elements
                .map { $0["value"]?.double } ?? []
        }
        try await fixture.publish(Topics.position, "p", try position("p", 10, 100, 0), from: .portfolio)
        for (day, price) in [(0, 101.0), (1, 100)] as [(Int64, Double)] { try await fixture.publish(try bar(price, day)) }
        try await fixture.publish(Topics.value, "p", value(1), from: .portfolio)
        let before = try await told()
        #expect(before == [1000, 10, 1000.0 / 1500])
        try await fixture.publish(Topics.position, "p", try position("p", 20, 50, 2, split: 2), from: .portfolio)
        #expect(try await told() == before)
        // The row of the position no longer tells of the split, and the next life knows it all the same.
        try await fixture.publish(Topics.position, "p", try position("p", 20, 50, 2), from: .portfolio)
        let engine = try #require(fixture.hosts[.risk]?.engine as? RiskEngine)
        await engine.stop()
        try await engine.start()
        #expect(try await told() == before)
        try await fixture.publish(try bar(50, 2))
        #expect(try await told() == [1000, 0, 1000.0 / 1500])
        await engine.stop()
        try await engine.start()
        #expect(try await told() == [1000, 0, 1000.0 / 1500])
        await fixture.stop()
    }
}
