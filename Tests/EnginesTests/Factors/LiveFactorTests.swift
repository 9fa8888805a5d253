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
