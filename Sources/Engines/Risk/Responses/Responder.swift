import EngineKit
import HTTP
import Market
import Runtime
import Store
import Telemetry
import Wire

/// Carries out what rules ask for: writes each step with its audit row, then tells channels and places orders. What was
/// not finished is taken up by the next life, and nothing is decided twice.
@LoopActor final class Responder {
    private static let everyNanoseconds: Int64 = 1_000_000_000
    let context: EngineContext
    private(set) weak var engine: RiskEngine?
    var desk = ResponseDesk()
    private(set) var channels: [String: NoticeChannel] = [:]
    /// What is left to do, blocks that hold, orders that were placed and are not decided yet, and what has ended but is
    /// not written.
    var rows: [String: ResponseRow] = [:]
    /// Those of `rows` that are not written as they are.
    var unwritten: Set<String> = []
    /// What is being sent and placed, and since when rows wait.
    var flights = ResponseFlights()
    /// Of what orders some were placed while others are left to do.
    var begun: Set<OrderStep> = []
    let lock = KeyedLock()
    private let rounds: Rounds
    private(set) var metrics: ResponseMetrics?
    /// Whether nothing is being sent or placed.
    var isIdle: Bool { flights.isEmpty }
    /// Now, by both clocks.
    var now: CaseTime { CaseTime(wall: context.clock.now, steady: context.clock.monotonic) }

    init(_ context: EngineContext, _ engine: RiskEngine) {
        self.context = context
        self.engine = engine
        rounds = Rounds(every: Self.everyNanoseconds, context.clock)
    }

    func start() async throws {
        metrics = ResponseMetrics(context.registry, self)
        var fresh = ResponseDesk()
        fresh.rules = try await ResponseRecords.rules(context.records)
        for breach in try await ResponseRecords.openCases(context.records) { fresh.restore(breach.resumed(at: now)) }
        desk = fresh
        let known = try await ResponseRecords.channels(context.records)
        channels = Dictionary(uniqueKeysWithValues: known.map { ($0.id, $0) })
        let kept = unwritten.compactMap { rows[$0] }
        rows = Dictionary(uniqueKeysWithValues: try await ResponseRecords.live(context.records).map { ($0.id, $0) })
        // What an earlier start of this process has ended and could not write is not done again.
        for row in kept { rows[row.id] = row }
        begun = try await ResponseRecords.begun(context.records)
        flights.begin()
        rounds.start { [weak self] in await self?.round() }
    }

    func stop() {
        rounds.stop()
        flights.end()
    }

    // MARK: What was found

    /// What limits are at now, told again and again.
    func measure(_ checks: [LimitCheck], of portfolio: String) {
        let now = now
        for check in checks { desk.measure(check, of: portfolio, at: now) }
    }

    /// What has changed of limits: `commit` writes the cases and what tells of them along with it.
    func observing(
        _ changed: [LimitCheck], of portfolio: String, at now: Timestamp,
        _ commit: ([Statement], [Message]) async throws -> Void
    ) async throws {
        try await lock.with("") {
            var draft = desk, cases: [BreachCase] = [], messages: [Message] = []
            let time = CaseTime(wall: now, steady: context.clock.monotonic)
            for check in changed {
                let before = openCase(portfolio, check.limit.id)
                guard let breach = draft.observe(
                    check, of: portfolio, at: time, id: context.identifiers.nextText()) else { continue }
                cases.append(breach)
                messages.append(context.message(breach.step(from: before), of: breach, at: now))
            }
            let woken = woken(by: cases, at: now)
            try await commit(
                cases.map { ResponseRecords.upsert($0) } + woken.map { ResponseRecords.upsert($0) }, messages)
            // Each by itself: what was measured in the meantime stays.
            let ids = Dictionary(cases.map { ($0.limitID, $0.id) }) { $1 }
            for check in changed {
                if let id = ids[check.limit.id] { _ = desk.observe(check, of: portfolio, at: time, id: id) }
            }
            for row in woken where rows[row.id]?.state == .held { rows[row.id] = row }
        }
        spawn { [weak self] in await self?.round() }
    }

