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
    /// What was found of each portfolio. All but what passes has an open case: with the case it is forgotten, so that the
    /// limit is found anew.
    private var findings: [String: [String: RiskVerdict]] = [:]
    /// What was found of positions, returns or orders that were sent, in this life.
    private var supposed: [String: [String: RiskVerdict]] = [:]
    /// The most portfolios that positions are sent of, before what was found of them is forgotten.
    private static let supposedLimit = 10_000
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

    /// Takes up what was followed before; what has no case is found anew.
    func start() async throws {
        var known = try await RiskControls.findings(context.records)
        for (portfolio, found) in known {
            known[portfolio] = found.filter { engine?.responder.openCase(portfolio, $0.key) != nil }
        }
        findings = known
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

    /// A case that is over because its limit is another one now.
    func forget(_ breach: BreachCase) { findings[breach.portfolioID]?[breach.limitID] = nil }

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
        engine.responder.measure(checks, of: portfolio)
        // A case whose finding was forgotten is closed all the same.
        let changed = checks.filter { check in
            check.verdict != before[check.limit.id] ?? .pass
                || check.verdict == .pass && engine.responder.openCase(portfolio, check.limit.id) != nil
        }
        if changed.isEmpty { return [] }
        let news = news(of: changed, than: before, portfolio, engine, at: now)
        let findings = changed.map { RiskControls.upsert($0.verdict, of: $0.limit.id, in: portfolio) }
        // Before the wait: a round beside this one must not tell the same.
        for check in changed { self.findings[portfolio, default: [:]][check.limit.id] = check.verdict }
        do {
            try await engine.responder.observing(changed, of: portfolio, at: now) { cases, told in
                try await engine.commitWithMarks(findings + news.statements + cases, news.messages + told)
            }
        } catch {
            // Those alone: others may have been forgotten in the meantime.
            for check in changed {
                let isCase = engine.responder.openCase(portfolio, check.limit.id) != nil
                self.findings[portfolio]?[check.limit.id] = isCase ? before[check.limit.id] : nil
            }
            throw error
        }
        return news.events
    }

    /// The same where positions, returns or an order were sent: it tells what is new, and nothing is done about it, as
    /// that is not what is held.
    func suppose(_ checks: [LimitCheck], of portfolio: String) async throws -> [String] {
        guard let engine else { return [] }
        let before = supposed[portfolio] ?? [:], now = context.clock.now
        let changed = checks.filter { $0.verdict != before[$0.limit.id] ?? .pass }
        let news = news(of: changed, than: before, portfolio, engine, at: now)
        if !news.statements.isEmpty { try await engine.commitWithMarks(news.statements, news.messages) }
        if supposed.count >= Self.supposedLimit { supposed = [:] }
        for check in changed { supposed[portfolio, default: [:]][check.limit.id] = check.verdict }
        return news.events
    }

    /// Events, messages and alerts of what has changed for the worse.
    private func news(
        of changed: [LimitCheck], than before: [String: RiskVerdict], _ portfolio: String, _ engine: RiskEngine,
        at now: Timestamp
    ) -> (statements: [Statement], messages: [Message], events: [String]) {
        var statements: [Statement] = [], messages: [Message] = [], events: [String] = []
        for check in changed where check.verdict > before[check.limit.id] ?? .pass {
            let id = "\(context.identifiers.nextText()).\(check.limit.id)"
            events.append(id)
            statements.append(RiskEvents.insert(check, id: id, portfolio: portfolio, order: "", time: now, at: now))
            if check.verdict == .breach { messages.append(engine.breach(check, portfolio, order: "", time: now)) }
            let (rows, told) = engine.alerts(for: check, portfolio, at: now)
            statements += rows
            messages += told
        }
        return (statements, messages, events)
    }
}
