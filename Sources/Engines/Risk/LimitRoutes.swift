import EngineKit
import HTTP
import Market
import Runtime
import Store
import Wire

extension RiskEngine {
    private static let limitExample = """
        {"id":"gross","type":"gross_exposure","threshold":250000,"scope":"portfolio:sample",\
        "portfolio_id?":"sample","version":1,\
        "warn_at":0.8,"method":"parametric","confidence":0.99,"horizon_days":1,"participation":0.2,"volume_days":20,"active":true,\
        "approval":"none"}
        """

    var limitRoutes: [Route] {
        let create = Route.json(
            .post, "/api/v1/risk/limits", "Creates a limit.",
            example: #"{"type":"gross_exposure","threshold":250000,"portfolio_id":"sample"}"#,
                answer: Self.limitExample,
            status: 201, errors: [409]
        ) { [unowned self] (_: NoParameters, body: Limit, request) in
            try await self.idempotency.once(request) { record in
                try await self.changingLimits { try await self.create(body, record) }
            }
        }
        return [
            create, create.alias("/api/v1/sprint3/risk/limits"), listRoute, testRoute.tolerant, limitVersionsRoute,
            .json(.get, "/api/v1/risk/limits/{limit_id}", "One limit.", answer: Self.limitExample, errors: [404]) {
                [unowned self] (path: LimitPath, _: NoBody, _) in
                let limit = try self.find(path.id)
                return JSONBody { limit.write(to: &$0) }
            },
            .json(.put, "/api/v1/risk/limits/{limit_id}",
                  "Changes a limit; 202 where it is loosened and needs two people.",
                  example: #"{"type":"gross_exposure","threshold":300000,"portfolio_id":"sample"}"#,
                  answer: Self.limitExample, errors: [404, 409]) {
                [unowned self] (path: LimitPath, body: Limit, request) in
                try await self.idempotency.once(request) { record in
                    try await self.changingLimits { try await self.change(path.id, body, request, record) }
                }
            },
            .json(.delete, "/api/v1/risk/limits/{limit_id}", "Removes a limit; 202 where that needs two people.",
                  answer: Self.limitExample, errors: [404, 409]) {
                [unowned self] (path: LimitPath, _: NoBody, request) in
                try await self.changingLimits { try await self.remove(path.id, request) }
            },
        ]
    }

    /// Runs a change of limits, or of what they hold for, when those before it are done. Where the records have moved on,
    /// as after a commit whose outcome was not known, what they hold is read anew.
    func changingLimits<R>(_ change: @LoopActor () async throws -> R) async throws -> R {
        try await limitLock.with("") {
            do {
                return try await change()
            } catch let error as StoreError where error.code == .conflict {
                limits = try await RiskRecords.limits(context.records)
                for limit in limits where limit.adjust != nil { adjust(limit) }
                throw Problem.conflict("it was changed in the meantime; read it anew")
            }
        }
    }

    private func find(_ id: String) throws -> Limit {
        guard let limit = limits.first(where: { $0.id == id }) else { throw Problem.notFound("no limit \(id)") }
        return limit
    }

    private func create(_ body: Limit, _ record: Idempotency.Record) async throws -> JSONBody {
        var limit = body
        if limit.id.isEmpty { limit.id = context.identifiers.nextText() }
        if limits.contains(where: { $0.id == limit.id }) {
            throw Problem.conflict("there is a limit \(limit.id) already")
        }
        limit.version = 1
        return try await store(limit, LimitRows.insert(limit), status: 201, record)
    }

    private func change(
        _ id: String, _ body: Limit, _ request: Request, _ record: Idempotency.Record
    ) async throws -> JSONBody {
        let known = try find(id)
        var limit = body
        limit.id = id
        if limit.version > 0, limit.version != known.version {
            throw Problem.conflict("limit \(id) is at version \(known.version), not \(limit.version)")
        }
        limit.version = known.version + 1
        let reasons = needsApproval(known, limit)
        if reasons.isEmpty {
            return try await store(limit, LimitRows.update(limit, from: known.version), status: 200, record)
        }
        try refuseConflicts(of: limit)
        return try await propose(limit, of: known, reasons, request, record)
    }

    private func remove(_ id: String, _ request: Request) async throws -> JSONBody {
        let limit = try find(id), reasons = needsApproval(limit, nil)
        if !reasons.isEmpty { return try await propose(nil, of: limit, reasons, request, nil) }
        try await context.commit([
            LimitRows.delete(limit), LimitVersions.insert(limit, "removed", at: context.clock.now),
        ])
        limits.removeAll { $0.id == id }
        return JSONBody { limit.write(to: &$0) }
    }

