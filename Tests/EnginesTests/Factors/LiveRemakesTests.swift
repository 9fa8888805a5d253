import Bus
import EngineKit
@testable import Factors
import HTTP
import Market
import Runtime
import Testing
import TestKit
import Wire

/// Live streams that are made again because facts were stored: a piece at a time.
@Suite struct LiveRemakesTests {
    init() { EventLoop.runInBackground() }

    private static let symbols = (0..<40).compactMap { Symbol("S\($0)") }

    @LoopActor private static func cause(_ fixture: EngineFixture) throws -> Message {
        let context = try #require(fixture.hosts[.marketdata]).context
        return context.message(Topics.facts, "", time: fixture.clock.now, data: Array("{}".utf8))
    }

    /// Whoever else has work on the loop has it between two instruments, even where making one again never waits.
    @Test @LoopActor func theLoopServesOthersInBetween() async throws {
        let fixture = try await EngineFixture.make([FactorEngine.self])
        let context = try #require(fixture.hosts[.factor]).context
        var ticks = 0, seen: [Int] = []
        let remakes = LiveRemakes(context) { _, _ in seen.append(ticks) }
        let other = spawn {
            while !Task.isCancelled {
                ticks += 1
                await Task.yield()
            }
        }
        await fixture.until("it runs") { ticks > 0 }
        remakes.add(Self.symbols, try Self.cause(fixture))
        await fixture.until("all are made") { seen.count == Self.symbols.count }
        other.cancel()
        #expect(remakes.count == 0 && zip(seen, seen.dropFirst()).allSatisfy { $0 < $1 }, "\(seen)")
        await remakes.stop()
        await fixture.stop()
    }

    /// One that is named again while it waits is made once, for the newest message; while it is made, once more. One that
    /// a bar comes for goes before the others.
    @Test @LoopActor func theNewestStateWins() async throws {
        let fixture = try await EngineFixture.make([FactorEngine.self])
        let context = try #require(fixture.hosts[.factor]).context
        let first = try Self.cause(fixture), second = try Self.cause(fixture), third = try Self.cause(fixture)
        var made: [(Symbol, MessageID)] = [], open: [CheckedContinuation<Void, Never>] = []
        let remakes = LiveRemakes(context) { symbol, cause in
            made.append((symbol, cause.id))
            await withCheckedContinuation { open.append($0) }
        }
        let (a, b, c) = (Self.symbols[0], Self.symbols[1], Self.symbols[2])
        remakes.add([a, b, c], first)
        await fixture.until("the first is begun") { open.count == 1 }
        remakes.add([a, b], second)
        var isCaughtUp = false
        let bar = spawn {
            try? await remakes.catchUp(c)
            isCaughtUp = true
        }
        await fixture.until("the one of the bar is begun") { open.count == 2 }
        #expect(made.map(\.0) == [a, c] && !isCaughtUp)
        open[1].resume()
        await bar.value
        #expect(isCaughtUp && remakes.count == 2)
        remakes.add([a], third)
        open[0].resume()
        for count in 3...4 {
            await fixture.until("the next is begun") { open.count == count }
            open[count - 1].resume()
        }
        await fixture.until("none waits") { remakes.count == 0 }
        await remakes.stop()
        #expect(made.map(\.0) == [a, c, b, a] && made.map(\.1) == [first.id, first.id, second.id, third.id])
        try await remakes.catchUp(a)
        #expect(made.count == 4)
        await fixture.stop()
    }

    /// While market data is away they wait; a bar's catching up says so.
    @Test @LoopActor func whatFailsIsTriedAgain() async throws {
        let fixture = try await EngineFixture.make([FactorEngine.self])
        let context = try #require(fixture.hosts[.factor]).context
        var tries = 0
        let remakes = LiveRemakes(context) { _, _ in
            tries += 1
            if tries < 3 { throw Problem.unavailable("marketdata", "away") }
        }
        remakes.add([Self.symbols[0]], try Self.cause(fixture))
        await fixture.until("it was tried") { tries == 1 }
        await #expect(throws: Problem.self) { try await remakes.catchUp(Self.symbols[0]) }
        #expect(tries == 2 && remakes.count == 1)
        await fixture.until("it is made") {
            fixture.clock.advance(nanoseconds: 1_000_000_000)
            return tries == 3 && remakes.count == 0
        }
        await remakes.stop()
        await fixture.stop()
    }