    /// Somebody has seen a case.
    func acknowledge(_ id: String, by name: String) async throws -> BreachCase? {
        try await lock.with("") {
            var draft = desk
            let now = context.clock.now
            guard let breach = draft.acknowledge(id, by: name, at: now) else { return nil }
            // Who has seen it a second time changes nothing.
            let isNew = openCase(breach.portfolioID, breach.limitID)?.acknowledged == nil
            let told = isNew ? [context.message(.acknowledged, of: breach, at: now)] : []
            // Those under way end with their attempt.
            let silenced = rows.values.filter { $0.caseID == id && $0.state.isPending && !$0.action.trades }.map { row in
                var row = row
                row.end(.dropped, Self.isSeen)
                return row
            }
            // What an attempt comes to is taken under the same lock: none writes meanwhile that it is tried again.
            try await context.commit(
                [ResponseRecords.upsert(breach)] + silenced.map { ResponseRecords.upsert($0) },
                told + silenced.map { context.message(.done, of: $0, at: now) })
            // By itself: what was measured in the meantime stays.
            _ = desk.acknowledge(id, by: name, at: now)
            for row in silenced {
                rows[row.id] = nil
                unwritten.remove(row.id)
                if !flights.holds(row.id) { metrics?.count(row) }
            }
            return breach
        }
    }

    /// The open case of a limit in a portfolio.
    func openCase(_ portfolio: String, _ limit: String) -> BreachCase? { desk.open[ResponseDesk.key(portfolio, limit)] }

    // MARK: Definitions

    /// Makes or changes a rule.
    func put(_ rule: ResponseRule, _ statements: [Statement]) async throws {
        try await lock.with("") {
            try await context.commit([ResponseRecords.upsert(rule)] + statements)
            if let index = desk.rules.firstIndex(where: { $0.id == rule.id }) {
                desk.rules[index] = rule
            } else {
                desk.rules.append(rule)
            }
        }
    }

    /// Removes a rule. One that is made under its id again has done nothing yet.
    func remove(rule id: String) async throws {
        try await lock.with("") {
            var draft = desk
            let changed = draft.forget(rule: id)
            try await context.commit(
                [ResponseRecords.delete(rule: id)] + changed.map { ResponseRecords.upsert($0) })
            desk.rules.removeAll { $0.id == id }
            for breach in changed {
                desk.mark(ResponseDesk.key(breach.portfolioID, breach.limitID), breach.progress)
            }
        }
    }

    func put(_ channel: NoticeChannel) { channels[channel.id] = channel }
    func remove(channel id: String) { channels[id] = nil }

    // MARK: Blocks and reductions

    /// Blocks that hold, oldest first.
    var blocks: [ResponseRow] {
        rows.values.filter { $0.state == .blocking }
            .sorted { ($0.recorded.nanoseconds, $0.id) < ($1.recorded.nanoseconds, $1.id) }
    }

    /// Why new orders are denied; nil where no block holds.
    func blocked(_ portfolio: String, symbol: Symbol, strategy: String, traders: [String]) -> String? {
        if rows.isEmpty { return nil }
        let names = [portfolio] + (engine?.groups(of: portfolio, traders: traders).map(\.text) ?? [])
        for row in rows.values where row.state == .blocking && names.contains(row.portfolioID) {
            let isOf = switch LimitScope(row.target) {
            case .symbol(let name)?: name == symbol.text
            // An instrument whose sector is not known may be of it.
            case .sector(let name)?: engine?.state.facts[symbol]?.sector.map { $0 == name } ?? true
            case .strategy(let name)?: name == strategy
            default: true
            }
            if isOf { return "a response blocks new orders: \(row.detail)" }
        }
        return nil
    }

