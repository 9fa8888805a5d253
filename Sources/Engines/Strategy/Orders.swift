import EngineKit
import HTTP
import Market
import Runtime
import Store
import Wire

extension StrategyEngine {
    private static let orderExample = """
        {"id":"o1","portfolio_id":"demo","strategy_id":"","deployment_id":"","symbol":"GOOG","side":"buy",\
        "state":"filled","venue":"paper","trader":"ann","quantity":10,"reference_price":806.19,"filled_quantity":10,\
        "ts":"2024-01-02T00:00:00Z","updated":"2024-01-02T00:00:00Z","recorded?":"2024-01-02T00:00:00Z","reasons":[],\
        "fills":[{"id":"o1.1","quantity":10,"price":806.19,"commission":0,"ts":"2024-01-02T00:00:00Z"}]}
        """

    var orderRoutes: [Route] {
        [
            .json(.post, "/orders", """
                  Places an order: pre-trade check first, then the paper venue. A buy meets the latest quote's ask, a \
                  sale its bid; where no quote came, the last close.
                  """,
                  example: #"{"portfolio_id":"sample","symbol":"GOOG","side":"buy","quantity":1}"#,
                  answer: Self.orderExample,
                      errors: [404, 409, 503]) { [unowned self] (_: NoParameters, body: OrderBody, request) in
                try await idempotency.once(request) { try await self.place(body, request, $0) }
            },
            .json(.get, "/orders", "Orders, newest first; those of one deployment where it is named.",
                answer: "{\"items\":[\(Self.orderExample)],\"next_cursor\":null}") {
                [unowned self] (query: OrdersQuery, _: NoBody, _) in
                try await self.orders(query.page, query.deployment)
            },
            .json(.get, "/orders/{order_id}", "An order's state, reasons and fills.", answer: Self.orderExample,
                errors: [404]) {
                [unowned self] (path: OrderPath, _: NoBody, _) in
                let order = try await self.order(path.id)
                return JSONBody { order.write(to: &$0) }
            },
            .json(.delete, "/orders/{order_id}", "Cancels an order that is not final yet.", answer: Self.orderExample,
                  errors: [404, 409]) { [unowned self] (path: OrderPath, _: NoBody, _) in try await self.cancel(path.id) },
        ]
    }

    private func isKnown(_ id: String) async throws -> Bool {
        if openOrders[id] != nil { return true }
        let rows = try await context.records.query(Statement("SELECT id FROM orders WHERE id = $1", [.text(id)]))
        return !rows.rows.isEmpty
    }

    private func order(_ id: String) async throws -> OrderRecord {
        if let open = openOrders[id] { return open }
        let rows = try await context.records.query(
            Statement("SELECT \(OrderRecord.columns) FROM orders WHERE id = $1", [.text(id)]))
        guard let row = rows.first else { throw Problem.notFound("no order \(id)") }
        return try OrderRecord(row)
    }

    private func orders(_ page: PageParameters, _ deployment: String?) async throws -> JSONBody {
        var rows = try NewestRows(OrderRecord.columns, of: "orders", by: "created", page)
        rows.only("deployment_id", deployment.map { .text($0) })
        let found = try await rows.read(context.records)
        let items = try found.rows.map { try OrderRecord($0) }
        return JSONBody.page(items, next: found.next) { $1.write(to: &$0) }
    }

    // MARK: Placing

    private func place(_ body: OrderBody, _ request: Request, _ record: Idempotency.Record) async throws -> JSONBody {
        let id = body.id ?? context.identifiers.nextText()
        // From here on nobody else places one of that id: the loop turns while things are looked up.
        if placing.contains(id) { throw Problem.conflict("there is an order \(id) already") }
        placing.insert(id)
        defer { endPlacing(id) }
        if body.id != nil, try await isKnown(id) { throw Problem.conflict("there is an order \(id) already") }
        _ = try await cash(of: body.portfolioID)
        let price = try await latestPrice(body.symbol)
        let now = context.clock.now
        let intent = OrderIntent(
            orderID: id, portfolioID: body.portfolioID, strategyID: "",
            symbol: body.symbol, side: body.side, size: .quantity(body.quantity), expectedQuantity: body.quantity,
            referencePrice: price.middle, limitPrice: body.price, trader: body.trader, time: now)
        let order = OrderRecord(intent: intent, deploymentID: "", state: .pending, updated: now, recorded: now)
        AuditScope.current?.object = "order/\(intent.orderID)"
        openOrders[intent.orderID] = order
        timings.follow(order, received: nil)
        let trace = request.headers["traceparent"]
        // With the order, so that a retry never places a second one; until it is decided the answer is a pending order.
        let placed = record.statements(JSONBody { order.write(to: &$0) }, context)
        do {
            try await context.commit([order.insert] + placed, [
                context.message(Topics.intent, body.portfolioID, time: now, trace: trace, intent), update(order, nil)])
        } catch {
            openOrders[intent.orderID] = nil
            timings.forget(intent.orderID)
            throw error
        }
        await decision(of: intent.orderID)
        try await meetLatestPrice(intent.orderID)
        let final = try await self.order(intent.orderID)
        let answer = JSONBody { final.write(to: &$0) }
        let remembered = record.replacement(answer)
        if !remembered.isEmpty { try await context.commit(remembered) }
        return answer
    }

    private func cancel(_ id: String) async throws -> JSONBody {
        try await locks.with(Self.lockKey(id)) { try await cancelAlone(id) }
    }

    private func cancelAlone(_ id: String) async throws -> JSONBody {
        var order = try await self.order(id)
        if order.state.isFinal { throw Problem.conflict("order \(id) is \(order.state.rawValue)") }
        var statements: [Statement] = [], freed: Deployment?
        if var deployment = deployments[order.deploymentID], deployment.runner.cancel(id) {
            statements.append(deployment.upsert)
            freed = deployment
        }
        order.state = .cancelled
        order.updated = context.clock.now
        try await context.commit([order.upsert] + statements, [update(order, nil)], unrefusable: true)
        openOrders[id] = nil
        timings.forget(id)
        if let freed { deployments[freed.id] = freed }
        return JSONBody { order.write(to: &$0) }
    }
}
