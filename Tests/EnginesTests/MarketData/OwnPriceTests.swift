import EngineKit
import Features
import HTTP
import Market
import Quant
import Runtime
import Testing
import Wire

/// A bar's own volume-weighted price goes with it: by import, out of the store, over the bus and into features, where a
/// batch over bars that are sent along says the same.
@Suite struct OwnPriceTests {
    init() { EventLoop.runInBackground() }

    private static let own = #"{"ts":["2024-01-02","2024-01-03"],"open":[5,5],"high":[7,7],"low":[4,4],"close":[6,6],"#
        + #""volume":[10,10],"vwap":[5.25,null]}"#

    @LoopActor private func vwap(_ fixture: EngineFixture, _ what: String) async throws -> [Double] {
        let answer = try await fixture.json(
            .features, .post, "/features/calculate", #"{\#(what),"features":["vwap","vwap-close"]}"#)
        return (answer["columns"]?["vwap"]?.doubles ?? []) + (answer["columns"]?["vwap-close"]?.doubles ?? [])
    }

    @Test @LoopActor func storedBarsSayWhatBarsThatAreSentSay() async throws {
        let fixture = try await EngineFixture.make([FeaturesEngine.self])
        let body = #"{"symbol":"KO","timeframe":"1d","bars":\#(Self.own)}"#
        _ = try await fixture.json(.marketdata, .post, "/market-data/import", body)
        let sent = try await vwap(fixture, #""bars":\#(Self.own)"#)
        let typical = 17.0 / 3
        #expect(sent == [5.25, typical, -0.75, typical - 6] as [Double])
        #expect(try await vwap(fixture, #""symbol":"KO""#) == sent)
        let csv = "ts,open,high,low,close,volume,VWAP\n2024-01-02,5,7,4,6,10,5.25\n2024-01-03,5,7,4,6,10,\n"
        let response = try await #require(fixture.hosts[.marketdata]).application.respond(Request(
            method: .post, path: "/market-data/import", query: "symbol=PEP",
            headers: ["Host": "localhost", "Content-Type": "text/csv"], body: Array(csv.utf8)))
        #expect(response.status == 200)
        #expect(try await vwap(fixture, #""symbol":"PEP""#) == sent)
        let stored = try await fixture.json(
            .marketdata, .get, "/api/v1/market-data/historical/bars", query: "symbol=PEP&timeframe=1d")
        #expect(stored["vwap"]?[0]?.double == 5.25 && stored["vwap"]?[1] == .null)
        await fixture.stop()
    }

    /// Bars without a price of their own have no such column, and one that replaces a bar with one takes it away.
    @Test @LoopActor func aBarIsReplacedAsAWhole() async throws {
        let fixture = try await EngineFixture.make([FeaturesEngine.self])
        let path = "/api/v1/market-data/historical/bars", query = "symbol=KO&timeframe=1d"
        let plain = Self.own.replacing(#","vwap":[5.25,null]"#, with: "")
        for (bars, hasOwn) in [(plain, false), (Self.own, true)] {
            let body = #"{"symbol":"KO","timeframe":"1d","bars":\#(bars)}"#
            _ = try await fixture.json(.marketdata, .post, "/market-data/import", body)
            let stored = try await fixture.json(.marketdata, .get, path, query: query)
            #expect((stored["vwap"] != nil) == hasOwn)
        }
        let restated = plain.replacing("[6,6]", with: "[6.5,6]")
        let answer = try await fixture.json(
            .marketdata, .post, "/market-data/import", #"{"symbol":"KO","timeframe":"1d","bars":\#(restated)}"#)
        #expect(answer["restated"]?.int == 1)
        let typical = 17.5 / 3
        #expect(try await vwap(fixture, #""symbol":"KO""#)[0] == typical)
        await fixture.stop()
    }

    @Test @LoopActor func aReplayTellsItAndItsReaderTakesIt() async throws {
        let fixture = try await EngineFixture.make([])
        try fixture.listen([Topics.bar])
        let body = #"{"symbol":"KO","timeframe":"1d","bars":\#(Self.own)}"#
        _ = try await fixture.json(.marketdata, .post, "/market-data/import", body)
        _ = try await fixture.json(.marketdata, .post, "/market-data/replay", #"{"symbol":"KO","speed":0}"#)
        await fixture.until("both bars came") { fixture.published.count == 2 }
        let told = try fixture.published.compactMap { message in
            try JSONParser().withDocument(message.data) { Bar(json: $0) }
        }
        #expect(told[0].vwap == 5.25 && told[1].vwap.isNaN)
        #expect(String(decoding: fixture.published[0].data, as: UTF8.self).contains(#""vwap":5.25"#))
        #expect(!String(decoding: fixture.published[1].data, as: UTF8.self).contains("vwap"))
        // What a stream is fed from the bus is what it is fed from the store.
        var columns = BarColumns()
        (columns.times, columns.open, columns.high, columns.low) = ([0], [5], [7], [4])
        (columns.close, columns.volume, columns.vwap) = ([6], [10], [5.25])
        let live = BarValues(told[0]), stored = BarValues(columns, row: 0)
        #expect([live.open, live.high, live.low, live.close, live.volume, live.vwap] == [5, 7, 4, 6, 10, 5.25])
        #expect([stored.open, stored.high, stored.low, stored.close, stored.volume, stored.vwap] == [5, 7, 4, 6, 10, 5.25])
        #expect(try Bars(columns).vwap == [5.25])
        await fixture.stop()
    }

    @Test @LoopActor func aPriceThatCannotBeIsRefused() async throws {
        let fixture = try await EngineFixture.make([])
        for bad in ["-1", "0"] {
            let body = #"{"symbol":"KO","bars":\#(Self.own.replacing("5.25", with: bad))}"#
            let answer = try await fixture.json(.marketdata, .post, "/market-data/import", body)
            #expect(answer["rejected"]?[0]?["reason"]?.text?.contains("vwap must be above 0") == true)
        }
        await fixture.stop()
    }

    /// Speeds beside the range would make a wait that no clock can count.
    @Test @LoopActor func speedsThatCannotBeAreRefused() async throws {
        let fixture = try await EngineFixture.make([])
        try await fixture.store(BarColumns.walk(3), "KO")
        for speed in ["1e-320", "1e-11", "-1", "1e7"] {
            let answer = try await fixture.json(
                .marketdata, .post, "/market-data/replay", #"{"symbol":"KO","speed":\#(speed)}"#, status: 422)
            #expect(answer.pointers.contains("/speed"), "\(speed)")
        }
        let slow = try await fixture.json(
            .marketdata, .post, "/market-data/replay", #"{"symbol":"KO","speed":0.00001}"#)
        let path = "/market-data/replay/" + (slow["id"]?.text ?? "")
        try await fixture.until("one is sent") { try await fixture.json(.marketdata, .get, path)["sent"]?.int == 1 }
        _ = try await fixture.json(.marketdata, .delete, path)
        await fixture.stop()
    }
}
