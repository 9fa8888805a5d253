import EngineKit
import HTTP
import Market
import Runtime
import Store
import Wire

extension RiskEngine {
    private static let switchAnswer = #"{"stored":true,"state":"on","reason":"drill","since?":"2026-01-02T03:04:05Z"}"#

    /// The switch that stops all orders.
    var killSwitchRoutes: [Route] {
        [
            .json(.get, "/api/v1/risk/kill-switch", "Whether all orders are stopped.", answer: Self.switchAnswer) {
                [unowned self] (_: NoParameters, _: NoBody, _) in
                switchAnswer
            },
            .json(.post, "/api/v1/risk/kill-switch",
                "Stops all orders, or lets them pass again; when this answers no order is approved any more.",
                example: #"{"state":"off","reason":"drill"}"#, answer: Self.switchAnswer, errors: [503]) {
                [unowned self] (_: NoParameters, body: KillSwitchBody, request) in
                try await self.turn(body, request)
            }.withoutRecords,
        ]
    }

    /// On is set each time, whatever key came with it; off with a key is carried out once, so that one which comes again
    /// late does not undo what was set since. Both answer what the switch is now.
    private func turn(_ body: KillSwitchBody, _ request: Request) async throws -> JSONBody {
        if body.isOn {
            try await turnOn(body)
        } else {
            _ = try await idempotency.once(request) { try await self.turnOff(body, $0) }
        }
        return switchAnswer
    }

    private var switchAnswer: JSONBody {
        JSONBody { [killSwitch, storedSwitch] in killSwitch.write(to: &$0, isStored: killSwitch == storedSwitch) }
    }

    /// On at once, also where it cannot be written.
    private func turnOn(_ body: KillSwitchBody) async throws {
        let wanted = KillSwitch(isOn: true, reason: body.reason, since: context.clock.now)
        killSwitch = wanted
        // What is being written was approved before. Where that hangs, so would this.
        guard await decisions.areWritten(within: Self.switchNanoseconds, context.clock) else {
            throw Self.unstoredSwitch("decisions of before are still being written, and may pass")
        }
        try await storeWhatHolds()
    }

    /// Off only when it is written.
    private func turnOff(_ body: KillSwitchBody, _ record: Idempotency.Record) async throws -> JSONBody {
        let before = killSwitch
        let wanted = KillSwitch(isOn: false, reason: body.reason, since: context.clock.now)
        let answer = JSONBody { wanted.write(to: &$0, isStored: true) }
        try await store(wanted, record.statements(answer, context))
        // Turned on meanwhile, it stays on: the log of changes has that written behind this.
        if killSwitch == before { killSwitch = wanted }
        return answer
    }

    /// Writes a switch that is on until what is written is what holds, whoever turned it meanwhile.
    private func storeWhatHolds() async throws {
        do {
            while killSwitch.isOn, storedSwitch != killSwitch { try await store(killSwitch) }
        } catch let error as StoreError {
            throw Self.unstoredSwitch(error.description)
        } catch let problem as Problem where problem.status == 503 {
            throw Self.unstoredSwitch(problem.detail)
        }
    }

    private func store(_ wanted: KillSwitch, _ more: [Statement] = []) async throws {
        let now = wanted.since ?? context.clock.now
        var json = JSONWriter()
        wanted.write(to: &json, isStored: true)
        let told = context.message(Topics.riskAlert, "kill-switch", time: now, data: json.bytes)
        try await context.commit(
            [RiskControls.upsert(wanted, at: now)] + more, [told], urgent: true, unrefusable: true)
        storedSwitch = wanted
    }

    /// How long the switch waits for decisions that are being written.
    private static let switchNanoseconds: Int64 = 2_000_000_000

