import EngineKit
import HTTP
import Market
import Numerics
import Quant
@testable import Risk
import Runtime
import Testing
import TestKit

/// Figures that are kept while a portfolio changes, against those of the whole portfolio summed anew.
@Suite struct PreTradeTests {
    init() { EventLoop.runInBackground() }

    private let random = Philox(seed: 5)
    private func uniform(_ index: Int, _ stream: UInt64) -> Double { random.uniforms(UInt64(index), stream: stream).x }

    @LoopActor private func limits() throws -> [Limit] {
        try LimitType.allCases.filter { $0 != .expression }.flatMap { type in
            try [0.0, 0.05, 0.5, 3, 400, 20_000].map { threshold in
                let more = type == .beta ? #","benchmark":"SPY""# : ""
                let body =
                    #"{"id":"\#(type.rawValue)-\#(threshold)","type":"\#(type.rawValue)","threshold":\#(threshold)\#(more)}"#
                return try Self.limit(body)
            }
        } + [
            #"{"type":"gross_exposure","threshold":100,"scope":"symbol:S7"}"#,
            #"{"type":"net_exposure","threshold":300,"scope":"sector:1"}"#,
            #"{"type":"order_size","threshold":60,"scope":"sector:2"}"#,
            #"{"type":"liquidity_days","threshold":0.01,"volume_days":5}"#,
            #"{"type":"liquidity_days","threshold":0.01,"volume_days":5,"scope":"sector:1"}"#,
            #"{"type":"liquidity_days","threshold":0.01,"volume_days":7,"scope":"symbol:S8"}"#,
            #"{"type":"expression","threshold":2,"expression":"beta + liquidity_days","benchmark":"SPY","volume_days":5}"#,
            #"{"type":"expression","threshold":2,"expression":"value_at_risk / equity + leverage"}"#,
        ].map { try Self.limit($0) }
    }

    @LoopActor private static func limit(_ body: String) throws -> Limit {
        try Route.body(Limit.self, Request(method: .post, path: "/", body: Array(body.utf8)))
    }

    private func message(_ number: Int) -> MessageID { MessageID(UInt128(number) + 1) }

    @Test @LoopActor func verdictsAfterAnySequenceAreThoseOfAFullRecomputation() throws {
        let symbols = (0..<60).compactMap { Symbol("S\($0)") }, limits = try limits()
        let plan = LimitPlan(limits), needs = plan.needs
        var returns: [String: [Double]] = [:]
        for (index, symbol) in symbols.enumerated() {
            returns[symbol.text] = (0..<(50 + index % 2)).map { 0.01 * random.normal(UInt64($0), stream: UInt64(index)) }
        }
        var state = RiskState()
        let market = BenchmarkReturns((0..<50).map { $0 == 7 ? .nan : 0.01 * random.normal(UInt64($0), stream: 999) })
        var volumes: [String: [MeanVolume]] = [:]
        for (index, symbol) in symbols.enumerated() where index % 7 != 0 {
            volumes[symbol.text] = [
                MeanVolume(days: 5, stored: 5, mean: 8e3 + Double(index)), MeanVolume(days: 7, stored: 7, mean: 9e3),
                MeanVolume(days: 20, stored: index % 9, mean: index % 9 == 3 ? .nan : 1e4 + Double(index)),
            ]
        }
        let history = MarketHistory(needs: needs.history, returns: returns, benchmarks: ["SPY": market], volumes: volumes)
        state.scenarios = [["*": -0.2], ["sector:1": -0.4, "S1": -0.5]]
        for (index, symbol) in symbols.enumerated() where index % 5 != 0 {
            state.apply(InstrumentFacts(sector: "\(index % 4)", averageDailyVolume: index % 3 == 0 ? 1e4 : nil), of: symbol)
        }
        for symbol in symbols { state.apply(bar(symbol, 10, 0)) }
        var compared = 0, breached = 0
        for step in 0..<2_500 {
            let symbol = symbols[Int(uniform(step, 1) * 60)], choice = uniform(step, 2)
            let quantity = FixedPoint(Int(uniform(step, 3) * 40) - 15)
            switch choice {
            case ..<0.4: state.apply(bar(symbol, 5 + uniform(step, 4) * 10, step / 100 + 1))
            case ..<0.6:
                state.apply(PositionUpdate(
                    portfolioID: "p", symbol: symbol, quantity: uniform(step, 5) < 0.2 ? .zero : quantity,
                    averageCost: FixedPoint(9), price: nil, realized: .zero, time: Timestamp(seconds: Int64(step))),
                    cause: message(step - 1))
            case ..<0.65:
                state.apply(PortfolioValue(
                    portfolioID: "p", time: Timestamp(seconds: Int64(step)), cash: FixedPoint(900 + step % 400),
                    marketValue: FixedPoint(300), realized: .zero, unrealized: .zero, netDeposits: FixedPoint(1000),
                    trades: 0), cause: message(step - 2))
            case ..<0.8:
                state.reserve(Reservation(
                    orderID: "o\(step % 40)", portfolioID: "p", symbol: symbol, quantity: quantity,
                    price: FixedPoint(10), time: Timestamp(seconds: Int64(step)), heard: Timestamp(seconds: 0)))
            case ..<0.85: state.release("o\(step % 40)")
            case ..<0.95:
                let order = "o\(Int(uniform(step, 6) * 40))"
                let side: Side = state.reservations[order]?.quantity.isNegative == true ? .sell : .buy
                state.take(Fill(
                    id: "f\(step)", orderID: order, portfolioID: "p", strategyID: "",
                    symbol: state.reservations[order]?.symbol ?? symbol, side: side, quantity: FixedPoint(3),
                    price: FixedPoint(10), commission: .zero, time: Timestamp(seconds: Int64(step))),
                    message: message(step), at: Timestamp(seconds: 0))
            default: state.setHistory(history, asked: Set(returns.keys), of: "p", at: 0)
            }
            guard step % 5 == 0, state.books["p"]?.isTold == true else { continue }
            let signed = Double(Int(uniform(step, 7) * 30) - 15)
            let order = RiskOrder(
                symbol: symbol.text, quantity: signed, price: 10, limit: step % 3 == 0 ? 8 + 20 * uniform(step, 8) : nil)
            let full = try #require(state.picture(of: "p", order: order, rate: 3)).afterOrder().figures(needs)
            let kept = state.figures(of: "p", order: order, symbol: symbol, rate: 3, needs)
            let live = try #require(kept)
            // What was made ready for many orders judges as each limit alone does, to the bit.
            for (check, limit) in zip(plan.judge(live), limits) {
                let alone = LimitCheck.judge([limit], live)[0]
                #expect(check.value.bitPattern == alone.value.bitPattern && check.reason == alone.reason)
                #expect(check.verdict == alone.verdict && check.limit.id == limit.id)
            }
            for (a, b) in zip(LimitCheck.judge(limits, live), LimitCheck.judge(limits, full)) {
                let isNear = a.value == b.value || (a.value.isNaN && b.value.isNaN)
                    || abs(a.value - b.value) <= 1e-9 * max(1, abs(b.value))
                #expect(isNear && a.verdict == b.verdict, "\(a.limit.id) after \(step): \(a.reason), in full \(b.reason)")
                compared += 1
                if a.verdict == .breach { breached += 1 }
            }
        }
        #expect(compared > 40_000 && breached > 4_000 && compared - breached > 4_000)
    }

