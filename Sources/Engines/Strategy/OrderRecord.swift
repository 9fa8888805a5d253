import EngineKit
import HTTP
import Market
import Store
import Wire

/// One order's whole story, as it is stored and told.
struct OrderRecord: Sendable {
    var intent: OrderIntent
    var deploymentID: String
    var state: OrderState
    var reasons: [String]
    var fills: [Fill]
    var updated: Timestamp
    /// When it was taken, by the service's clock: bars of a replay tell other times. Nil where a build before took it.
    private(set) var recorded: Timestamp?

    /// Whether it is at the paper venue for itself, and not for a deployment.
    var isWorkingByHand: Bool { deploymentID.isEmpty && state == .working }

    func write(to json: inout JSONWriter) {
        json.beginObject()
        for (name, text) in [
            ("id", intent.orderID), ("portfolio_id", intent.portfolioID), ("strategy_id", intent.strategyID),
            ("deployment_id", deploymentID), ("symbol", intent.symbol.text), ("side", intent.side.rawValue),
            ("state", state.rawValue), ("venue", "paper"),
        ] {
            json.key(name)
            json.string(text)
        }
        if let trader = intent.trader { json.field("trader", trader) }
        json.key("quantity")
        json.fixed(fills.isEmpty ? intent.expectedQuantity : fills.reduce(.zero) { $0 + $1.quantity })
        // What was wanted, where the order said so: a fill may decide the quantity of others.
        if case .quantity(let wanted) = intent.size {
            json.key("ordered_quantity")
            json.fixed(wanted)
        }
        json.key("reference_price")
        json.fixed(intent.referencePrice)
        json.key("filled_quantity")
        json.fixed(fills.reduce(.zero) { $0 + $1.quantity })
        json.key("ts")
        json.time(intent.time)
        json.key("updated")
        json.time(updated)
        json.key("recorded")
        if let recorded { json.time(recorded) } else { json.null() }
        json.key("reasons")
        json.beginArray()
        for reason in reasons { json.string(reason) }
        json.endArray()
        json.key("fills")
        json.beginArray()
        for fill in fills {
            json.beginObject()
            json.key("id")
            json.string(fill.id)
            json.key("quantity")
            json.fixed(fill.quantity)
            json.key("price")
            json.fixed(fill.price)
            json.key("commission")
            json.fixed(fill.commission)
            json.key("ts")
            json.time(fill.time)
            json.endObject()
        }
        json.endArray()
        json.endObject()
    }

    /// The row of an order that is new. One of that id which is stored already is not written over: that is a conflict,
    /// but where it is this very order and still waits, as nobody knows whether its commit came through.
    var insert: Statement {
        statement(
            "UPDATE SET updated = excluded.updated WHERE orders.state = 'pending' AND orders.intent = excluded.intent",
            expectedChanges: 1)
    }

    /// Writes the whole row: an order changes a handful of times in its life.
    var upsert: Statement {
        statement("""
            UPDATE SET state = excluded.state, reasons = excluded.reasons, fills = excluded.fills,
                updated = excluded.updated
            """)
    }

    private func statement(_ onConflict: String, expectedChanges: Int? = nil) -> Statement {
        var reasonsJSON = JSONWriter(), fillsJSON = JSONWriter()
        reasonsJSON.beginArray()
        for reason in reasons { reasonsJSON.string(reason) }
        reasonsJSON.endArray()
        fillsJSON.beginArray()
        for fill in fills { fillsJSON.raw(fill.jsonBytes) }
        fillsJSON.endArray()
        return Statement(
            """
            INSERT INTO orders (id, deployment_id, portfolio_id, intent, state, reasons, fills, created, updated, recorded)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
            ON CONFLICT (id) DO \(onConflict)
            """,
            [.text(intent.orderID), .text(deploymentID), .text(intent.portfolioID), .blob(intent.jsonBytes),
             .text(state.rawValue), .blob(reasonsJSON.bytes), .blob(fillsJSON.bytes), .integer(intent.time.nanoseconds),
             .integer(updated.nanoseconds), recorded.map { .integer($0.nanoseconds) } ?? .null],
            expectedChanges: expectedChanges)
    }

    static let columns = "deployment_id, intent, state, reasons, fills, updated, recorded"

    init(intent: OrderIntent, deploymentID: String, state: OrderState, updated: Timestamp, recorded: Timestamp) {
        self.intent = intent
        self.deploymentID = deploymentID
        self.state = state
        self.updated = updated
        self.recorded = recorded
        reasons = []
        fills = []
    }

    init(_ row: ResultSet.Row) throws {
        let parser = JSONParser()
        let intentBytes: [UInt8] = try row.value(1), stateText: String = try row.value(2)
        guard let intent = try parser.withDocument(intentBytes, { OrderIntent(json: $0) }),
              let state = OrderState(rawValue: stateText) else {
            throw StoreError(.corrupted, "an order's row cannot be read")
        }
        var reasons: [String] = [], fills: [Fill] = []
        try parser.withDocument(try row.value(3)) { $0.forEachElement { if let text = $0.string { reasons.append(text) } } }
        try parser.withDocument(try row.value(4)) { $0.forEachElement { if let fill = Fill(json: $0) { fills.append(fill) } } }
        let updated = Timestamp(nanoseconds: try row.value(5)), recorded: Int64? = try row.value(6)
        self.init(intent: intent, deploymentID: try row.value(0), state: state, updated: updated, recorded: updated)
        self.recorded = recorded.map { Timestamp(nanoseconds: $0) }
        self.reasons = reasons
        self.fills = fills
    }
}
