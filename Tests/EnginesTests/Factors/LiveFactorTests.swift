import EngineKit
import Factors
import HTTP
import Market
import Runtime
import Testing
import Wire

/// Factors of bars that come one by one.
@Suite struct LiveFactorTests {
    init() { EventLoop.runInBackground() }

    /// Bars that are restated, or come late, change live factors: a correction is told, equal to calculate.
    @Test @LoopActor func restatedBarsAreCorrected() async throws {
        let fixture = try await EngineFixture.make([FactorEngine.self])
        try fixture.listen([Topics.factor])
        var bars = BarColumns.walk(60)
        try await fixture.store(bars.prefix(59), "GOOG")
        await fixture.settle()
        #expect(fixture.published.isEmpty)
        try await fixture.write(bars, "GOOG")
        try await fixture.publish(bars.bar(59, "GOOG"))
        await fixture.until("an update came") { fixture.published.count == 1 }
        // The same bars again tell nothing new.
        try await fixture.store(bars, "GOOG")
        await fixture.settle()
        #expect(fixture.published.count == 1)
        bars.close[57] *= 1.001
        bars.high[57] *= 1.01
        try await fixture.store(bars, "GOOG")
        await fixture.until("a correction came") { fixture.published.count == 2 }
        let update = try JSONTree(fixture.published[0].data), correction = try JSONTree(fixture.published[1].data)
        #expect(update["correction"] == nil && correction["correction"] == .bool(true))
        #expect(correction["ts"] == update["ts"] && correction["values"] != update["values"])
        let names = try #require(correction["values"]?.keys), list = names.map { "\"\($0)\"" }.joined(separator: ",")
        let whole = try await fixture.json(.factor, .post, "/factors/calculate",
                                           "{\"symbols\":[\"GOOG\"],\"factors\":[\(list)]}")
        for name in names { #expect(whole["values"]?[name]?[59]?[0] == correction["values"]?[name], "\(name)") }
        await fixture.stop()
    }

    /// The newest message, every value of which is held to calculate over what is stored.
    @LoopActor private static func newest(_ fixture: EngineFixture, _ count: Int) async throws -> JSONTree {
        // Facts that are stored make streams again behind their message.
        await fixture.until("all is told") { fixture.published.count >= count }
        await fixture.settle()
        #expect(fixture.published.count == count)
        let told = try JSONTree(try #require(fixture.published.last).data), names = try #require(told["values"]?.keys)
        let list = names.map { "\"\($0)\"" }.joined(separator: ",")
        let whole = try await fixture.json(.factor, .post, "/factors/calculate",
                                           "{\"symbols\":[\"GOOG\"],\"factors\":[\(list)]}")
        #expect(whole["ts"]?.elements.last == told["ts"])
        for name in names {
            #expect(whole["values"]?[name]?.elements.last?[0] == told["values"]?[name], "\(name)")
        }
        return told
    }

    private static func time(_ bars: BarColumns, _ row: Int) -> JSONTree {
        .string(Timestamp(nanoseconds: bars.times[row]).iso8601)
    }

    /// Bars 60 to 64, the third of them after the others: a correction of the newest values.
    @Test @LoopActor func aLateBarIsCorrected() async throws {
        let bars = BarColumns.walk(66), fixture = try await EngineFixture.make([FactorEngine.self])
        try fixture.listen([Topics.factor])
        for row in 0..<60 { try await fixture.feed(bars, row) }
        for row in [60, 61, 63, 64] { try await fixture.feed(bars, row) }
        let gap = try await Self.newest(fixture, 64)
        #expect(gap["correction"] == nil)
        try await fixture.feed(bars, 62)
        let told = try await Self.newest(fixture, 65)
        #expect(told["correction"] == .bool(true) && told["ts"] == Self.time(bars, 64))
        #expect(told["corrected_from"] == Self.time(bars, 62) && told["values"] != gap["values"])
        try await fixture.feed(bars, 65)
        #expect(try await Self.newest(fixture, 66)["correction"] == nil)
        await fixture.stop()
    }

    /// An import that only adds bars corrects nothing; one over older bars says from where.
    @Test @LoopActor func anImportSaysWhetherItCorrects() async throws {
        var bars = BarColumns.walk(70)
        let fixture = try await EngineFixture.make([FactorEngine.self])
        try fixture.listen([Topics.factor])
        for row in 0..<60 { try await fixture.feed(bars, row) }
        #expect(try await Self.newest(fixture, 60)["warmup"]?.elements.compactMap(\.text).sorted()
            == ["close/delay(close,252)-1", "ts_zscore(earnings_yield,63)"])
        try await fixture.store(bars, "GOOG")
        let added = try await Self.newest(fixture, 61)
        #expect(added["ts"] == Self.time(bars, 69) && added["correction"] == nil)
        #expect(added["warmup"]?.elements.compactMap(\.text) == ["close/delay(close,252)-1"])
        bars.close[60] = bars.high[60]
        try await fixture.store(bars.prefix(65).suffix(10), "GOOG")
        let told = try await Self.newest(fixture, 62)
        #expect(told["correction"] == .bool(true) && told["corrected_from"] == Self.time(bars, 55))
        await fixture.stop()
    }

    @LoopActor private static func file(_ fixture: EngineFixture, day: Int, _ facts: [(String, Double)]) async throws {
        func text(_ day: Int) -> String { Timestamp(nanoseconds: Int64(18_262 + day) * 86_400_000_000_000).iso8601 }
        let rows = facts.map { concept, value in
            #"{"symbol":"GOOG","concept":"\#(concept)","period_end":"\#(text(5))","filed_at":"\#(text(day))","#
                + #""value":\#(value)}"#
        }
        let stored = try await fixture.json(
            .marketdata, .post, "/market-data/facts", #"{"facts":[\#(rows.joined(separator: ","))]}"#)
        #expect(stored["stored"]?.int == facts.count)
    }

    /// Factors of facts know at each bar what was filed by then, with the bits of calculate; facts that come later
    /// correct what was told, and change nothing where they were filed later still.
    @Test @LoopActor func factsAreKnownAtTheirDate() async throws {
        let bars = BarColumns.walk(120), fixture = try await EngineFixture.make([FactorEngine.self])
        try fixture.listen([Topics.factor])
        try await Self.file(fixture, day: 10, [("shares_outstanding", 8), ("net_income", 16), ("equity", 50)])
        for row in 0..<75 { try await fixture.feed(bars, row) }
        let first = try await Self.newest(fixture, 75)
        #expect(first["values"]?["earnings_yield"]?.double == 16 / (bars.close[74] * 8))
        #expect(first["values"]?["return_on_equity"]?.double == 16.0 / 50)
        #expect(first["values"]?["ts_zscore(earnings_yield,63)"]?.double != nil)
        #expect(try JSONTree(fixture.published[9].data)["values"]?["earnings_yield"] == .null)
        #expect(try JSONTree(fixture.published[10].data)["values"]?["earnings_yield"]?.double == 16 / (bars.close[10] * 8))

        try await Self.file(fixture, day: 60, [("net_income", 4)])
        let corrected = try await Self.newest(fixture, 76)
        #expect(corrected["correction"] == .bool(true) && corrected["ts"] == first["ts"])
        #expect(corrected["values"]?["earnings_yield"]?.double == 4 / (bars.close[74] * 8))
        try await Self.file(fixture, day: 80, [("net_income", 2)])
        _ = try await Self.newest(fixture, 76)
        for row in 75..<85 {
            try await fixture.feed(bars, row)
            let told = try await Self.newest(fixture, row + 2)
            #expect(told["values"]?["earnings_yield"]?.double == (row < 80 ? 4 : 2) / (bars.close[row] * 8))
        }
        await fixture.stop()
    }

    /// An engine that was killed and starts again streams from the stored bars: every later update has the same bits.
    @Test @LoopActor func aRestartChangesNoLaterUpdate() async throws {
        let bars = BarColumns.walk(320)
        var told: [[JSONTree?]] = []
        for first in [260, 290] {
            let fixture = try await EngineFixture.make([FactorEngine.self])
            try fixture.listen([Topics.factor])
            try await fixture.write(bars.prefix(first), "GOOG")
            for row in first..<320 {
                try await fixture.write(bars.prefix(row + 1).suffix(1), "GOOG")
                try await fixture.publish(bars.bar(row, "GOOG"))
            }
            await fixture.until("every update came") { fixture.published.count == 320 - first }
            told.append(try fixture.published.suffix(30).map { try JSONTree($0.data)["values"] })
            await fixture.stop()
        }
        #expect(told[0] == told[1] && told[0].allSatisfy { $0 != nil })
        #expect(told[0].last??["close/delay(close,252)-1"]?.double != nil)
    }
}
