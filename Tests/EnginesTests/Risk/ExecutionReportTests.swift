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

extension EngineFixture {
    /// Tells an order that has ended as the strategy engine does: cancelled without a fill, else filled a day later.
    func publishOrder(
        _ id: String, _ symbol: String, _ side: String, reference: Double, quantity: Int, at time: Int64,
        fills: [(quantity: Int, price: Double)], portfolio: String = "p", state: String? = nil
    ) async throws {
        let placed = Timestamp(nanoseconds: time), filled = placed.adding(nanoseconds: 86_400_000_000_000)
        let parts = fills.enumerated().map { index, fill in
            """
            {"id":"\(id).\(index)","quantity":\(fill.quantity),"price":\(fill.price),"commission":1,\
            "ts":"\(filled.iso8601)"}
            """
        }
        let done = fills.isEmpty ? quantity : fills.reduce(0) { $0 + $1.quantity }
        let body = """
            {"id":"\(id)","portfolio_id":"\(portfolio)","strategy_id":"","deployment_id":"d","symbol":"\(symbol)",\
            "side":"\(side)","state":"\(state ?? (fills.isEmpty ? "cancelled" : "filled"))","quantity":\(done),\
            "ordered_quantity":\(quantity),\
            "reference_price":\(reference),"ts":"\(placed.iso8601)","updated":"\(filled.iso8601)","reasons":[],\
            "fills":[\(parts.joined(separator: ","))]}
            """
        let context = try #require(hosts[.marketdata]).context
        var message = context.message(Topics.order, portfolio, time: clock.now, data: Array(body.utf8))
        message.source = EngineName.strategy.rawValue
        try bus.publish([message])
        await settle()
    }
}

/// The execution report: the kernel's figures of what the bus told.
@Suite struct ExecutionReportTests {
    init() { EventLoop.runInBackground() }

    private func value(_ report: JSONTree, _ section: String, _ name: String) -> Double? {
        let own = report["sections"]?.elements.first { $0["name"]?.text == section }
        return own?["blocks"]?.elements.flatMap { $0["figures"]?.elements ?? [] }
            .first { $0["name"]?.text == name }?["value"]?.double
    }

    private func row(_ report: JSONTree, _ table: String, _ key: String) -> JSONTree? {
        (report["sections"]?.elements ?? []).flatMap { $0["blocks"]?.elements ?? [] }.compactMap { $0["table"] }
            .first { $0["name"]?.text == table }?["rows"]?.elements
            .first { row in row.keys.contains { row[$0]?.text == key } }
    }