    /// A block that a person ends.
    func release(_ id: String, by name: String) async throws -> ResponseRow? {
        try await lock.with("") {
            guard var row = rows[id], row.state == .blocking else { return nil }
            row.end(.released, "released by \(name)")
            try await context.commit([ResponseRecords.upsert(row)],
                                     [context.message(.done, of: row, at: context.clock.now)])
            rows[id] = nil
            return row
        }
    }

    // MARK: Rounds

    /// Decides what is due and begins what is to be done.
    func round() async {
        if !unwritten.isEmpty { await lock.with("") { await write() } }
        do {
            try await decide()
        } catch {
            context.logger.warning("responses were not decided", ["error": .string("\(error)")])
        }
        for row in rows.values where row.state == .placed && isSettled(row) && !unwritten.contains(row.id) {
            rows[row.id] = nil
        }
        flights.forget { rows[$0] == nil }
        if !begun.isEmpty {
            begun.formIntersection(rows.values.filter { row in
                row.action.trades && (row.state.isPending || unwritten.contains(row.id))
            }.map(\.orderStep))
        }
        launch()
    }

    private func decide() async throws {
        try await lock.with("") {
            guard let engine else { return }
            let time = self.now, now = time.wall
            var draft = desk
            let judged = Dictionary(
                engine.limits.filter(\.isActive).map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
            var cases = draft.forget(at: now) { breach in
                judged[breach.limitID].map { $0.type == breach.type && $0.scope == breach.scope } ?? false
            }
            let findings = cases.map { RiskControls.delete(finding: $0.limitID, in: $0.portfolioID) }
            let steps = draft.due(at: time) { engine.judged($0) }
            // Each with all that is done of it.
            let changed = draft.open.filter { $1.progress != desk.open[$0]?.progress }
            cases += changed.sorted { $0.key < $1.key }.map(\.value)
            if steps.isEmpty && cases.isEmpty { return }
            // Each with what those before it have planned: a holding is cut by the most that one asks for, not by the sum.
            let made = steps.reduce(into: [ResponseRow]()) { made, step in
                made += step.rows(scene(of: step.breach.portfolioID, planned: made, at: now))
            }
            // Nothing passes while a block is being written.
            let blocks = made.filter { $0.state == .blocking && rows[$0.id] == nil }
            for row in blocks { rows[row.id] = row }
            let told = cases.filter { !$0.isOpen }.map { context.message(.closed, of: $0, at: now) }
                + made.map { context.message($0.state == .refused ? .done : .planned, of: $0, at: now) }
            do {
                try await context.commit(
                    cases.map { ResponseRecords.upsert($0) } + findings + made.map { ResponseRecords.upsert($0) }, told,
                    audit: made.map { entry($0, "planned") })
            } catch {
                // It was not written: no block holds that nobody can see.
                for row in blocks { rows[row.id] = nil }
                throw error
            }
            for row in made where row.state == .refused { metrics?.count(row) }
            // What was measured in the meantime stays.
            for (key, breach) in draft.open { desk.mark(key, breach.progress) }
            for breach in cases where !breach.isOpen {
                desk.restore(breach)
                engine.monitor.forget(breach)
            }
            for row in made where row.state.isPending || row.state == .blocking { rows[row.id] = row }
        }
    }

    private func scene(of portfolio: String, planned: [ResponseRow], at now: Timestamp) -> ResponseScene {
        let stop = engine.flatMap { $0.killSwitch.isOn ? "the kill switch is on: \($0.killSwitch.reason)" : nil }
        return ResponseScene(
            channels: channels, stop: stop, lines: lines(of: portfolio, planned: planned), now: now
        ) { [context] text in
            String(hexadecimal(context.digest(Array(text.utf8))).prefix(ResponseOrder.nameLength))
        }
    }

    func entry(_ row: ResponseRow, _ step: String) -> AuditEntry {
        var json = JSONWriter()
        row.write(to: &json)
        return AuditEntry(engine: .risk, action: "response.\(step)", object: "response/\(row.id)", body: json.bytes)
    }
}
