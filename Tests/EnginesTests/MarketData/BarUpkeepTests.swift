import EngineKit
import Features
import HTTP
import Learning
import Market
@testable import MarketData
import Runtime
import Store
import Testing
import TestKit
import Wire

/// Bars that the store itself makes or drops: who computes from them hears of it as of an import.
@Suite struct BarUpkeepTests {
    init() { EventLoop.runInBackground() }

    /// A store's upkeep that did what it is told.
    private struct Upkeep: SeriesUpkeep {
        var refreshed: [SeriesChange] = [], dropped: [SeriesChange] = [], fault: StoreError?
        func refresh(now: Timestamp) async throws(StoreError) -> SeriesUpkeepOutcome {
            SeriesUpkeepOutcome(changes: refreshed, fault: fault)
        }
        func dropOld(now: Timestamp) async throws(StoreError) -> SeriesUpkeepOutcome {
            SeriesUpkeepOutcome(changes: dropped)
        }
    }

    private static let hours = SeriesKey(collection: "rollup.1h", name: "GOOG")

    private static func change(_ key: SeriesKey, _ bars: BarColumns) -> SeriesChange {
        SeriesChange(key: key, first: Timestamp(nanoseconds: bars.times.first ?? 0),
                     last: Timestamp(nanoseconds: bars.times.last ?? 0), rows: bars.count, version: 1)
    }

    private static func columns(_ bars: BarColumns) -> SeriesColumns {
        SeriesColumns(ts: bars.times, names: ["open", "high", "low", "close", "volume"],
                      values: [bars.open, bars.high, bars.low, bars.close, bars.volume])
    }

    private static func hourly(_ count: Int) -> BarColumns {
        var bars = BarColumns.walk(count)
        bars.times = bars.times.indices.map { bars.times[0] + Int64($0) * Timeframe.hour1.nanoseconds }
        return bars
    }

    @Test @LoopActor func featuresFollowBarsMadeOfShorterOnes() async throws {
        let fixture = try await EngineFixture.make([FeaturesEngine.self])
        let context = try #require(fixture.hosts[.marketdata]).context, series = try #require(context.series)
        let upkeep = BarUpkeep(context), bars = Self.hourly(60)
        _ = try await series.write(Self.hours, Self.columns(bars.prefix(50)), recordedAt: fixture.clock.now)
        func latest() async throws -> String? {
            try await fixture.json(.features, .get, "/features/latest/GOOG", query: "timeframe=1h")["ts"]?.text
        }
        #expect(try await latest() == Timestamp(nanoseconds: bars.times[49]).iso8601)
        let new = bars.suffix(10)
        _ = try await series.write(Self.hours, Self.columns(new), recordedAt: fixture.clock.now)
        await upkeep.round(Upkeep(refreshed: [Self.change(Self.hours, new)]))
        await fixture.settle()
        #expect(try await latest() == Timestamp(nanoseconds: bars.times[59]).iso8601)
        await fixture.stop()
    }

