import EngineKit
public import HTTP
import Market
import Quant
import Runtime
import Store
import Telemetry
import Wire

extension RiskEngine {
    private static let checkExample = """
        {"positions":[{"symbol":"GOOG","quantity":100,"average_cost":700,"price":806.19,"previous_close":801.2,\
        "sector":"Technology"}],"cash":20000,"limits":[{"type":"gross_exposure","threshold":100000},\
        {"type":"position_weight","threshold":0.5}],"order":{"symbol":"GOOG","side":"buy","quantity":10,"price":806.19}}
        """

    private static let checkAnswer = """
        {"portfolio_id":"demo","verdict":"breach","checks":[{"limit_id":"","type":"position_weight","value":0.88,\
        "threshold":0.5,"utilization":1.76,"headroom":-0.38,"verdict":"breach","reason":"position_weight of 0.88 is above 0.5"}],\
        "warnings":[],"conventions":[],"metrics":{"equity":100619,"gross_exposure":88680.9,"net_exposure":88680.9,"leverage":0.88}}
        """

    public var routes: [Route] {
        audit.audited(
            [auditHeadRoute, healthRoute, checkRoute.tolerant, preTradeRoute.tolerant, realtimeRoute]
                + [varRoute.calculation, varBacktestRoute.calculation]
                + [stressRoute.calculation, monteCarloRoute.calculation, xvaRoute.calculation] + limitRoutes + eventRoutes
                + killSwitchRoutes + monitorRoutes + alertRoutes + reservationRoutes + reportRoutes + archiveRoutes
                + viewRoutes + capitalRoutes + predictionRoutes + limitChangeRoutes + responseRuleRoutes + responseRoutes
                + clientRoutes + traderRoutes + [adjustmentRoute],
            Self.actions)
    }

    private nonisolated static let actions: [AuditedAction] = [
        AuditedAction("limit.create", .post, "/api/v1/risk/limits"),
        AuditedAction("limit.create", .post, "/api/v1/sprint3/risk/limits"),
        AuditedAction("limit.change", .put, "/api/v1/risk/limits/{limit_id}"),
        AuditedAction("reservation.release", .delete, "/api/v1/risk/reservations/{order_id}"),
        AuditedAction("limit.delete", .delete, "/api/v1/risk/limits/{limit_id}"),
        AuditedAction("limit_change.approve", .post, "/api/v1/risk/limit-changes/{change_id}/approve"),
        AuditedAction("limit_change.reject", .post, "/api/v1/risk/limit-changes/{change_id}/reject"),
        AuditedAction("client.change", .put, "/api/v1/risk/clients/{client_id}"),
        AuditedAction("response_rule.create", .post, "/api/v1/risk/response-rules"),
        AuditedAction("response_rule.change", .put, "/api/v1/risk/response-rules/{rule_id}"),
        AuditedAction("response_rule.delete", .delete, "/api/v1/risk/response-rules/{rule_id}"),
        AuditedAction("channel.create", .post, "/api/v1/risk/channels"),
        AuditedAction("channel.change", .put, "/api/v1/risk/channels/{channel_id}"),
        AuditedAction("channel.delete", .delete, "/api/v1/risk/channels/{channel_id}"),
        AuditedAction("breach.acknowledge", .post, "/api/v1/risk/cases/{case_id}/acknowledge"),
        AuditedAction("block.release", .delete, "/api/v1/risk/blocks/{block_id}"),
        AuditedAction("breach.detect", .post, "/api/v1/risk/breaches"),
        AuditedAction("kill_switch.turn", .post, "/api/v1/risk/kill-switch"),
        AuditedAction("monitor.start", .post, "/api/v1/risk/monitor/start"),
        AuditedAction("monitor.start", .post, "/api/v1/sprint3/risk/monitoring/start"),
        AuditedAction("monitor.stop", .post, "/api/v1/risk/monitor/stop"),
        AuditedAction("alert.create", .post, "/api/v1/risk/alerts"),
        AuditedAction("alert.change", .patch, "/api/v1/risk/alerts"),
        AuditedAction("breach.change", .patch, "/api/v1/risk/breaches"),
        AuditedAction("breach_model.fit", .post, "/api/v1/risk/predictions/model"),
        AuditedAction("report.keep", .post, "/api/v1/risk/reports/{report_type}"),
        AuditedAction("report_schedule.create", .post, "/api/v1/risk/report-schedules"),
        AuditedAction("capital_book.keep", .post, "/api/v1/risk/capital-books"),
        AuditedAction("report_schedule.delete", .delete, "/api/v1/risk/report-schedules/{schedule_id}"),
    ]

