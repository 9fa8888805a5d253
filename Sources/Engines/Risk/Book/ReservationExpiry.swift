import EngineKit
import Market
import Runtime
import Telemetry
import Wire

/// Ends reservations of orders that nothing was heard of for a stated time: an order whose end is never told must not
/// hold its room for ever. Each is told as expired: an alert, also on the bus, a row of the log, and a count.
@LoopActor final class ReservationExpiry {
    private static let everyNanoseconds: Int64 = 10_000_000_000
    private let context: EngineContext
    private weak var engine: RiskEngine?
    private let lifeNanoseconds: Int64
    private let rounds: Rounds
    private let expired: Counter

    init(_ context: EngineContext, _ engine: RiskEngine) {
        self.context = context
        self.engine = engine
        lifeNanoseconds = Int64(context.configuration.int("RISK_RESERVATION_SECONDS")) * 1_000_000_000
        rounds = Rounds(every: Self.everyNanoseconds, context.clock)
        expired = context.registry.counter(
            "nautilus_risk_expired_reservations_total",
            "Reservations of orders that nothing was heard of for too long.")
        context.registry.computed("nautilus_risk_reservations", "Approved orders that count against limits.") {
            [weak engine] in LoopActor.assumeIsolated { Double(engine?.state.reservations.count ?? 0) }
        }
    }

    /// Begins with a wait: what the bus still has of the orders comes first.
    func start() {
        if lifeNanoseconds > 0 { rounds.start(later: true) { [weak self] in await self?.round() } }
    }

    func stop() { rounds.stop() }

    /// One look at all that is open; cannot fail, the log tells what did.
    func round() async {
        guard let engine else { return }
        let now = context.clock.now
        let old = engine.state.reservations.values.filter { now.nanoseconds(since: $0.heard) >= lifeNanoseconds }
        for reservation in old.sorted(by: { ($0.heard, $0.orderID) < ($1.heard, $1.orderID) }) {
            do {
                try await end(reservation, engine, at: now)
            } catch {
                context.logger.warning("a reservation did not expire", [
                    "order": .string(reservation.orderID), "error": .string("\(error)")])
            }
        }
    }

    private func end(_ reservation: Reservation, _ engine: RiskEngine, at now: Timestamp) async throws {
        // Something may have come while another was written.
        guard engine.state.reservations[reservation.orderID] == reservation else { return }
        let alert = RiskAlert(
            id: context.identifiers.nextText(), kind: .alert, title: "Reservation expired", severity: .warning,
            state: .open, portfolioID: reservation.portfolioID, limitType: "", ruleID: "",
            message: """
                order \(reservation.orderID) counts no more against limits with \(reservation.quantity) \
                \(reservation.symbol.text): nothing was heard of it since \(reservation.heard.iso8601)
                """,
            note: "", time: now)
        var json = JSONWriter()
        reservation.write(to: &json)
        // Before the wait: a fill that comes in it finds nothing reserved, and its row goes as well.
        engine.state.release(reservation.orderID)
        do {
            try await context.commit(
                [ReservationRecords.delete(order: reservation.orderID), RiskControls.upsert(alert)],
                [engine.message(alert)],
                audit: [AuditEntry(engine: .risk, action: "reservation.expire",
                                   object: "reservation/\(reservation.orderID)", body: json.bytes)])
        } catch {
            engine.state.reserve(reservation)
            throw error
        }
        expired.increment()
    }
}