    @Test(arguments: EngineRecords.here)
    @LoopActor func whatTheBusToldIsMeasuredByTheKernel(_ records: EngineRecords) async throws {
        let fixture = try await EngineFixture.make([RiskEngine.self], records: records)
        let bars = BarColumns.walk(60, seed: 3)
        try await fixture.write(bars, "KO")
        try await fixture.publish(
            Topics.value, "p",
            PortfolioValue(
                portfolioID: "p", time: Timestamp(nanoseconds: bars.times[59]), cash: FixedPoint(500),
                marketValue: .zero,
                realized: .zero, unrealized: .zero, netDeposits: FixedPoint(500), trades: 0), from: .portfolio)
        let path = "/api/v1/risk/reports/execution"
        let empty = try await fixture.json(.risk, .get, path, query: "portfolio=p")
        #expect(empty["sections"]?[0]?["blocks"]?[0]?["paragraph"]?.text?.hasPrefix("No order") == true)
        // The last two are of another time and of another portfolio.
        for (id, day, portfolio) in [("a", 30, "p"), ("b", 35, "p"), ("c", 2, "p"), ("d", 30, "q")] {
            try await fixture.publishOrder(
                id, "KO", id == "b" ? "sell" : "buy", reference: bars.close[day], quantity: 10, at: bars.times[day],
                fills: [(4, bars.open[day + 1]), (4, bars.open[day + 1] + 1)], portfolio: portfolio)
        }
        try await fixture.publishOrder(
            "e", "KO", "buy", reference: bars.close[40], quantity: 5, at: bars.times[40], fills: [])
        // Told twice, it counts once; one that still works does not count.
        try await fixture.publishOrder(
            "e", "KO", "buy", reference: bars.close[40], quantity: 5, at: bars.times[40], fills: [])
        try await fixture.publishOrder(
            "f", "KO", "buy", reference: 100, quantity: 5, at: bars.times[40], fills: [], state: "working")
        let report = try await fixture.json(.risk, .get, path, query: "portfolio=p&period=40d")
        #expect(value(report, "overview", "orders") == 3 && value(report, "overview", "filled_orders") == 2)
        #expect(value(report, "overview", "fills") == 4 && value(report, "overview", "fees") == 4)
        let market = try ExecutionMarket(
            times: bars.times, high: bars.high, low: bars.low, close: bars.close, volume: bars.volume, known: 0)
        func cost(_ day: Int, _ isBuy: Bool, wanted: Double = 10, filled: Bool = true) throws -> ExecutionCost {
            let open = bars.open[day + 1]
            let parts = [open, open + 1].map { ExecutedPart(quantity: 4, price: $0, fees: 1) }
            let order = ExecutedOrder(
                isBuy: isBuy, quantity: wanted, parts: filled ? parts : [], decision: bars.close[day])
            return try ExecutionCost(
                market.measured(
                    order, from: bars.times[day], to: bars.times[filled ? day + 1 : day]))
        }
        // Fills travel with nine decimals.
        let costs = try [cost(30, true), cost(35, false), cost(40, true, wanted: 5, filled: false)]
        for (name, part) in [
            ("delay", \.delay), ("impact", \.impact), ("timing", \.timing), ("opportunity", \.opportunity),
            ("total", \.total)
        ] as [(String, KeyPath<ImplementationShortfall, Double>)] {
            let sum = costs.compactMap(\.shortfall).reduce(0) { $0 + $1[keyPath: part] }
            let told = try #require(value(report, "shortfall", name))
            #expect(abs(told - sum) < 1e-6, "\(name): \(told), not \(sum)")
        }
        #expect(value(report, "shortfall", "orders") == 3)
        let wanted = 20 * (bars.open[31] + bars.open[36] + 1) / 2 + 5 * bars.close[40]
        let notional = 8 * (bars.open[31] + bars.open[36] + 1)
        #expect(value(report, "overview", "fill_ratio").map { abs($0 - notional / wanted) < 1e-12 } == true)
        for (name, path) in [
            ("arrival", \.againstArrival), ("vwap", \.againstVWAP), ("twap", \.againstTWAP), ("close", \.againstClose),
            ("decision", \.againstDecision)
        ] as [(String, KeyPath<ExecutionCost, ExecutionCost.Slippage?>)] {
            let own = costs.compactMap { $0[keyPath: path] }, told = row(report, "slippage", name)
            #expect(told?["orders"]?.double == Double(own.count) && own.count == 2)
            let sum = own.reduce(0) { $0 + $1.cost }
            #expect(told?["cost"]?.double.map { abs($0 - sum) < 1e-6 } == true, "\(name)")
        }
        // s(close of the day after the fill/fill price − 1), by quantity and by value.
        let marks = [(30, 1.0), (35, -1.0)].map { day, sign in
            let open = bars.open[day + 1], later = bars.close[day + 2]
            let mark = sign * ((later / open - 1) + (later / (open + 1) - 1)) / 2 * 1e4
            return (mark, 8 * open + 4)
        }
        let mark = marks.reduce(0) { $0 + $1.0 * $1.1 } / marks.reduce(0) { $0 + $1.1 }
        #expect(
            row(report, "markouts", "1 days")?["basis_points"]?.double.map { abs($0 - mark) < 1e-9 * abs(mark) } == true
        )
        #expect(row(report, "states", "cancelled")?["orders"]?.double == 1)
        #expect(row(report, "orders", "a")?["fill_ratio"]?.double == 0.8)
        await fixture.stop()
    }

    @Test @LoopActor func withoutBarsTheDecisionIsAllThereIs() async throws {
        let fixture = try await EngineFixture.make([RiskEngine.self])
        try await fixture.publishCash(500)
        try await fixture.publishOrder(
            "a", "KO", "buy", reference: 100, quantity: 10,
            at: fixture.clock.now.adding(nanoseconds: -2 * 86_400_000_000_000).nanoseconds, fills: [(10, 101)])
        let report = try await fixture.json(.risk, .get, "/api/v1/risk/reports/execution", query: "portfolio=p")
        #expect(report["warnings"]?.elements.contains { $0.text?.hasPrefix("No daily bars of KO") == true } == true)
        #expect(value(report, "shortfall", "total") == 11 && value(report, "overview", "cost") == 11)
        #expect(row(report, "slippage", "arrival")?["orders"]?.double == 0)
        #expect(value(report, "overview", "fill_ratio") == 1)
        // Left undone at no price that is known: neither all nor nothing of it can be said to be filled.
        try await fixture.publishOrder(
            "b", "SAP", "buy", reference: 0, quantity: 1_000_000,
            at: fixture.clock.now.adding(nanoseconds: -2 * 86_400_000_000_000).nanoseconds, fills: [])
        let open = try await fixture.json(.risk, .get, "/api/v1/risk/reports/execution", query: "portfolio=p")
        #expect(value(open, "overview", "orders") == 2 && value(open, "overview", "fill_ratio") == nil)
        #expect(row(open, "symbols", "KO")?["fill_ratio"]?.double == 1)
        #expect(row(open, "symbols", "SAP")?["fill_ratio"]?.double == nil)
        await fixture.stop()
    }
}