    private var healthRoute: Route {
        .document("/api/v1/risk/health", "Limits, and portfolios that risk has been told of.",
                  answer: #"{"status":"healthy","limits":3,"portfolios":1}"#) { [unowned self] _ in
            Response.json { json in
                json.beginObject()
                json.key("status")
                json.string(context.records.isAvailable ? "healthy" : "degraded")
                json.key("limits")
                json.int(limits.count)
                json.key("portfolios")
                json.int(state.portfolios.count)
                json.endObject()
            }
        }
    }

    // MARK: Checks

    private var checkRoute: Route {
        .json(.post, "/risk/check/{portfolio_id}",
            "Judges limits on a portfolio, after a proposed order where there is one.",
              example: Self.checkExample, answer: Self.checkAnswer, errors: [404]) {
            [unowned self] (path: PortfolioPath, body: CheckBody, _) in try await answer(path.id, body)
        }
    }

    private var preTradeRoute: Route {
        .json(.post, "/api/v1/sprint3/risk/pre-trade-check", "Allows or denies a proposed order, with every reason.",
              example: #"{"portfolio_id":"sample","order":{"symbol":"GOOG","side":"buy","quantity":1,"price":806.19}}"#,
              answer: Self.checkAnswer, errors: [404]) { [unowned self] (_: NoParameters, body: CheckBody, _) in
            guard let portfolio = body.portfolioID else { throw Problem.invalid("/portfolio_id", "is required") }
            guard body.order != nil else { throw Problem.invalid("/order", "is required") }
            return try await answer(portfolio, body)
        }
    }

    private var realtimeRoute: Route {
        .json(.get, "/api/v1/sprint3/risk/realtime/{portfolio_id}",
            "Exposure and use of the stored limits, as told by the bus.",
              answer: Self.checkAnswer, errors: [404]) { [unowned self] (path: PortfolioPath, _: NoBody, _) in
            guard let picture = state.picture(of: path.id, order: nil, rate: 0) else {
                throw Problem.notFound("risk has not been told of a portfolio \(path.id)")
            }
            let plan = applying(to: path.id)
            let figures = await complete(picture, for: plan.limits).figures(plan.needs)
            return Self.answer(path.id, figures, check(plan, figures, since: context.clock.monotonic),
                               state.books[path.id]?.warnings(figures.history) ?? [])
        }
    }

    private func answer(_ portfolio: String, _ body: CheckBody) async throws -> JSONBody {
        try Self.refuseForeign(body.limits ?? [], to: portfolio)
        let figures: RiskFigures, judged: [Limit]
        var groups: [LimitCheck] = []
        let traders = body.trader.map { [$0] } ?? []
        if let order = body.order, body.isOfStored, let symbol = Symbol(order.symbol) {
            // As an intent is judged, open orders included.
            await prepare(portfolio, symbol)
            let plan = applying(to: portfolio)
            let rate = state.countCheck(portfolio, at: context.clock.monotonic)
            let found = state.figures(of: portfolio, order: order, symbol: symbol, rate: rate, plan.needs)
            guard let found else { throw unknown(portfolio) }
            (figures, judged) = (found, plan.limits.filter { $0.applies(toStrategy: body.strategy) })
            let limits = groupLimits(of: portfolio, traders: traders)
            let history = await groupHistory(limits, symbol)
            let traderRate = traders.first.map { state.countCheck(trader: $0, at: context.clock.monotonic) } ?? 0
            groups = judgeGroups(limits, order: order, of: portfolio, history: history, rate: traderRate)
        } else {
            let picture = try picture(portfolio, body)
            let stored = applying(to: portfolio).limits
            judged = body.limits ?? (body.order == nil ? stored : stored.filter { $0.applies(toStrategy: body.strategy) })
            figures = await complete(picture, for: judged).afterOrder().figures(LimitNeeds(judged))
        }
        var checks = try self.judged(judged, figures) + groups
        if let symbol = body.order.flatMap({ Symbol($0.symbol) }),
           let why = responder.blocked(portfolio, symbol: symbol, strategy: body.strategy, traders: traders) {
            checks.append(.refusal("block", why))
        }
        if body.order != nil, killSwitch.isOn { checks.append(.stopped(by: killSwitch)) }
        let warnings = body.positions == nil ? state.books[portfolio]?.warnings(figures.history) ?? [] : []
        return Self.answer(portfolio, figures, checks, warnings)
    }

