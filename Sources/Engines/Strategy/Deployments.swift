import EngineKit
import HTTP
import Market
import Runtime
import Store
import Wire

extension StrategyEngine {
    private static let deploymentExample = """
        {"id":"d1","deployment_id":"d1","strategy_id":"cross","version":"8f14…","portfolio_id":"demo","mode":"direct",\
        "trading_mode":"paper","state":"running","symbol":"GOOG","capital":100000,"cash":100000,"quantity":0,\
        "open_order?":"o7","last_bar?":"2024-01-02T00:00:00Z","warming_up":false,"created":"2024-01-02T00:00:00Z"}
        """

    var deploymentRoutes: [Route] {
        let deploy = Route.json(
            .post, "/api/v1/strategies/deploy", "Starts a version on a portfolio, on paper.",
            example: #"{"strategy_id":"cross","portfolio_id":"sample","mode":"direct","trading_mode":"paper","capital":1000}"#,
            answer: Self.deploymentExample, errors: [404, 501, 503]
        ) { [unowned self] (_: NoParameters, body: DeployBody, request) in
            try await idempotency.once(request) { try await self.deploy(body, $0) }
        }
        let list = Route.json(
            .get, "/api/v1/strategies/deployments", "Deployments, oldest first.",
            answer: "{\"items\":[\(Self.deploymentExample)],\"next_cursor\":null}"
        ) { [unowned self] (page: PageParameters, _: NoBody, _) in try self.list(page) }
        return [
            deploy, deploy.alias("/api/v1/sprint3/strategy/deploy"),
            list, list.alias("/api/v1/sprint3/strategy/deployments"),
            .json(.get, "/api/v1/strategies/deployments/{deployment_id}", "One deployment.",
                answer: Self.deploymentExample,
                  errors: [404]) { [unowned self] (path: DeploymentPath, _: NoBody, _) in
                let deployment = try self.deployment(path.id)
                return JSONBody { self.write(deployment, &$0) }
            },
            .json(.post, "/api/v1/strategies/deployments/{deployment_id}/stop",
                  "Stops looking at bars; an order under way is cancelled, the position stays.",
                  answer: Self.deploymentExample,
                      errors: [404]) { [unowned self] (path: DeploymentPath, _: NoBody, _) in
                try await self.set(path.id, running: false)
            },
            .json(.post, "/api/v1/strategies/deployments/{deployment_id}/start", "Looks at bars again.",
                  answer: Self.deploymentExample,
                      errors: [404]) { [unowned self] (path: DeploymentPath, _: NoBody, _) in
                try await self.set(path.id, running: true)
            },
        ]
    }

    private func deployment(_ id: String) throws -> Deployment {
        guard let deployment = deployments[id] else { throw Problem.notFound("no deployment \(id)") }
        return deployment
    }

    private func list(_ page: PageParameters) throws -> JSONBody {
        let start = page.cursor.flatMap { deploymentOrder.firstIndex(of: $0) }.map { $0 + 1 } ?? 0
        if page.cursor != nil && start == 0 { throw Problem.invalid("?cursor", "is not a cursor of this list") }
        let ids = deploymentOrder.dropFirst(start).prefix(page.limit)
        let next = start + ids.count < deploymentOrder.count ? ids.last : nil
        return JSONBody.page(ids.compactMap { deployments[$0] }, next: next) { write($1, &$0) }
    }

    private func deploy(_ body: DeployBody, _ record: Idempotency.Record) async throws -> JSONBody {
        if body.mode != .direct { throw Problem.notImplemented(missing: "\(body.mode.rawValue) deployments: not built yet") }
        if body.tradingMode != .paper {
            throw Problem.notImplemented(missing: "live trading needs the Interactive Brokers gateway client: not built yet")
        }
        let version = try find(body.strategyID, body.version)
        let capital = if let named = body.capital { named } else { try await cash(of: body.portfolioID) }
        if body.capital != nil { _ = try await cash(of: body.portfolioID) }
        guard capital > .zero else { throw Problem.invalid("/capital", "portfolio \(body.portfolioID) has no cash to trade with") }
        let id = context.identifiers.nextText()
        var runner = try Runner(
            deploymentID: id, portfolioID: body.portfolioID, strategyID: body.strategyID,
                definition: version.definition,
            account: PaperAccount(cash: capital, quantity: .zero))
        if body.warmsUp && version.definition.trigger == .bar {
            let bars = try await BarsClient(context).bars(version.definition.symbol, version.definition.timeframe)
            for row in 0..<bars.count { runner.warmUp(Self.bar(bars, row, runner)) }
        }
        let deployment = Deployment(
            id: id, strategyID: body.strategyID, version: version.hash, portfolioID: body.portfolioID, capital: capital,
            created: context.clock.now, isRunning: true, runner: runner)
        let answer = JSONBody { write(deployment, &$0) }
        try await context.commit([deployment.upsert] + record.statements(answer, context))
        deployments[id] = deployment
        deploymentOrder.append(id)
        publishStatus(deployment, context.clock.now, nil)
        return answer
    }

    /// The portfolio's cash, asked of the portfolio engine; 404 where it has no such portfolio.
    func cash(of portfolio: String) async throws -> Money {
        let request = Request(
            method: .get, path: "/portfolios/\(BarsClient.escape(portfolio))", headers: ["Host": "localhost"])
        let response: Response
        do throws(PeerError) {
            response = try await context.peers.send(request, to: .portfolio, deadlineNanoseconds: 5_000_000_000)
        } catch {
            throw Problem.unavailable("portfolio", "the portfolio cannot be looked up: \(error)")
        }
        if response.status == 404 { throw Problem.notFound("no portfolio \(portfolio)") }
        guard response.status == 200 else { throw Problem.unavailable("portfolio", "it answered \(response.status)") }
        let cash = try JSONParser().withDocument(response.body) { json in
            json.member("id")?.string == portfolio ? json.member("cash")?.double.flatMap { FixedPoint($0) } : nil
        }
        guard let cash else { throw Problem.unavailable("portfolio", "it told nothing of portfolio \(portfolio)") }
        return cash
    }

    private func set(_ id: String, running: Bool) async throws -> JSONBody {
        try await locks.with(id) { try await setAlone(id, running: running) }
    }

    private func setAlone(_ id: String, running: Bool) async throws -> JSONBody {
        var deployment = try deployment(id)
        var statements: [Statement] = [], messages: [Message] = [], cancelled: String?
        if running && !deployment.isRunning { deployment.isBehind = true }
        deployment.isRunning = running
        if !running, let open = deployment.runner.order, var order = openOrders[open.intent.orderID],
           deployment.runner.cancel(open.intent.orderID) {
            order.state = .cancelled
            order.updated = context.clock.now
            order.reasons.append("the deployment was stopped")
            statements.append(order.upsert)
            messages.append(update(order, nil))
            cancelled = open.intent.orderID
        }
        try await context.commit([deployment.upsert] + statements, messages, unrefusable: !running)
        deployments[id] = deployment
        if let cancelled {
            openOrders[cancelled] = nil
            timings.forget(cancelled)
        }
        publishStatus(deployment, context.clock.now, nil)
        return JSONBody { write(deployment, &$0) }
    }
}
