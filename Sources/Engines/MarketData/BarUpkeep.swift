import Bus
import EngineKit
import Market
import Runtime
import Store
import Telemetry
import Wire

/// Stored bars of an instrument have changed: what `market.history` says of it.
struct HistoryNotice: Sendable {
    let symbol: Symbol, timeframe: Timeframe
    /// The first and the last time whose bar may be another now, or gone.
    let first: Int64, last: Int64
    let rows: Int, version: Int
    /// Whether the store changed them by itself, as often as each minute: who fits models waits until one is asked for.
    var isUpkeep = false

    @LoopActor func message(_ context: EngineContext, trace: String? = nil) -> Message {
        var json = JSONWriter()
        json.object { json in
            json.field("symbol", symbol.text)
            json.field("timeframe", timeframe.rawValue)
            json.field("first", Timestamp(nanoseconds: first))
            json.field("last", Timestamp(nanoseconds: last))
            json.field("rows", rows)
            json.field("version", version)
            if isUpkeep { json.field("upkeep", true) }
        }
        return context.message(Topics.history, symbol.text, time: context.clock.now, trace: trace, data: json.bytes)
    }
}

/// Each minute: longer bars where shorter ones changed, partitions that are too old, and a word of both to who computes
/// from them.
@LoopActor final class BarUpkeep {
    private static let nanoseconds: Int64 = 60_000_000_000
    /// Most series told of in a round; the others follow in the next ones.
    static let toldPerRound = 1_000

    private let context: EngineContext
    private let rounds: Rounds
    /// What changed and is not told yet, and in which order it first did. A crash forgets it: who reads these bars has
    /// them anew with their next change.
    private var untold: [SeriesKey: SeriesChange] = [:], waiting: [SeriesKey] = []

    init(_ context: EngineContext) {
        self.context = context
        rounds = Rounds(every: Self.nanoseconds, context.clock)
    }

    /// Begins, where the store needs it.
    func start() {
        guard let store = context.series as? any SeriesUpkeep else { return }
        rounds.start { [weak self] in await self?.round(store) }
    }

    /// Ends, with a last word of what is not told yet.
    func stop() async {
        rounds.stop()
        do { try await tell() } catch { warn("\(error)") }
    }

    func round(_ store: any SeriesUpkeep) async {
        do throws(StoreError) {
            note(try await store.refresh(now: context.clock.now))
            let dropped = try await store.dropOld(now: context.clock.now)
            note(dropped)
            if !dropped.changes.isEmpty {
                let rows = dropped.changes.reduce(0) { $0 + $1.rows }
                context.logger.info("old rows dropped", ["series": .int(dropped.changes.count), "rows": .int(rows)])
            }
        } catch {
            warn(error.description)
        }
        do {
            try await tell()
        } catch {
            warn("\(error)")
        }
    }

    private func warn(_ error: String) {
        context.logger.warning("the upkeep of stored bars failed", ["error": .string(error)])
    }

    private func note(_ done: SeriesUpkeepOutcome) {
        for change in done.changes {
            if let known = untold.updateValue(change, forKey: change.key) {
                untold[change.key] = known.joined(with: change)
            } else {
                waiting.append(change.key)
            }
        }
        if let fault = done.fault { warn(fault.description) }
    }

    private func tell() async throws {
        let now = context.clock.now
        let due = waiting.filter { key in untold[key].map { !Self.isBeingMade($0, at: now) } ?? true }
        let part = due.prefix(Self.toldPerRound)
        var messages: [Message] = []
        for key in part {
            guard let change = untold[key], let notice = await notice(change) else { continue }
            messages.append(notice.message(context))
        }
        if !messages.isEmpty { try await context.commit([], messages, unrefusable: true) }
        for key in part { untold[key] = nil }
        let told = Set(part)
        waiting.removeAll { told.contains($0) }
    }

    /// Whether nothing changed but a bar of shorter ones that has not ended: it changes each minute, and is told when it
    /// has.
    private static func isBeingMade(_ change: SeriesChange, at now: Timestamp) -> Bool {
        let parts = change.key.collection.split(separator: ".", maxSplits: 1)
        guard parts.count == 2, parts[0] == "rollup", let frame = Timeframe(rawValue: String(parts[1])) else { return false }
        return change.first.adding(nanoseconds: frame.nanoseconds) > now
    }

    /// Nil for what is not bars, and for bars that nobody is shown because some of their length were imported.
    private func notice(_ change: SeriesChange) async -> HistoryNotice? {
        let parts = change.key.collection.split(separator: ".", maxSplits: 1).map(String.init)
        guard parts.count == 2, ["bars", "rollup"].contains(parts[0]), let frame = Timeframe(rawValue: parts[1]),
              let symbol = Symbol(change.key.name) else { return nil }
        if parts[0] == "rollup" {
            let imported = try? await context.series?.info(MarketDataEngine.key(symbol, frame))
            if imported != nil { return nil }
        }
        return HistoryNotice(symbol: symbol, timeframe: frame, first: change.first.nanoseconds,
                             last: change.last.nanoseconds, rows: change.rows, version: change.version,
                             isUpkeep: true)
    }
}
