import EngineKit
import Market
import Runtime
import Store
import Telemetry

/// Outcomes: what came of attempts, written before it is forgotten. All of it happens under the responder's lock, so
/// that a plan, an acknowledgement and an outcome never meet halfway.
extension Responder {
    /// Takes what came of an attempt.
    func finish(_ outcome: ResponseRow) async {
        // At once: the others of the step look at it before this is written. Not of one that was given up.
        if outcome.state == .placed, rows[outcome.id]?.state.isPending == true { begun.insert(outcome.orderStep) }
        await lock.with("") {
            var row = outcome
            if rows[row.id]?.state.isPending != true {
                // It was given up meanwhile, so that risk denies what was sent.
                if row.action.trades { return }
                if row.state.isPending { row.end(.dropped, Self.isSeen) }
            }
            take(row)
            if row.state.isPending { flights.wait(row, at: now) }
            await write()
        }
    }

    /// Gives up the orders of a row's step that risk has not decided, all together: some of them alone would leave what
    /// nobody wanted. What was sent of them already is denied when it comes (`reduction`).
    func giveUp(_ row: ResponseRow) async {
        await lock.with("") {
            // Looked at again, as there was a wait.
            guard rows[row.id]?.state.isPending == true, isUndecided(row), case .gone(let why) = reason(of: row)
            else { return }
            for var other in orders(of: row.orderStep) where other.state.isPending && isUndecided(other) {
                other.end(.dropped, why)
                take(other)
            }
            await write()
        }
    }

    private func take(_ row: ResponseRow) {
        rows[row.id] = row
        unwritten.insert(row.id)
        metrics?.count(row)
    }

    /// Writes what is not written yet, and forgets what is over then; what cannot be written stays for the next round.
    /// With orders that were given up goes that they may be planned again. Called under the lock.
    func write() async {
        if unwritten.isEmpty { return }
        let now = context.clock.now, rearmed = rearmed()
        let found = unwritten.compactMap { rows[$0] }.sorted { ($0.recorded, $0.id) < ($1.recorded, $1.id) }
        do {
            try await context.commit(
                rearmed.map { ResponseRecords.upsert($0) } + found.map { ResponseRecords.upsert($0) },
                found.map { context.message($0.state.isPending ? .retried : .done, of: $0, at: now) },
                audit: found.filter { !$0.state.isPending }.map { entry($0, $0.state.rawValue) })
        } catch {
            context.logger.warning("outcomes of responses were not written, they are in the next round", [
                "responses": .int(found.count), "error": .string("\(error)")])
            return
        }
        for breach in rearmed { desk.mark(ResponseDesk.key(breach.portfolioID, breach.limitID), breach.progress) }
        for row in found where rows[row.id] == row {
            unwritten.remove(row.id)
            if !row.state.isPending, isSettled(row) { rows[row.id] = nil }
        }
    }

    /// The cases whose rules may plan again what was dropped and is being written: its reason was gone for a moment, and
    /// may come back. Other ids keep it from trading twice; nothing is planned again of a step that was begun.
    private func rearmed() -> [BreachCase] {
        var draft = desk, cases: [String: BreachCase] = [:], steps: Set<OrderStep> = []
        for row in unwritten.compactMap({ rows[$0] }) where row.action.trades && row.state == .dropped {
            guard !isBegun(row.orderStep), steps.insert(row.orderStep).inserted,
                  let breach = draft.rearm(row.ruleID, row.action, of: row.caseID) else { continue }
            cases[breach.id] = breach
        }
        return cases.sorted { $0.key < $1.key }.map(\.value)
    }

    // MARK: Steps of orders

    private func orders(of step: OrderStep) -> [ResponseRow] {
        rows.values.filter { $0.action.trades && $0.orderStep == step }
    }

    /// Whether an order of a step was placed, or risk has decided it though its answer has not come yet.
    func isBegun(_ step: OrderStep) -> Bool {
        begun.contains(step) || orders(of: step).contains { row in
            (row.state == .waiting || row.state == .placed)
                && engine?.isDecided(ResponseOrder.name(of: row.id)) == true
        }
    }

    /// Whether nothing is left of an order that was placed: its decision is written, or it ended before there was one.
    func isSettled(_ row: ResponseRow) -> Bool {
        row.state != .placed || engine?.isOver(ResponseOrder.name(of: row.id)) ?? true
    }
}