    /// Stored bars are read in parts, each a piece of work for the loop; how large they are changes no bit.
    @Test(arguments: [1, 7, 89, 90, 91]) @LoopActor func partsOfTheBarsChangeNothing(_ rows: Int) async throws {
        let fixture = try await EngineFixture.make([FactorEngine.self]), bars = BarColumns.walk(90)
        let context = try #require(fixture.hosts[.factor]).context
        _ = try await fixture.json(.marketdata, .post, "/market-data/facts", Self.facts(16))
        var bars80 = bars.prefix(80)
        try await fixture.write(bars80, "S1")
        let key = BarStreamKey(symbol: Self.symbols[1], timeframe: .day1)
        func streams(_ rows: Int) -> LiveBarStreams<LiveFactors> {
            LiveBarStreams(context, rows: rows) { LiveFactors(facts: try await FactsClient(context).facts($0)) }
        }
        let whole = streams(1000), parts = streams(rows)
        let a = try #require(try await whole.newest(key)), b = try #require(try await parts.newest(key))
        #expect(a.isSame(as: b) && b.time == Timestamp(nanoseconds: bars.times[79]))
        // Again over restated bars and more of them: what it would have been, and what it is.
        bars80.close[40] = bars80.high[40]
        try await fixture.write(bars80, "S1")
        try await fixture.write(bars.suffix(10), "S1")
        let c = try #require(try await whole.remake(key)), d = try #require(try await parts.remake(key))
        #expect(c.before.isSame(as: d.before) && c.again.isSame(as: d.again) && c.after.isSame(as: d.after))
        #expect(d.again.time == Timestamp(nanoseconds: bars.times[79]) && d.after.time == Timestamp(nanoseconds: bars.times[89]))
        let none = BarStreamKey(symbol: Self.symbols[2], timeframe: .day1)
        #expect(try await parts.newest(none) == nil && parts.symbols == [Self.symbols[1]])
        await fixture.stop()
    }

    private static func facts(_ value: Double) -> String {
        let rows = symbols.enumerated().flatMap { place, symbol in
            [("shares_outstanding", 8 + Double(place)), ("net_income", value + Double(place))].map { concept, value in
                #"{"symbol":"\#(symbol)","concept":"\#(concept)","period_end":"2020-01-05T00:00:00Z","#
                    + #""filed_at":"2020-01-10T00:00:00Z","value":\#(value)}"#
            }
        }
        return #"{"facts":[\#(rows.joined(separator: ","))]}"#
    }

    @LoopActor private static func corrections(_ fixture: EngineFixture) throws -> Int {
        try fixture.published.count { try JSONTree($0.data)["correction"] == .bool(true) }
    }

    /// An import for many companies at once gives each the values of calculate, bit for bit, as corrections; a bar that
    /// comes meanwhile is told after them.
    @Test @LoopActor func aLargeImportGivesTheValuesOfCalculate() async throws {
        let fixture = try await EngineFixture.make([FactorEngine.self]), bars = BarColumns.walk(90)
        try fixture.listen([Topics.factor])
        for symbol in Self.symbols {
            try await fixture.write(bars.prefix(80), symbol.text)
            try await fixture.publish(bars.bar(79, symbol.text))
        }
        await fixture.until("each is told") { fixture.published.count == Self.symbols.count }
        _ = try await fixture.json(.marketdata, .post, "/market-data/facts", Self.facts(16))
        let last = try #require(Self.symbols.last)
        try await fixture.write(bars.prefix(81).suffix(1), last.text)
        try await fixture.publish(bars.bar(80, last.text))
        try await fixture.until("each is corrected") { try Self.corrections(fixture) == Self.symbols.count }
        _ = try await fixture.json(.marketdata, .post, "/market-data/facts", Self.facts(32))
        try await fixture.until("each is corrected again") { try Self.corrections(fixture) == 2 * Self.symbols.count }
        await fixture.settle()
        let told = try fixture.published.map { try JSONTree($0.data) }
        for symbol in Self.symbols {
            let own = told.filter { $0["symbol"]?.text == symbol.text }, newest = try #require(own.last)
            // The bar corrects nothing: it is told by itself, or was stored when the facts were read and told with them.
            #expect(own.compactMap { $0["correction"] } == [.bool(true), .bool(true)], "\(symbol)")
            let lastBar = Timestamp(nanoseconds: bars.times[symbol == last ? 80 : 79]).iso8601
            #expect(newest["ts"]?.text == lastBar && own.count <= (symbol == last ? 4 : 3))
            let names = try #require(newest["values"]?.keys), list = names.map { "\"\($0)\"" }.joined(separator: ",")
            let whole = try await fixture.json(.factor, .post, "/factors/calculate",
                                               "{\"symbols\":[\"\(symbol)\"],\"factors\":[\(list)]}")
            #expect(whole["ts"]?.elements.last == newest["ts"])
            for name in names {
                #expect(whole["values"]?[name]?.elements.last?[0] == newest["values"]?[name], "\(symbol) \(name)")
            }
        }
        await fixture.stop()
    }
}
