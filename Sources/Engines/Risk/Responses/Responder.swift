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
    /// Notices and orders under way at once.
    private static let flightLimit = 16
    let context: EngineContext
    private(set) weak var engine: RiskEngine?
    private(set) var desk = ResponseDesk()
    private(set) var channels: [String: NoticeChannel] = [:]
    /// What is left to do, blocks that hold, and orders that were placed and are not decided yet.
    private(set) var rows: [String: ResponseRow] = [:]
    private let lock = KeyedLock()
    private var inFlight: Set<String> = []
    private let rounds: Rounds
    private var metrics: ResponseMetrics?
    /// Whether nothing is being sent or placed.
    var isIdle: Bool { inFlight.isEmpty }

    init(_ context: EngineContext, _ engine: RiskEngine) {
        self.context = context
        self.engine = engine
        rounds = Rounds(every: Self.everyNanoseconds, context.clock)
    }

    func start() async throws {
        metrics = ResponseMetrics(context.registry, self)
        var fresh = ResponseDesk()
        fresh.rules = try await ResponseRecords.rules(context.records)
        for breach in try await ResponseRecords.openCases(context.records) { fresh.restore(breach) }
        desk = fresh
        let known = try await ResponseRecords.channels(context.records)
        channels = Dictionary(uniqueKeysWithValues: known.map { ($0.id, $0) })
        rows = Dictionary(uniqueKeysWithValues: try await ResponseRecords.live(context.records).map { ($0.id, $0) })
        rounds.start { [weak self] in await self?.round() }
    }

    func stop() { rounds.stop() }

    // MARK: What was found

    /// What limits are at now, told again and again.
    func measure(_ checks: [LimitCheck], of portfolio: String) {
        for check in checks { desk.measure(check, of: portfolio) }
    }

    /// What has changed of limits: `commit` writes the cases and what tells of them along with it.
    func observing(
        _ changed: [LimitCheck], of portfolio: String, at now: Timestamp,
        _ commit: ([Statement], [Message]) async throws -> Void
    ) async throws {
        try await lock.with("") {
            var draft = desk, cases: [BreachCase] = [], messages: [Message] = []
            for check in changed {
                let before = openCase(portfolio, check.limit.id)
                guard let breach = draft.observe(
                    check, of: portfolio, at: now, id: context.identifiers.nextText()) else { continue }
                cases.append(breach)
                messages.append(context.message(breach.step(from: before), of: breach, at: now))
            }
            try await commit(cases.map { ResponseRecords.upsert($0) }, messages)
            desk = draft
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
            try await context.commit([ResponseRecords.upsert(breach)], told)
            desk = draft
            return breach
        }
    }

    /// The open case of a limit in a portfolio.
    func openCase(_ portfolio: String, _ limit: String) -> BreachCase? { desk.open[ResponseDesk.key(portfolio, limit)] }

    // MARK: Definitions

    /// Writes rules as they are from now on.
    func change(rules: [ResponseRule], _ statements: [Statement]) async throws {
        try await lock.with("") {
            try await context.commit(statements)
            desk.rules = rules
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
        do {
            try await decide()
        } catch {
            context.logger.warning("responses were not decided", ["error": .string("\(error)")])
        }
        for row in rows.values where row.state == .placed && isSettled(row) { rows[row.id] = nil }
        let now = context.clock.now
        for row in rows.values.sorted(by: { ($0.recorded, $0.id) < ($1.recorded, $1.id) }) {
            guard row.state.isPending, let due = row.due, due <= now, inFlight.count < Self.flightLimit,
                  inFlight.insert(row.id).inserted else { continue }
            spawn { [weak self] in
                await self?.attempt(row)
                self?.inFlight.remove(row.id)
            }
        }
    }

    private func decide() async throws {
        try await lock.with("") {
            guard let engine else { return }
            let now = context.clock.now
            var draft = desk
            let judged = Dictionary(
                engine.limits.filter(\.isActive).map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
            var cases = draft.forget(at: now) { breach in
                judged[breach.limitID].map { $0.type == breach.type && $0.scope == breach.scope } ?? false
            }
            let findings = cases.map { RiskControls.delete(finding: $0.limitID, in: $0.portfolioID) }
            let steps = draft.due(at: now)
            if steps.isEmpty && cases.isEmpty { return }
            // Each with all that is done of it.
            for key in Set(steps.map { ResponseDesk.key($0.breach.portfolioID, $0.breach.limitID) }) {
                if let breach = draft.open[key] { cases.append(breach) }
            }
            // Each with what those before it have planned: a holding is cut by the most that one asks for, not by the sum.
            let made = steps.reduce(into: [ResponseRow]()) { made, step in
                made += step.rows(scene(of: step.breach.portfolioID, planned: made, at: now))
            }
            // Nothing passes while a block is being written.
            for row in made where row.state == .blocking { rows[row.id] = row }
            let told = cases.filter { !$0.isOpen }.map { context.message(.closed, of: $0, at: now) }
                + made.map { context.message($0.state == .refused ? .done : .planned, of: $0, at: now) }
            try await context.commit(
                cases.map { ResponseRecords.upsert($0) } + findings + made.map { ResponseRecords.upsert($0) }, told,
                audit: made.map { entry($0, "planned") })
            for row in made where row.state == .refused { metrics?.count(row) }
            // What was measured in the meantime stays.
            for (key, breach) in draft.open { desk.mark(key, breach.done) }
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
            String(hexadecimal(context.digest(Array(text.utf8))).prefix(32))
        }
    }

    private func entry(_ row: ResponseRow, _ step: String) -> AuditEntry {
        var json = JSONWriter()
        row.write(to: &json)
        return AuditEntry(engine: .risk, action: "response.\(step)", object: "response/\(row.id)", body: json.bytes)
    }

    // MARK: Attempts

    private func attempt(_ first: ResponseRow) async {
        var row = first
        if row.action.trades {
            if let engine, engine.killSwitch.isOn {
                row.end(.refused, "the kill switch is on: \(engine.killSwitch.reason)")
            } else {
                await place(&row)
            }
        } else if first.state == .held, isOver(row.caseID) {
            row.end(.dropped, "it was over or seen before the quiet hours ended")
        } else {
            await tell(&row)
        }
        // A round that ends after the engine has stopped leaves the row to the next life.
        rows[row.id] = row.state.isPending || !isSettled(row) ? row : nil
        if row == first { return }
        metrics?.count(row)
        let isOpen = row.state.isPending
        do {
            try await context.commit(
                [ResponseRecords.upsert(row)],
                [context.message(isOpen ? .retried : .done, of: row, at: context.clock.now)],
                audit: isOpen ? [] : [entry(row, row.state.rawValue)])
        } catch {
            context.logger.warning("the outcome of a response was not written", [
                "response": .string(row.id), "error": .string("\(error)")])
        }
    }

    /// Whether nothing is left of an order that was placed: its decision is written, or it ended before there was one.
    private func isSettled(_ row: ResponseRow) -> Bool {
        row.state != .placed || engine?.isOver(ResponseOrder.name(of: row.id)) ?? true
    }

    private func isOver(_ id: String) -> Bool {
        desk.open.values.first { $0.id == id }.map { $0.acknowledged != nil } ?? true
    }

    private func tell(_ row: inout ResponseRow) async {
        guard let channel = channels[row.target] else { return row.end(.failed, "there is no channel \(row.target)") }
        let now = context.clock.now
        let outcome: NoticeOutcome
        switch channel.kind {
        case .webhook:
            outcome = await context.courier.post(row.body, to: channel.target, id: row.id, at: now)
        case .email:
            outcome = await context.courier.send(NoticeText.mail(row, to: channel.target, at: now))
        }
        row.take(outcome, at: context.clock.now)
        if row.state == .held { row.state = .waiting }
    }

    private func place(_ row: inout ResponseRow) async {
        guard let planned = ResponseOrder(row) else { return row.end(.failed, "the order cannot be read") }
        var order = planned
        if await isUnsent(planned) {
            if await makeRoom(for: planned, of: &row) { return }
            guard let rest = cut(planned, of: row) else { return row.end(.refused, ResponseOrder.isUnderWay) }
            order = rest
        }
        if order != planned {
            row.body = order.body
            rows[row.id] = row
        }
        let request = Request(
            method: .post, path: "/orders",
            headers: ["Host": "localhost", "Content-Type": "application/json", "Idempotency-Key": order.id],
            body: row.body)
        do throws(PeerError) {
            let response = try await context.peers.send(
                request, to: .strategy, deadlineNanoseconds: 20_000_000_000)
            let text = NoticeText.outcome(response.body)
            switch response.status {
            case 200..<300 where text.state == "denied": row.end(.failed, "denied: \(text.detail)")
            case 200..<300, 409: row.end(.placed, "order \(order.id) is \(text.state)")
            case 400..<500: row.end(.failed, text.detail)
            default: row.take(.failed(text.detail), at: context.clock.now)
            }
        } catch {
            row.take(.failed("the strategy engine gave no answer: \(error)"), at: context.clock.now)
        }
    }
}
