import Bus
import EngineKit
import HTTP
import Market
import Runtime
import Store
import Telemetry
import Wire

/// One run of stored bars as live messages.
struct Replay: Sendable {
    /// How far a replay is.
    enum State: String { case running, finished, cancelled, failed }

    let id: String, symbol: Symbol, timeframe: Timeframe
    /// Bars a second; 0 is as fast as every reader acknowledges.
    let speed: Double
    let total: Int
    var sent = 0
    var state = State.running
    var detail = ""

    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.key("id")
        json.string(id)
        json.key("symbol")
        json.string(symbol.text)
        json.key("timeframe")
        json.string(timeframe.rawValue)
        json.key("speed")
        json.double(speed)
        json.key("state")
        json.string(state.rawValue)
        json.key("sent")
        json.int(sent)
        json.key("total")
        json.int(total)
        json.key("detail")
        json.string(detail)
        json.endObject()
    }
}

/// Publishes stored bars in their order. The next bar goes out when every group has acknowledged the one before, so
/// that whatever a bar causes within its readers is done first: a replay is the same every time.
@LoopActor final class ReplayRunner {
    /// A bar that some reader has not acknowledged after so long ends its replay with an error.
    static let settleNanoseconds: Int64 = 300_000_000_000
    /// Replays remembered after their end.
    static let memory = 1000
    private let context: EngineContext
    private var replays: [String: Replay] = [:]
    private var order: [String] = []
    private var tasks: [String: Task<Void, Never>] = [:]

    init(_ context: EngineContext) { self.context = context }

    subscript(_ id: String) -> Replay? { replays[id] }
    var all: [Replay] { order.compactMap { replays[$0] } }

    /// Starts and returns at once.
    func start(_ bars: SeriesColumns, _ symbol: Symbol, _ timeframe: Timeframe, speed: Double) -> Replay {
        let replay = Replay(id: context.identifiers.nextText(), symbol: symbol, timeframe: timeframe, speed: speed,
                            total: bars.count)
        replays[replay.id] = replay
        order.append(replay.id)
        if order.count > Self.memory, let old = order.first(where: { replays[$0]?.state != .running }) {
            replays[old] = nil
            order.removeAll { $0 == old }
        }
        tasks[replay.id] = spawn { [self] in await run(replay.id, bars) }
        return replay
    }

    /// False where it does not run.
    func cancel(_ id: String) -> Bool {
        guard replays[id]?.state == .running else { return false }
        tasks[id]?.cancel()
        return true
    }

    func cancelAll() { for task in tasks.values { task.cancel() } }

    private func run(_ id: String, _ bars: SeriesColumns) async {
        guard let replay = replays[id] else { return }
        await turn(of: replay)
        let start = context.clock.monotonic
        for row in 0..<bars.count {
            if Task.isCancelled { break }
            if replay.speed > 0 {
                let wait = ReplaySpeed.nanoseconds(before: row, at: replay.speed) - (context.clock.monotonic - start)
                if wait > 0 { await context.clock.sleep(nanoseconds: wait) }
                if Task.isCancelled { break }
            }
            do {
                try await publish(Self.bar(bars, row, replay))
            } catch SettlementError.cancelled {
                break
            } catch {
                finish(id, .failed, "\(error)")
                return
            }
            replays[id]?.sent = row + 1
        }
        finish(id, Task.isCancelled ? .cancelled : .finished, "")
    }

    /// Bars of one symbol and timeframe come from one replay at a time: whoever follows them would take each change for
    /// a new beginning. A later replay waits for the earlier ones.
    private func turn(of replay: Replay) async {
        while !Task.isCancelled, let earlier = running(before: replay) {
            replays[replay.id]?.detail = "waits for replay \(earlier)"
            await context.clock.sleep(nanoseconds: 50_000_000)
        }
        replays[replay.id]?.detail = ""
    }

    private func running(before replay: Replay) -> String? {
        order.prefix { $0 != replay.id }.first { id in
            guard let other = replays[id], other.state == .running else { return false }
            return other.symbol == replay.symbol && other.timeframe == replay.timeframe
        }
    }

    private func publish(_ bar: Bar) async throws {
        let message = context.message(Topics.bar, bar.symbol.text, time: bar.closeTime, bar)
        while true {
            do {
                try await context.commit([], [message])
                break
            } catch let problem as Problem where problem.status == 503 {
                await context.clock.sleep(nanoseconds: 100_000_000)
                if Task.isCancelled { return }
            }
        }
        try await context.outbox.settlement(of: message.id, deadlineNanoseconds: Self.settleNanoseconds)
    }

    private func finish(_ id: String, _ state: Replay.State, _ detail: String) {
        replays[id]?.state = state
        replays[id]?.detail = detail
        tasks[id] = nil
        guard let replay = replays[id] else { return }
        context.logger.info("replay ended", [
            "replay": .string(id), "symbol": .string(replay.symbol.text), "state": .string(state.rawValue),
            "bars": .int(replay.sent),
        ])
    }

    private static func bar(_ bars: SeriesColumns, _ row: Int, _ replay: Replay) -> Bar {
        func value(_ name: String) -> Double { bars.column(name)?[row] ?? .nan }
        return Bar(symbol: replay.symbol, timeframe: replay.timeframe, time: Timestamp(nanoseconds: bars.ts[row]),
                   open: value("open"), high: value("high"), low: value("low"), close: value("close"),
                   volume: value("volume"), vwap: value("vwap"), replay: replay.id)
    }
}
