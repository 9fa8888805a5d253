import Bus
import EngineKit
import Foundation
import HTTP
import Market
import Portfolio
import Quant
@testable import Risk
import Runtime
import Store
import Strategy
import Testing
import TestKit
import Wire

/// An hour of the 5 s monitor, round for round, on real prices: 720 hourly closes of EUR/USD, one for each round.
@Suite struct MonitorHourTests {
    init() { EventLoop.runInBackground() }

    private static let path = "/api/v1/risk"
    private static let roundCount = 720
    private static let interval: Int64 = 5_000_000_000
    /// Bought at the first close; with the deposit all that the portfolio has.
    private static let quantity = 100_000.0, deposit = 120_000.0

    private static var file: String {
        let root = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
        return "/\(root)/assets/sample/EURUSD.1h.csv"
    }

    /// The first bars of the file: one to buy at, one for each round.
    private func bars() throws -> BarColumns {
        var bars = BarColumns()
        let text = try String(contentsOfFile: Self.file, encoding: .utf8)
        for line in text.split(separator: "\n").dropFirst().prefix(Self.roundCount + 1) {
            let fields = line.split(separator: ",")
            bars.times.append(try #require(Timestamp(iso8601: fields[0])).nanoseconds)
            let numbers = fields.dropFirst().compactMap { Double($0) }
            try #require(numbers.count == 5)
            bars.open.append(numbers[0])
            bars.high.append(numbers[1])
            bars.low.append(numbers[2])
            bars.close.append(numbers[3])
            bars.volume.append(numbers[4])
        }
        try #require(bars.times.count == Self.roundCount + 1)
        return bars
    }

    // MARK: What should be found, worked out anew from the closes

    private struct Rule {
        let id: String, portfolio: String, json: String
        /// The verdict in each round.
        let verdicts: [RiskVerdict]
    }

    private func rules(_ bars: BarColumns) -> [Rule] {
        let closes = Array(bars.close.dropFirst()), first = bars.close[0]
        let gross = closes.map { Self.quantity * $0 }
        let equity = closes.map { Self.deposit + Self.quantity * ($0 - first) }
        let leverage = zip(gross, equity).map { $0 / $1 }
        var falls: [Double] = [], peak = Self.deposit
        for value in equity {
            peak = max(peak, value)
            falls.append(max(falls.last ?? 0, (peak - value) / peak))
        }
        var losses: [Double] = []
        for round in closes.indices {
            // The last close of the newest earlier day.
            let day = bars.times[round + 1] / 86_400_000_000_000
            let before = bars.times[...round].lastIndex { $0 / 86_400_000_000_000 < day }
            losses.append(before.map { max(0, Self.quantity * (bars.close[$0] - closes[round])) } ?? 0)
        }
        func above(_ values: [Double], _ threshold: Double, soft: Double = .infinity) -> [RiskVerdict] {
            values.map { $0 > threshold ? .breach : $0 > soft ? .warn : .pass }
        }
        // A half more than any value, so that none is at its threshold.
        let middle = gross.sorted()[Self.roundCount / 2] + 0.5, high = gross.sorted()[Self.roundCount * 3 / 4] + 0.5
        let low = gross.sorted()[Self.roundCount / 4] + 0.5
        let share = leverage.sorted()[Self.roundCount / 2] + 1e-9, fall = (falls.last ?? 0) * 0.7
        func rule(
            _ id: String, _ type: String, _ threshold: Double, _ verdicts: [RiskVerdict], _ more: String = "",
            in portfolio: String = "fx"
        ) -> Rule {
            Rule(id: id, portfolio: portfolio, json: """
                {"id":"\(id)","type":"\(type)","threshold":\(threshold),"warn_at":1\(more)}
                """, verdicts: verdicts)
        }
        return [
            rule("gross", "gross_exposure", high, above(gross, high, soft: middle), #","soft_threshold":\#(middle)"#),
            rule("floor", "net_exposure", 1e9, gross.map { $0 < low ? .breach : .pass },
                 #","minimum":\#(low),"scope":"portfolio:fx""#),
            rule("leverage", "leverage", share, above(leverage, share)),
            rule("formula", "expression", share, above(leverage, share), #","expression":"gross_exposure / equity""#),
            rule("day", "daily_loss", 300.5, above(losses, 300.5)),
            rule("fall", "max_drawdown", fall, above(falls, fall)),
            // No daily bars are stored: it cannot be judged from the first round on, and that is told once.
            rule("var", "value_at_risk", 1e9, closes.map { _ in .breach }),
            rule("part", "gross_exposure", middle, above(gross, middle), #","scope":"symbol:EURUSD""#),
            rule("firm", "gross_exposure", low, above(gross, low), #","scope":"firm""#, in: "firm"),
        ]
    }

    /// What was found in a round: a limit that is kept less than before.
    private struct Finding: Hashable {
        let limit: String, isBreach: Bool, time: Int64
    }

    /// From its first round to the first that it is kept in.
    private struct Span: Hashable {
        let limit: String, opened: Int64, closed: Int64?
    }

    private func expected(_ rules: [Rule], from start: Int64) -> (findings: Set<Finding>, spans: Set<Span>, hard: Int) {
        var findings: Set<Finding> = [], spans: Set<Span> = [], hard = 0
        for rule in rules {
            var before = RiskVerdict.pass, opened: Int64?, isHard = false
            for (round, verdict) in rule.verdicts.enumerated() {
                let time = start + Int64(round) * Self.interval
                if verdict > before {
                    findings.insert(Finding(limit: rule.id, isBreach: verdict == .breach, time: time))
                }
                if verdict != .pass, opened == nil { opened = time }
                if verdict == .breach, !isHard {
                    isHard = true
                    hard += 1
                }
                if verdict == .pass, let begun = opened {
                    spans.insert(Span(limit: rule.id, opened: begun, closed: time))
                    (opened, isHard) = (nil, false)
                }
                before = verdict
            }
            if let opened { spans.insert(Span(limit: rule.id, opened: opened, closed: nil)) }
        }
        return (findings, spans, hard)
    }

    // MARK: The hour

    @LoopActor private func fixture(_ bars: BarColumns, _ courier: RecordingCourier) async throws -> EngineFixture {
        let fixture = try await EngineFixture.make(
            [RiskEngine.self, StrategyEngine.self, PortfolioEngine.self], courier: courier)
        // The platform's clock and the market's times are the same days.
        fixture.clock.setWall(Timestamp(nanoseconds: bars.times[0] + 3_600_000_000_000))
        _ = try await fixture.json(
            .portfolio, .post, "/portfolios", #"{"id":"fx","name":"FX","currency":"USD"}"#, status: 201)
        _ = try await fixture.json(.portfolio, .post, "/portfolios/fx/transactions",
            #"{"type":"deposit","amount":\#(Self.deposit),"ts":"\#(Timestamp(nanoseconds: bars.times[0]).iso8601)"}"#,
            status: 201)
        try await fixture.publish(bars.bar(0, "EURUSD", timeframe: .hour1))
        let order = try await fixture.json(.strategy, .post, "/orders", """
            {"portfolio_id":"fx","symbol":"EURUSD","side":"buy","quantity":\(Self.quantity)}
            """)
        try #require(order["state"]?.text == "filled", "\(order.json)")
        await fixture.settle()
        _ = try await fixture.json(.risk, .post, Self.path + "/channels",
            #"{"id":"desk","kind":"webhook","target":"http://127.0.0.1:9/hook"}"#, status: 201)
        _ = try await fixture.json(.risk, .post, Self.path + "/response-rules",
            #"{"id":"n","title":"Limit","action":"notify","channels":["desk"]}"#, status: 201)
        return fixture
    }

    @Test(.enabled(if: FileManager.default.fileExists(atPath: file), "no sample prices; run scripts/setup.sh test"))
    @LoopActor func everyRoundOfAnHourFindsWhatItShouldOverARestartToo() async throws {
        let bars = try bars(), rules = rules(bars), courier = RecordingCourier()
        let fixture = try await fixture(bars, courier)
        let engine = try #require(fixture.hosts[.risk]?.engine as? RiskEngine)
        try fixture.listen([Topics.breach])
        for rule in rules { _ = try await fixture.json(.risk, .post, Self.path + "/limits", rule.json, status: 201) }
        // The next life begins in the middle, while several limits are not kept.
        let restart = try #require((Self.roundCount / 2..<Self.roundCount).first { round in
            rules.count { $0.verdicts[round] == .breach && $0.verdicts[round - 1] == .breach } >= 4
        })
        // The check every 30 s finds the same; that it also fits a model is another test's business.
        engine.desk.stop()
        let start = fixture.clock.now.nanoseconds
        for round in 0..<Self.roundCount {
            try await fixture.publish(bars.bar(round + 1, "EURUSD", timeframe: .hour1))
            await fixture.settle()
            if round == 0 {
                _ = try await fixture.json(.risk, .post, Self.path + "/monitor/start",
                    #"{"portfolio_ids":["fx"],"interval_seconds":5}"#)
            } else if round == restart {
                await engine.stop()
                fixture.clock.advance(nanoseconds: Self.interval)
                try await engine.start()
                engine.desk.stop()
            } else {
                fixture.clock.advance(nanoseconds: Self.interval)
            }
            await fixture.until("round \(round) is over") { engine.monitor.rounds["fx"] == round + 1 }
            await engine.responder.round()
            await fixture.until("nothing is being sent") { engine.responder.isIdle }
        }
        await fixture.settle()
        // An hour has passed, less the wait after the last round.
        #expect(fixture.clock.now.nanoseconds - start == Int64(Self.roundCount - 1) * Self.interval)
        let (findings, spans, hard) = expected(rules, from: start)
        #expect(findings.count > 50 && spans.count > 30, "the prices should cross the limits often")
        let records = try #require(fixture.hosts[.risk]).context.records
        let events = try await records.query(Statement("SELECT limit_id, severity, time FROM risk_events"))
        var found: Set<Finding> = []
        for row in events.records {
            let severity: String = try row.value(1)
            found.insert(Finding(limit: try row.value(0), isBreach: severity == "critical", time: try row.value(2)))
        }
        #expect(found == findings && events.rows.count == findings.count)
        let cases = try await records.query(
            Statement("SELECT limit_id, opened, closed, portfolio_id FROM breach_cases"))
        var lasted: Set<Span> = []
        for row in cases.records {
            let limit: String = try row.value(0), portfolio: String = try row.value(3)
            #expect(rules.contains { $0.id == limit && $0.portfolio == portfolio })
            lasted.insert(Span(limit: limit, opened: try row.value(1), closed: try row.value(2)))
        }
        #expect(lasted == spans && cases.rows.count == spans.count)
        // Each breach was published once, and each case that was one was told once.
        #expect(fixture.published.count == findings.count { $0.isBreach })
        #expect(courier.sent.count == hard && Set(courier.sent.map(\.id)).count == hard)
        await fixture.stop()
    }
}
