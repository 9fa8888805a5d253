import EngineKit
import Market
import Runtime
import Store
import Telemetry
import Wire

/// Judges followed portfolios in full, each at its own interval, and tells what changed: a limit that was kept and is
/// not any more is an event, once. What it found is stored with the event, so a restart tells nothing twice.
@LoopActor final class RiskMonitor {
    private let context: EngineContext
    private weak var engine: RiskEngine?
    private(set) var watches: [String: Watch] = [:]
    private var findings: [String: [String: RiskVerdict]] = [:]
    private var following: [String: Rounds] = [:]
    /// Rounds that were judged since the start, by portfolio.
    private(set) var rounds: [String: Int] = [:]
    private let seconds: Histogram

    init(_ context: EngineContext, _ engine: RiskEngine) {
        self.context = context
        self.engine = engine
        seconds = context.registry.histogram(
            "nautilus_risk_monitor_round_seconds", "Time to judge a followed portfolio in full and write what changed.")
    }

    /// Takes up what was followed before.
    func start() async throws {
        findings = try await RiskControls.findings(context.records)
        for watch in try await RiskControls.watches(context.records) { follow(watch) }
    }

    func stop() {
        for each in following.values { each.stop() }
        following = [:]
    }

    /// Begins at once, or anew with another interval.
    func follow(_ watch: Watch) {
        following[watch.portfolioID]?.stop()
        watches[watch.portfolioID] = watch
        let rounds = Rounds(every: watch.intervalNanoseconds, context.clock)
        following[watch.portfolioID] = rounds
        rounds.start { [weak self] in await self?.round(watch.portfolioID) }
    }

    func forget(_ portfolio: String) {
        following.removeValue(forKey: portfolio)?.stop()
        watches[portfolio] = nil
    }

    /// One round that cannot fail: what was not written is found again in the next.
    private func round(_ portfolio: String) async {
        let start = context.clock.monotonic
        do {
            if let checks = try await engine?.judge(portfolio) { try await note(checks, of: portfolio) }
            for group in await engine?.judgeGroups(around: portfolio) ?? [] {
                try await note(group.checks, of: group.name)
            }
            rounds[portfolio, default: 0] += 1
            seconds.observe(Double(context.clock.monotonic - start) / 1e9)
        } catch {
            context.logger.warning("a portfolio was not judged", [
                "portfolio": .string(portfolio), "error": .string("\(error)")])
        }
    }

    /// Writes and publishes what changed for the worse, and forgets what is kept again; answers the new events' ids.
    @discardableResult
    func note(_ checks: [LimitCheck], of portfolio: String) async throws -> [String] {
        // A round that ends after its engine has gone is passed over.
        guard let engine else { return [] }
        let now = context.clock.now, before = findings[portfolio] ?? [:]
        var statements: [Statement] = [], messages: [Message] = [], events: [String] = []
        var after = before
        for check in checks where check.verdict != before[check.limit.id] ?? .pass {
            after[check.limit.id] = check.verdict
            statements.append(RiskControls.upsert(check.verdict, of: check.limit.id, in: portfolio))
            guard check.verdict > before[check.limit.id] ?? .pass else { continue }
            let id = "\(context.identifiers.nextText()).\(check.limit.id)"
            events.append(id)
            statements.append(RiskEvents.insert(check, id: id, portfolio: portfolio, order: "", time: now, at: now))
            if check.verdict == .breach { messages.append(engine.breach(check, portfolio, order: "", time: now)) }
            let (rows, told) = engine.alerts(for: check, portfolio, at: now)
            statements += rows
            messages += told
        }
        engine.responder.measure(checks, of: portfolio)
        if statements.isEmpty { return [] }
        let changed = checks.filter { $0.verdict != before[$0.limit.id] ?? .pass }
        // Before the wait: a round beside this one must not tell the same.
        findings[portfolio] = after
        do {
            try await engine.responder.observing(changed, of: portfolio, at: now) { cases, told in
                try await engine.commitWithMarks(statements + cases, messages + told)
            }
        } catch {
            findings[portfolio] = before
            throw error
        }
        return events
    }
}
