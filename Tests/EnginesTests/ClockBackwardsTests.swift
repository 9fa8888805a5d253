import Bus
import EngineKit
import HTTP
import Market
import Portfolio
import Runtime
import TestKit
import Testing

/// The wall clock is set back while engines run.
@Suite struct ClockBackwardsTests {
    init() { EventLoop.runInBackground() }

    private static let deposit = #"{"type":"deposit","amount":10,"currency":"USD"}"#

    @Test(.timeLimit(.minutes(2))) @LoopActor func ledgerKeepsCountAndOrder() async throws {
        let fixture = try await EngineFixture.make([PortfolioEngine.self])
        let portfolio = #"{"id":"p","name":"P","currency":"USD"}"#
        _ = try await fixture.json(.portfolio, .post, "/portfolios", portfolio, status: 201)
        let path = "/portfolios/p/transactions", start = fixture.clock.now
        var ids: Set<String> = []
        for step in [0, -86_400, -86_400 * 365, 60] {
            fixture.clock.setWall(start.adding(nanoseconds: Int64(step) * 1_000_000_000))
            let posted = try await fixture.json(.portfolio, .post, path, Self.deposit, status: 201)
            ids.insert(try #require(posted["id"]?.text))
        }
        #expect(ids.count == 4)
        let listed = try await fixture.json(.portfolio, .get, path)
        // In order of time, whatever the order of posting was.
        let times = (listed["items"]?.elements ?? []).compactMap { $0["ts"]?.text }
        #expect(times.count == 4)
        #expect(times == times.sorted())
        fixture.clock.setWall(start.adding(nanoseconds: 3_600_000_000_000))
        let book = try await fixture.json(.portfolio, .get, "/portfolios/p")
        #expect(book["cash"]?.double == 40)
        await fixture.stop()
    }

    @Test(.timeLimit(.minutes(2))) @LoopActor func deadlinesHold() async throws {
        let fixture = try await EngineFixture.make([])
        let context = try #require(fixture.hosts[.marketdata]).context
        // Nobody of that name answers.
        let request = context.message(Topics.request, "nobody", time: fixture.clock.now, data: Array("{}".utf8))
        var outcome: BusError?
        let sleepers = fixture.clock.sleeping
        let waiting = spawn {
            do throws(BusError) {
                _ = try await fixture.bus.request(request, deadlineNanoseconds: 5_000_000_000)
            } catch {
                outcome = error
            }
        }
        await fixture.until("the request waits") { fixture.clock.sleeping > sleepers }
        let start = fixture.clock.now
        for step in [-86_400, 86_400 * 3650, 0] {
            fixture.clock.setWall(start.adding(nanoseconds: Int64(step) * 1_000_000_000))
            fixture.clock.advance(nanoseconds: 1_000_000_000)
            await Task.yield()
            #expect(outcome == nil, "ended by the wall clock")
        }
        fixture.clock.advance(nanoseconds: 2_000_000_000)
        await waiting.value
        #expect(outcome == .deadlineExceeded)
        await fixture.stop()
    }

    @Test(.timeLimit(.minutes(2))) @LoopActor func messagesKeepTheirIdentities() async throws {
        let fixture = try await EngineFixture.make([])
        let context = try #require(fixture.hosts[.marketdata]).context
        let start = fixture.clock.now
        var ids: Set<MessageID> = [], sequences: [UInt64] = []
        for step in 0..<1000 {
            fixture.clock.setWall(start.adding(nanoseconds: Int64(-step) * 1_000_000_000))
            let message = context.message(Topics.bar, "S", time: fixture.clock.now, data: [])
            ids.insert(message.id)
            sequences.append(message.sequence)
        }
        #expect(ids.count == 1000)
        #expect(sequences == sequences.sorted() && Set(sequences).count == 1000)
        await fixture.stop()
    }
}