    private func store(
        _ limit: Limit, _ row: Statement, status: Int, _ record: Idempotency.Record
    ) async throws -> JSONBody {
        try refuseConflicts(of: limit)
        let answer = JSONBody(status: status) { limit.write(to: &$0) }
        let change = LimitVersions.insert(limit, status == 201 ? "created" : "changed", at: context.clock.now)
        AuditScope.current?.object = "limit/\(limit.id)"
        try await context.commit([row, change] + record.statements(answer, context))
        put(limit)
        return answer
    }

    /// A limit as it is from now on.
    func put(_ limit: Limit) {
        var limit = limit
        limit.adjusted = adjuster.threshold(of: limit)
        guard let index = limits.firstIndex(where: { $0.id == limit.id }) else { return limits.append(limit) }
        limits[index] = limit
    }

    /// Throws 422 where a limit contradicts itself or another.
    func refuseConflicts(of limit: Limit) throws {
        if let fault = LimitConflicts.own(of: limit) { throw Problem.invalid(fault.pointer, fault.message) }
        if let found = LimitConflicts.first(of: limit, among: limits) {
            throw Problem(422, found.message, errors: [FieldError(
                pointer: limit.minimum.map { $0 > found.other.threshold } == true ? "/minimum" : "/threshold",
                message: found.message)])
        }
    }

    private var listRoute: Route {
        .json(.get, "/api/v1/risk/limits", "Limits in order of creation.",
              answer: "{\"items\":[\(Self.limitExample)],\"next_cursor\":null}") {
            [unowned self] (query: LimitQuery, _: NoBody, _) in
            let wanted = limits.filter { limit in
                (query.portfolioID == nil || limit.portfolioID == nil || limit.portfolioID == query.portfolioID)
                    && (query.type == nil || limit.type == query.type)
                        && (query.active == nil || limit.isActive == query.active)
            }
            let start = query.page.cursor.flatMap { cursor in wanted.firstIndex { $0.id == cursor } }.map { $0 + 1 } ?? 0
            if query.page.cursor != nil
                && start == 0 { throw Problem.invalid("?cursor", "is not a cursor of this list") }
            let items = wanted.dropFirst(start).prefix(query.page.limit)
            return JSONBody.page(items, next: start + items.count < wanted.count ? items.last?.id : nil) { $1.write(to: &$0) }
        }
    }

    /// A limit over several portfolios or of a trader, on what they hold as one.
    private func judgeGroup(_ limit: Limit, _ body: CheckBody) async -> LimitCheck {
        let history = await groupHistory([limit], body.order.flatMap { Symbol($0.symbol) })
        return judgeGroups([limit], order: body.order, of: body.portfolioID, history: history)[0]
    }

    private var testRoute: Route {
        .json(.post, "/api/v1/risk/limits/{limit_id}/check", "Tests a value or a portfolio against one limit.",
              example: #"{"value":200000}"#,
              answer: """
                {"limit_id":"gross","type":"gross_exposure","value":200000,"threshold":250000,"utilization":0.8,\
                "headroom":50000,"verdict":"warn","reason":"gross_exposure of 200000 is 80 % of 250000"}
                """, errors: [404]) { [unowned self] (path: LimitPath, body: LimitTestBody, _) in
            let own = try find(path.id), limit = own.effective(at: context.clock.now) ?? own
            if let value = body.value {
                let check = LimitCheck(limit, value: value)
                return JSONBody { check.write(to: &$0) }
            }
            if limit.scope.isGroup, body.portfolio.positions == nil {
                let check = await judgeGroup(limit, body.portfolio)
                return JSONBody { check.write(to: &$0) }
            }
            guard let portfolio = body.portfolio.portfolioID ?? limit.portfolioID
                    ?? (body.portfolio.positions == nil ? nil : "") else {
                throw Problem.invalid("/portfolio_id", "is required, or a value or positions: the limit is of no one portfolio")
            }
            let picture = try picture(portfolio, body.portfolio)
            let complete = await complete(picture, for: [limit])
            let check = try judged([limit], complete.afterOrder().figures(LimitNeeds([limit])))[0]
            return JSONBody { check.write(to: &$0) }
        }
    }
}