    private func unknown(_ portfolio: String) -> Problem {
        .notFound("risk has not been told of a portfolio \(portfolio); send positions")
    }

    /// Judged for a caller who can be told what is missing: each missing input is named.
    func judged(_ limits: [Limit], _ figures: RiskFigures) throws -> [LimitCheck] {
        let start = context.clock.monotonic
        var values = LimitValues(figures), checks: [LimitCheck] = [], missing: [FieldError] = []
        for limit in limits {
            do {
                checks.append(LimitCheck(limit, value: try values.value(of: limit)))
            } catch let error as MissingInput {
                missing.append(FieldError(pointer: "/\(error.field)", message: error.message))
            } catch let error as QuantError {
                missing.append(FieldError(pointer: "/returns", message: error.message))
            }
        }
        if !missing.isEmpty { throw Problem.invalid(missing) }
        checkSeconds.observe(Double(context.clock.monotonic - start) / 1e9)
        return checks
    }

    /// The portfolio of the body, or the one that the bus told of.
    func picture(_ portfolio: String, _ body: CheckBody) throws -> RiskPicture {
        let rate = body.order == nil ? 0 : state.countCheck(portfolio, at: context.clock.monotonic)
        guard let positions = body.positions else {
            guard var stored = state.picture(of: portfolio, order: body.order, rate: rate) else {
                throw unknown(portfolio)
            }
            stored.returns = body.returns
            if let benchmark = body.benchmarkReturns { stored.benchmarkReturns = benchmark }
            if let scenarios = body.scenarios { stored.scenarios = scenarios }
            if let curve = body.equityCurve {
                stored.equityCurve = curve
                stored.drawdown = nil
            }
            return stored
        }
        try Self.refuseRepeated(positions)
        return RiskPicture(
            positions: positions, cash: body.cash, order: body.order, returns: body.returns,
            benchmarkReturns: body.benchmarkReturns, equityCurve: body.equityCurve, scenarios: body.scenarios,
            orderRate: rate)
    }

    /// Throws 422 where a limit that was sent is of another portfolio, of several or of a trader: what this one holds
    /// says nothing of it.
    private static func refuseForeign(_ limits: [Limit], to portfolio: String) throws {
        let errors = limits.enumerated().compactMap { index, limit -> FieldError? in
            let why: String
            if limit.scope.isGroup {
                why = "is of several portfolios or of a trader: store the limit, and test it by its id"
            } else if let other = limit.portfolioID, other != portfolio {
                why = "is of the portfolio \(other), and \(portfolio) is checked"
            } else {
                return nil
            }
            return FieldError(pointer: "/limits/\(index)", message: "the scope \(limit.scope.text) \(why)")
        }
        if !errors.isEmpty { throw Problem.invalid(errors) }
    }

    /// Throws 422 where an instrument is in two positions: limits would see two smaller holdings.
    private static func refuseRepeated(_ positions: [RiskPosition]) throws {
        var places: [String: Int] = [:], errors: [FieldError] = []
        places.reserveCapacity(positions.count)
        for (index, position) in positions.enumerated() {
            if let first = places.updateValue(index, forKey: position.symbol) {
                errors.append(FieldError(
                    pointer: "/positions/\(index)/symbol", message: "is in /positions/\(first) already: add them up"))
            }
        }
        if !errors.isEmpty { throw Problem.invalid(errors) }
    }

    private static func answer(
        _ portfolio: String, _ figures: RiskFigures, _ checks: [LimitCheck], _ warnings: [String]
    ) -> JSONBody {
        let worst = checks.map(\.verdict).max() ?? .pass
        return JSONBody { json in
            json.beginObject()
            json.key("portfolio_id")
            json.string(portfolio)
            json.key("verdict")
            json.string(worst.rawValue)
            json.key("allowed")
            json.bool(worst != .breach)
            json.key("reasons")
            json.beginArray()
            for check in checks where check.verdict != .pass { json.string(check.reason) }
            json.endArray()
            json.key("checks")
            json.beginArray()
            for check in checks { check.write(to: &json) }
            json.endArray()
            json.strings("warnings", warnings)
            json.strings("conventions", LimitConventions.texts(checks.lazy.map(\.limit)))
            json.key("metrics")
            json.beginObject()
            for (name, value) in figures.metrics {
                json.key(name)
                json.double(value)
            }
            json.endObject()
            json.endObject()
        }
    }
}