    private func bar(_ symbol: Symbol, _ price: Double, _ day: Int) -> Bar {
        Bar(symbol: symbol, timeframe: .day1, time: Timestamp(seconds: Int64(day) * 86_400), open: price, high: price,
            low: price, close: price, volume: 1)
    }

    @Test @LoopActor func aHoldingWithoutAPriceIsToldAndNotTakenForNothing() throws {
        let symbol = try #require(Symbol("KO"))
        var state = RiskState()
        state.apply(PositionUpdate(
            portfolioID: "p", symbol: symbol, quantity: FixedPoint(3), averageCost: .zero, price: nil, realized: .zero,
            time: Timestamp(seconds: 0)))
        let picture = try #require(state.picture(of: "p", order: nil, rate: 0))
        let check = LimitCheck.judge(try limits().filter { $0.type == .grossExposure }, picture.figures(for: []))[0]
        #expect(check.verdict == .breach && check.reason == "cannot be judged: no price of KO is known")
    }

    /// An order does not wait for returns that are less than a minute old: newer ones come behind it.
    @Test @LoopActor func returnsAreFetchedAnewBehindTheOrders() async throws {
        let fixture = try await EngineFixture.make([RiskEngine.self])
        try await fixture.publishCash(1000)
        try await fixture.publish(Topics.position, "p", PositionUpdate(
            portfolioID: "p", symbol: try #require(Symbol("KO")), quantity: FixedPoint(10), averageCost: FixedPoint(50),
            price: FixedPoint(50), realized: .zero, time: fixture.clock.now), from: .portfolio)
        try await fixture.store(.walk(100, start: 50), "KO")
        _ = try await fixture.json(.risk, .post, "/api/v1/risk/limits",
            #"{"type":"value_at_risk","threshold":1e9}"#, status: 201)
        func value() async throws -> Double? {
            try await fixture.json(.risk, .post, "/api/v1/sprint3/risk/pre-trade-check", """
                {"portfolio_id":"p","order":{"symbol":"KO","side":"buy","quantity":1,"price":50}}
                """)["checks"]?[0]?["value"]?.double
        }
        let first = try #require(try await value())
        try await fixture.store(.walk(100, seed: 5, start: 50), "KO")
        fixture.clock.advance(nanoseconds: 20_000_000_000)
        #expect(try await value() == first)
        // From half a minute on an order has newer ones fetched, and one of those after it is judged on them.
        fixture.clock.advance(nanoseconds: 15_000_000_000)
        await fixture.until("newer returns") { (try? await value()) != first }
        await fixture.stop()
    }

    /// A stored portfolio is judged on the built-in scenarios, before an order and by the monitor.
    @Test @LoopActor func stressLossOfAStoredPortfolioIsOfTheHistoricScenarios() async throws {
        let fixture = try await EngineFixture.make([RiskEngine.self])
        try await fixture.publishCash(1000)
        try await fixture.publish(Topics.position, "p", PositionUpdate(
            portfolioID: "p", symbol: try #require(Symbol("KO")), quantity: FixedPoint(10), averageCost: FixedPoint(50),
            price: FixedPoint(50), realized: .zero, time: fixture.clock.now), from: .portfolio)
        _ = try await fixture.json(.risk, .post, "/api/v1/risk/limits",
            #"{"type":"stress_loss","threshold":1e9}"#, status: 201)
        let worst = try #require(HistoricScenarios.all.compactMap { $0.shocks["*"] }.min())
        let after = try await fixture.json(.risk, .post, "/api/v1/sprint3/risk/pre-trade-check", """
            {"portfolio_id":"p","order":{"symbol":"KO","side":"buy","quantity":10,"price":50}}
            """)["checks"]?[0]?["value"]?.double
        #expect(abs((after ?? .nan) + 1000 * worst) < 1e-9)
        let engine = try #require(fixture.hosts[.risk]?.engine as? RiskEngine)
        let now = try await engine.judge("p")?.first
        #expect(abs((now?.value ?? .nan) + 500 * worst) < 1e-9 && now?.verdict == .pass)
        await fixture.stop()
    }
}