    /// Predictions are of the newest bars, but no model is fitted each minute for nobody.
    @Test @LoopActor func modelsAreFittedAgainWhenTheyAreAskedFor() async throws {
        let fixture = try await EngineFixture.make([LearningEngine.self])
        let context = try #require(fixture.hosts[.marketdata]).context, series = try #require(context.series)
        let upkeep = BarUpkeep(context), bars = BarColumns.walk(60), key = SeriesKey(collection: "rollup.1d", name: "KO")
        func make(_ part: BarColumns) async throws {
            _ = try await series.write(key, Self.columns(part), recordedAt: fixture.clock.now)
            await upkeep.round(Upkeep(refreshed: [Self.change(key, part)]))
            await fixture.settle()
        }
        func predicted() async throws -> String? {
            try await fixture.json(.ml, .post, "/ml/predict/volatility", #"{"symbol":"KO"}"#)["as_of"]?.text
        }
        try await make(bars.prefix(58))
        #expect(try await fixture.json(.ml, .get, "/ml/models")["items"] == .array([]))
        #expect(try await predicted() == Timestamp(nanoseconds: bars.times[57]).iso8601)
        try await make(bars.prefix(59).suffix(1))
        try await make(bars.suffix(1))
        #expect(try await predicted() == Timestamp(nanoseconds: bars.times[59]).iso8601)
        let versions = try await fixture.json(.ml, .get, "/ml/models/ewma_volatility")
        #expect(Set(versions["items"]?.elements.compactMap { $0["version"]?.text } ?? []) == ["1", "2"])
        await fixture.stop()
    }

    @Test @LoopActor func eachSeriesIsToldOnceAndOnlyWhereItIsRead() async throws {
        let fixture = try await EngineFixture.make([])
        try fixture.listen([Topics.history])
        let context = try #require(fixture.hosts[.marketdata]).context, upkeep = BarUpkeep(context)
        let bars = Self.hourly(4), minutes = SeriesKey(collection: "bars.1m", name: "GOOG")
        let values = SeriesKey(collection: "values", name: "GOOG")
        try await fixture.write(bars, "GOOG", .hour1)
        // Hours were imported: nobody is shown those that were made. The rest is told despite the fault.
        var work = Upkeep(refreshed: [Self.change(Self.hours, bars)], fault: StoreError(.io, "the rest"))
        work.dropped = [Self.change(minutes, bars), Self.change(values, bars)]
        await upkeep.round(work)
        await fixture.settle()
        let told = try fixture.published.map { try JSONTree($0.data) }
        #expect(told.map { $0["timeframe"]?.text } == ["1m"] && told[0]["rows"]?.int == 4)
        #expect(told[0]["first"]?.text == Timestamp(nanoseconds: bars.times[0]).iso8601)
        #expect(told[0]["last"]?.text == Timestamp(nanoseconds: bars.times[3]).iso8601)
        await upkeep.round(Upkeep())
        await fixture.settle()
        #expect(fixture.published.count == 1)
        // More than a round tells wait for the next one.
        let many = (0...BarUpkeep.toldPerRound).map { SeriesKey(collection: "bars.1d", name: "S\($0)") }
        await upkeep.round(Upkeep(dropped: many.map { Self.change($0, bars) }))
        await fixture.settle()
        #expect(fixture.published.count == 1 + BarUpkeep.toldPerRound)
        await upkeep.round(Upkeep())
        await fixture.settle()
        #expect(fixture.published.count == 1 + many.count)
        // Who has waited comes first, though others change as often.
        let before = Set(many.dropFirst(BarUpkeep.toldPerRound).map(\.name))
        for _ in 0..<2 { await upkeep.round(Upkeep(dropped: many.map { Self.change($0, bars) })) }
        await fixture.settle()
        let names = try fixture.published.suffix(2 * BarUpkeep.toldPerRound).map { try JSONTree($0.data)["symbol"]?.text }
        #expect(names.count == 2 * BarUpkeep.toldPerRound && before.isSubset(of: Set(names.compactMap { $0 })))
        await fixture.stop()
    }

    /// The hour that is being made changes each minute; it is told when it has ended.
    @Test @LoopActor func aBarThatHasNotEndedWaits() async throws {
        let fixture = try await EngineFixture.make([])
        try fixture.listen([Topics.history])
        let context = try #require(fixture.hosts[.marketdata]).context, upkeep = BarUpkeep(context)
        let start = fixture.clock.now
        let change = SeriesChange(key: Self.hours, first: start, last: start, rows: 1, version: 1)
        await upkeep.round(Upkeep(refreshed: [change]))
        fixture.clock.advance(nanoseconds: Timeframe.hour1.nanoseconds / 2)
        await upkeep.round(Upkeep(refreshed: [change]))
        await fixture.settle()
        #expect(fixture.published.isEmpty)
        fixture.clock.advance(nanoseconds: Timeframe.hour1.nanoseconds / 2)
        await upkeep.round(Upkeep())
        await fixture.settle()
        #expect(fixture.published.count == 1)
        await fixture.stop()
    }

    @Test @LoopActor func barsMadeOfShorterOnesAreListed() async throws {
        let fixture = try await EngineFixture.make([])
        let series = try #require(fixture.hosts[.marketdata]?.context.series), bars = Self.hourly(4)
        for name in ["A", "C", "D"] {
            let key = SeriesKey(collection: "rollup.1h", name: name)
            _ = try await series.write(key, Self.columns(bars), recordedAt: fixture.clock.now)
        }
        for name in ["B", "C"] { try await fixture.write(bars.prefix(2), name, .hour1) }
        var found: [String] = [], cursor: String?
        repeat {
            let page = try await fixture.json(.marketdata, .get, "/market-data/symbols",
                                              query: "limit=1&timeframe=1h" + (cursor.map { "&cursor=\($0)" } ?? ""))
            found += page["items"]?.elements.map { "\($0["symbol"]?.text ?? "")\($0["rows"]?.int ?? 0)" } ?? []
            cursor = page["next_cursor"]?.text
        } while cursor != nil && found.count < 10
        #expect(found == ["A4", "B2", "C2", "D4"])
        let gaps = try await fixture.json(.marketdata, .get, "/market-data/gaps", query: "symbol=A&timeframe=1h")
        #expect(gaps["gaps"] == .array([]))
        let quote = try await fixture.json(.marketdata, .get, "/market-data/quote/A")
        #expect(quote["price"]?.double == bars.close[3])
        await fixture.stop()
    }
}
