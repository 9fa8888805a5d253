import Bus
import EngineKit
import Features
import HTTP
import Market
import Runtime
import Testing
import Wire

/// Bars that come again, late or restated: the stream is made again from there, and whoever followed it is told.
@Suite struct LiveCorrectionTests {
    init() { EventLoop.runInBackground() }

    /// An engine that streamed the first 60 bars of a symbol, and what it has published.
    @LoopActor private static func streaming(_ bars: BarColumns, first: Int = 60) async throws -> EngineFixture {
        let fixture = try await EngineFixture.make([FeaturesEngine.self])
        try fixture.listen([Topics.feature])
        for row in 0..<first { try await fixture.feed(bars, row) }
        await fixture.until("every vector came") { fixture.published.count == first }
        return fixture
    }

    /// The newest message, held to calculate over the stored bars.
    @LoopActor private static func newest(_ fixture: EngineFixture, _ count: Int) async throws -> JSONTree {
        await fixture.settle()
        #expect(fixture.published.count == count)
        let told = try JSONTree(try #require(fixture.published.last).data)
        let names = try #require(told["values"]?.keys).map { "\"\($0)\"" }.joined(separator: ",")
        let table = try await fixture.json(
            .features, .post, "/features/calculate", #"{"symbol":"GOOG","features":[\#(names)]}"#)
        #expect(table["ts"]?.elements.last == told["ts"])
        for name in told["values"]?.keys ?? [] {
            #expect(table["columns"]?[name]?.elements.last == told["values"]?[name], "\(name)")
        }
        return told
    }

    private static func time(_ bars: BarColumns, _ row: Int) -> JSONTree {
        .string(Timestamp(nanoseconds: bars.times[row]).iso8601)
    }

    @Test @LoopActor func theNewestBarRestatedIsCorrected() async throws {
        var bars = BarColumns.walk(62)
        let fixture = try await Self.streaming(bars)
        let before = try await Self.newest(fixture, 60)
        #expect(before["correction"] == nil && before["corrected_from"] == nil)
        bars.close[59] = bars.high[59]
        try await fixture.feed(bars, 59)
        let told = try await Self.newest(fixture, 61)
        #expect(told["correction"] == .bool(true) && told["corrected_from"] == Self.time(bars, 59))
        #expect(told["ts"] == before["ts"] && told["values"] != before["values"])
        // The next bar goes on from the restated one and corrects nothing.
        try await fixture.feed(bars, 60)
        #expect(try await Self.newest(fixture, 62)["correction"] == nil)
        await fixture.stop()
    }

    @Test @LoopActor func aBarLongAgoRestatedIsCorrectedFromThere() async throws {
        var bars = BarColumns.walk(60)
        let fixture = try await Self.streaming(bars)
        bars.close[50] = bars.low[50]
        try await fixture.feed(bars, 50)
        let told = try await Self.newest(fixture, 61)
        #expect(told["correction"] == .bool(true) && told["corrected_from"] == Self.time(bars, 50))
        #expect(told["ts"] == Self.time(bars, 59))
        await fixture.stop()
    }

    /// Bars 60 to 64, the third of them after the others.
    @Test @LoopActor func aLateBarTakesItsPlace() async throws {
        let bars = BarColumns.walk(65)
        let fixture = try await Self.streaming(bars)
        for row in [60, 61, 63, 64] { try await fixture.feed(bars, row) }
        let gap = try await Self.newest(fixture, 64)
        #expect(gap["correction"] == nil)
        try await fixture.feed(bars, 62)
        let told = try await Self.newest(fixture, 65)
        #expect(told["correction"] == .bool(true) && told["corrected_from"] == Self.time(bars, 62))
        #expect(told["ts"] == gap["ts"] && told["values"] != gap["values"])
        await fixture.stop()
    }

    @Test @LoopActor func aBarThatComesAgainIsNotTold() async throws {
        let bars = BarColumns.walk(60)
        let fixture = try await Self.streaming(bars)
        for row in [59, 30, 0] { try await fixture.feed(bars, row) }
        _ = try await Self.newest(fixture, 60)
        await fixture.stop()
    }

    /// An import that only adds bars at the end corrects nothing, though it sends the old ones along.
    @Test @LoopActor func anImportSaysWhetherItCorrects() async throws {
        var bars = BarColumns.walk(70)
        let fixture = try await Self.streaming(bars)
        try await fixture.store(bars, "GOOG")
        let added = try await Self.newest(fixture, 61)
        #expect(added["ts"] == Self.time(bars, 69) && added["correction"] == nil)
        bars.close[20] = bars.high[20]
        try await fixture.store(bars.prefix(25).suffix(10), "GOOG")
        let told = try await Self.newest(fixture, 62)
        #expect(told["correction"] == .bool(true) && told["corrected_from"] == Self.time(bars, 15))
        await fixture.stop()
    }

    /// A bar with a null in it is a bar: windows that hold it are null, recursive averages go on behind it.
    @Test @LoopActor func aBarWithANullIsStreamedAsItIsCalculated() async throws {
        var bars = BarColumns.walk(64)
        bars.high[61] = .nan
        let fixture = try await Self.streaming(bars)
        for row in 60..<64 {
            try await fixture.feed(bars, row)
            let told = try await Self.newest(fixture, row + 1)
            #expect((told["values"]?["cci(20)"] == .null) == (row >= 61))
            #expect(told["values"]?["sma(close,20)"] != .null)
        }
        await fixture.stop()
    }

    /// What has not enough bars yet is named while there is any such.
    @Test @LoopActor func valuesInTheirWarmUpAreNamed() async throws {
        let bars = BarColumns.walk(60)
        let fixture = try await Self.streaming(bars)
        for (index, message) in fixture.published.enumerated() {
            let told = try JSONTree(message.data)
            let nulls = told["values"]?.keys.filter { told["values"]?[$0] == .null } ?? []
            let named = told["warmup"]?.elements.compactMap(\.text).sorted()
            #expect(named ?? [] == nulls && (named == nil) == nulls.isEmpty, "bar \(index)")
            #expect(nulls.contains("sma(close,50)") == (index < 49))
        }
        await fixture.stop()
    }
}
