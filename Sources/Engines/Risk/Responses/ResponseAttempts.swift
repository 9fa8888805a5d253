import EngineKit
import HTTP
import Market
import Runtime
import Telemetry

/// Attempts: which rows are taken up, and what becomes of each.
extension Responder {
    static let isSeen = "somebody has seen it"
    private static let isUnknown = "the limit has no value now"
    /// The pause before an order whose limit cannot be judged is looked at again: a monitor's interval.
    private static let judgePause: Int64 = 5_000_000_000

    /// Begins what is due and has room, orders first, each kind in order of time.
    func launch() {
        let now = now
        let due = rows.values.filter { flights.isDue($0, at: now) }
        let (orders, notices) = (due.filter(\.action.trades), due.filter { !$0.action.trades })
        for row in Self.sorted(orders) + Self.sorted(notices) where flights.admits(row) { begin(row) }
    }

    private static func sorted(_ rows: [ResponseRow]) -> [ResponseRow] {
        rows.sorted { ($0.recorded, $0.id) < ($1.recorded, $1.id) }
    }

    private func begin(_ row: ResponseRow) {
        flights.add(row)
        spawn { [weak self] in
            await self?.attempt(row)
            self?.ended(row)
        }
    }

    /// Of what there is room for then, the first takes its place.
    private func ended(_ row: ResponseRow) {
        flights.remove(row)
        let now = now
        let next = rows.values.filter { other in
            other.action.trades == row.action.trades && flights.admits(other) && flights.isDue(other, at: now)
        }.min { ($0.recorded, $0.id) < ($1.recorded, $1.id) }
        if let next { begin(next) }
    }

    private func attempt(_ first: ResponseRow) async {
        var row = first
        if row.action.trades {
            await carryOut(&row)
        } else if let why = silence(row) {
            row.end(.dropped, why)
        } else {
            await tell(&row)
        }
        if row != first { await finish(row) }
    }

    private func breach(_ id: String) -> BreachCase? { desk.open.values.first { $0.id == id } }

    // MARK: Notices

    /// Notices that quiet hours hold and that are about a case which is beyond its limit by now: they are due.
    func woken(by cases: [BreachCase], at now: Timestamp) -> [ResponseRow] {
        let hard = Set(cases.filter { $0.isOpen && $0.severity == .hard }.map(\.id))
        return rows.values.filter { $0.state == .held && hard.contains($0.caseID) }.map { row in
            var row = row
            (row.state, row.due, row.detail) = (.waiting, now, "")
            return row
        }
    }

    /// Why nobody is told; nil where somebody is.
    private func silence(_ row: ResponseRow) -> String? {
        let breach = breach(row.caseID)
        if row.state == .held, breach == nil { return "it was over before the quiet hours ended" }
        return breach?.acknowledged == nil ? nil : Self.isSeen
    }

    private func tell(_ row: inout ResponseRow) async {
        guard let channel = channels[row.target] else { return row.end(.failed, "there is no channel \(row.target)") }
        guard channel.isActive else { return row.end(.dropped, "channel \(row.target) is switched off") }
        let now = context.clock.now
        // What is tried again is the same notice.
        if row.attempts == 0, let breach = breach(row.caseID) { row.body = NoticeText.body(row, of: breach, at: now) }
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

    // MARK: Orders

    /// What is found of an order's reason just before it is placed.
    enum Reason { case holds, unknown, gone(String) }

    private func carryOut(_ row: inout ResponseRow) async {
        guard let order = ResponseOrder(row) else { return row.end(.failed, "the order cannot be read") }
        // What was decided is only asked for its outcome, whatever came in between.
        var isKnown = engine?.isDecided(order.id) != false
        if !isKnown {
            if await isHeldBack(&row) { return }
            guard let found = await self.isKnown(order) else {
                return row.take(.failed("the strategy engine gave no answer"), at: context.clock.now)
            }
            isKnown = found
            // It took time to ask.
            if !isKnown, await isHeldBack(&row) { return }
        }
        // Given up while it was asked for: risk denies it, and its rule may plan again.
        guard rows[row.id]?.state.isPending == true else { return }
        if isKnown { begun.insert(row.orderStep) }
        await place(order, isKnown: isKnown, &row)
    }

    /// Whether an order that is not decided is not placed now: it is refused, waits for a value, or was given up.
    private func isHeldBack(_ row: inout ResponseRow) async -> Bool {
        guard rows[row.id]?.state.isPending == true else { return true }
        if let engine, engine.killSwitch.isOn {
            row.end(.refused, "the kill switch is on: \(engine.killSwitch.reason)")
            return true
        }
        switch reason(of: row) {
        case .holds: return false
        case .unknown where row.detail == Self.isUnknown: flights.wait(row.id, nanoseconds: Self.judgePause, at: now)
        case .unknown:
            row.detail = Self.isUnknown
            row.due = context.clock.now.adding(nanoseconds: Self.judgePause)
        case .gone: await giveUp(row)
        }
        return true
    }

    /// Whether the rule still asks for an order, and its case is as it was. Orders of which others were placed already
    /// are carried out to their end: half of them would leave a portfolio that nobody wanted.
    func reason(of row: ResponseRow) -> Reason {
        guard let rule = desk.rules.first(where: { $0.id == row.ruleID }) else {
            return .gone("rule \(row.ruleID) is no more")
        }
        let isOther = Reason.gone("rule \(rule.id) does not ask for it any more")
        guard rule.isActive, rule.action == row.action else { return isOther }
        if isBegun(row.orderStep) { return .holds }
        guard let breach = breach(row.caseID) else { return .gone("the breach is over") }
        guard rule.matches(breach) else { return isOther }
        guard let check = engine?.judged(breach) else { return .gone("the limit is not judged any more") }
        if check.value.isNaN { return .unknown }
        return rule.isAsked(by: check) ? .holds : .gone("the limit is kept again")
    }

    private func place(_ planned: ResponseOrder, isKnown: Bool, _ row: inout ResponseRow) async {
        var order = planned
        if !isKnown {
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