    /// No success, so that a caller who tries again until there is one has it stored; the words say what holds.
    private static func unstoredSwitch(_ why: String) -> Problem {
        var problem = Problem.unavailable(
            "records", "the kill switch is on and no order is approved, but it is not stored: a restart would forget it; "
                + "send it again until it is (\(why))")
        problem.extra += [("state", Array(#""on""#.utf8)), ("stored", Array("false".utf8))]
        return problem
    }

    // MARK: Monitor

    private static let monitorAnswer = #"{"status":"running","interval_seconds":5,"portfolio_ids":["sample"]}"#

    /// Starting and stopping the monitor, and one round now.
    var monitorRoutes: [Route] {
        let start = Route.json(
            .post, "/api/v1/risk/monitor/start", "Judges portfolios in full at every interval, over restarts too.",
            example: #"{"portfolio_ids":["sample"],"interval_seconds":5}"#, answer: Self.monitorAnswer
        ) { [unowned self] (_: NoParameters, body: MonitorBody, _) in
            let names = body.portfolios.isEmpty ? self.state.portfolios : body.portfolios
            let watches = names.map { Watch(portfolioID: $0, intervalNanoseconds: Int64(body.seconds * 1e9)) }
            try await self.context.commit(watches.map { RiskControls.upsert($0) })
            for watch in watches { self.monitor.follow(watch) }
            return self.monitorAnswer(seconds: body.seconds)
        }
        return [
            start, start.alias("/api/v1/sprint3/risk/monitoring/start"),
            .json(.post, "/api/v1/risk/monitor/stop", "Stops following portfolios; all of them when none is named.",
                example: #"{"portfolio_ids":["sample"]}"#, answer: Self.monitorAnswer) {
                [unowned self] (_: NoParameters, body: MonitorBody, _) in
                let names = body.portfolios.isEmpty ? self.monitor.watches.keys.sorted() : body.portfolios
                try await self.context.commit(names.map { RiskControls.delete(watch: $0) })
                for name in names { self.monitor.forget(name) }
                return self.monitorAnswer(seconds: body.seconds)
            },
            .json(.post, "/api/v1/risk/breaches",
                "Judges a portfolio now and records what is new; what is sent along opens and closes no case.",
                example: """
                    {"portfolio_id":"sample","positions":[{"symbol":"GOOG","quantity":10,"price":806.19}],"cash":1000}
                    """,
                answer: #"{"portfolio_id":"sample","checks":[],"events":[],"unpriced":[],"warnings":[],"conventions":[]}"#, errors: [404]) {
                [unowned self] (_: NoParameters, body: CheckBody, _) in try await self.detect(body)
            },
        ]
    }

    private func monitorAnswer(seconds: Double) -> JSONBody {
        let watches = monitor.watches.values.sorted { $0.portfolioID < $1.portfolioID }
        return JSONBody { json in
            json.beginObject()
            json.key("status")
            json.string(watches.isEmpty ? "stopped" : "running")
            json.key("interval_seconds")
            json.double(seconds)
            json.key("portfolio_ids")
            json.beginArray()
            for watch in watches { json.string(watch.portfolioID) }
            json.endArray()
            json.endObject()
        }
    }

    private func detect(_ body: CheckBody) async throws -> JSONBody {
        guard let portfolio = body.portfolioID else { throw Problem.invalid("/portfolio_id", "is required") }
        let picture = try picture(portfolio, body)
        let judged = body.limits ?? applying(to: portfolio).limits
        let complete = await complete(picture, for: judged)
        let checks = check(judged, complete)
        // Limits of the body are nobody's: they are judged, and nothing is recorded of them.
        let warnings = body.positions == nil ? state.books[portfolio]?.warnings(complete.history) ?? [] : []
        let events = body.limits != nil ? []
            : body.isOfStored && body.order == nil ? try await monitor.note(checks, of: portfolio)
            : try await monitor.suppose(checks, of: portfolio)
        return JSONBody { json in
            json.beginObject()
            json.key("portfolio_id")
            json.string(portfolio)
            json.key("checks")
            json.beginArray()
            for check in checks { check.write(to: &json) }
            json.endArray()
            json.key("events")
            json.beginArray()
            for event in events { json.string(event) }
            json.endArray()
            json.key("unpriced")
            json.beginArray()
            for position in picture.positions where !(position.price > 0) { json.string(position.symbol) }
            json.endArray()
            json.strings("warnings", warnings)
            json.strings("conventions", LimitConventions.texts(judged))
            json.endObject()
        }
    }

    /// Judges the stored limits on a portfolio as it is; nil where nothing was told of it.
    func judge(_ portfolio: String) async throws -> [LimitCheck]? {
        let applying = applying(to: portfolio).limits
        guard !applying.isEmpty, let picture = state.picture(of: portfolio, order: nil, rate: 0) else { return nil }
        let complete = await complete(picture, for: applying)
        logWarnings(of: portfolio, complete.history)
        return check(applying, complete)
    }

    // MARK: Alerts

    private static let alertAnswer = """
        {"id":"a1","kind":"alert","title":"Leverage","severity":"critical","state":"open","portfolio_id":"sample",\
        "type":"leverage","rule_id":"","message":"look at it","note":"","ts":"2026-01-02T03:04:05Z"}
        """

    /// Rows and messages of the alerts that rules make of a check that did not pass.
    func alerts(for check: LimitCheck, _ portfolio: String, at time: Timestamp) -> ([Statement], [Message]) {
        let severity: RiskSeverity = check.verdict == .breach ? .critical : .warning
        let found = rules.filter { $0.matches(portfolio: portfolio, type: check.limit.type, severity: severity) }
        let made = found.map { rule in
            RiskAlert(
                id: context.identifiers.nextText(), kind: .alert, title: rule.title, severity: severity, state: .open,
                portfolioID: portfolio, limitType: check.limit.type.rawValue, ruleID: rule.id, message: check.reason,
                note: "", time: time)
        }
        return (made.map { RiskControls.upsert($0) }, made.map { message($0) })
    }

    func message(_ alert: RiskAlert) -> Message {
        var json = JSONWriter()
        alert.write(to: &json)
        let key = alert.portfolioID.isEmpty ? "all" : alert.portfolioID
        return context.message(Topics.riskAlert, key, time: alert.time, data: json.bytes)
    }

    var alertRoutes: [Route] {
        [
            .json(.get, "/api/v1/risk/alerts", "Alerts, or the rules that make them, newest first.",
                answer: "{\"items\":[\(Self.alertAnswer)],\"next_cursor\":null}") {
                [unowned self] (query: RiskAlertQuery, _: NoBody, _) in
                let page = try await RiskControls.page(query, self.context.records)
                return JSONBody.page(page.rows, next: page.next) { $1.write(to: &$0) }
            },
            .json(.post, "/api/v1/risk/alerts", "Creates an alert, or a rule that makes one of each new event.",
                example: #"{"kind":"rule","title":"Leverage","type":"leverage","severity":"warning"}"#,
                answer: Self.alertAnswer, status: 201) {
                [unowned self] (_: NoParameters, body: RiskAlertBody, request) in
                try await self.idempotency.once(request) { record in
                    let alert = RiskAlert(
                        id: self.context.identifiers.nextText(), kind: body.kind, title: body.title,
                        severity: body.severity, state: .open, portfolioID: body.portfolio,
                        limitType: body.type?.rawValue ?? "", ruleID: "", message: body.message, note: "",
                        time: self.context.clock.now)
                    let answer = JSONBody(status: 201) { alert.write(to: &$0) }
                    try await self.context.commit(
                        [RiskControls.upsert(alert)] + record.statements(answer, self.context),
                        alert.kind == .alert ? [self.message(alert)] : [])
                    if alert.kind == .rule { self.rules.append(alert) }
                    return answer
                }
            },
            .json(.patch, "/api/v1/risk/alerts",
                "Acknowledges, escalates or closes an alert, or all of a portfolio; a closed rule rests.",
                example: #"{"portfolio_id":"sample","state":"acknowledged","note":"known"}"#,
                answer: #"{"portfolio_id":"sample","state":"acknowledged","changed":2}"#,
                errors: [404]) { [unowned self] (_: NoParameters, body: RiskAlertChange, _) in
                switch body.target {
                case .one(let id): try await self.change(alert: id, body)
                case .all(let portfolio): try await self.changeAlerts(of: portfolio, body)
                }
            },
        ]
    }

    private func change(alert id: String, _ body: RiskAlertChange) async throws -> JSONBody {
        guard var alert = try await RiskControls.alert(id, context.records) else {
            throw Problem.notFound("no alert \(id)")
        }
        alert.state = body.state
        if let note = body.note { alert.note = note }
        try await context.commit(
            [RiskControls.upsert(alert)], body.state == .escalated ? [message(alert)] : [])
        if let index = rules.firstIndex(where: { $0.id == alert.id }) { rules[index] = alert }
        return JSONBody { [alert] in alert.write(to: &$0) }
    }

    /// Changes what is left of a portfolio's alerts, in one commit.
    private func changeAlerts(of portfolio: String, _ body: RiskAlertChange) async throws -> JSONBody {
        let left = try await RiskControls.left(portfolio, body.state, context.records)
        if left.count > 0 {
            try await context.commit([RiskControls.change(all: portfolio, body, until: left.last)])
        }
        return JSONBody.changed(portfolio, body.state.rawValue, left.count)
    }
}
