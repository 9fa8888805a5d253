import EngineKit
import HTTP
import Market
import Runtime
import Store
import Wire

/// Which portfolios belong to which client: each to one at most.
enum ClientRecords {
    static let migration = Migration(version: 33, name: "clients", statements: [
        "CREATE TABLE clients (portfolio_id TEXT PRIMARY KEY, client_id TEXT NOT NULL)",
    ])

    /// The portfolios of a client as they are from now on; they leave the client they had.
    static func replace(_ client: String, _ portfolios: [String]) -> [Statement] {
        [Statement("DELETE FROM clients WHERE client_id = $1", [.text(client)])] + portfolios.map { portfolio in
            Statement(
                """
                INSERT INTO clients (portfolio_id, client_id) VALUES ($1, $2)
                ON CONFLICT (portfolio_id) DO UPDATE SET client_id = excluded.client_id
                """, [.text(portfolio), .text(client)])
        }
    }

    /// The client of each portfolio that has one.
    static func clients(_ records: any RecordStore) async throws(StoreError) -> [String: String] {
        var clients: [String: String] = [:]
        for row in try await records.query(Statement("SELECT portfolio_id, client_id FROM clients")).records {
            clients[try row.value(0)] = try row.value(1)
        }
        return clients
    }
}

extension RiskPicture {
    /// Several portfolios as one that holds the sum of what they hold; curves do not add up and are left out.
    static func sum(_ pictures: [RiskPicture]) -> RiskPicture {
        var places: [String: Int] = [:], positions: [RiskPosition] = []
        for position in pictures.flatMap(\.positions) {
            guard let place = places[position.symbol] else {
                places[position.symbol] = positions.count
                positions.append(position)
                continue
            }
            // Where one portfolio has booked a split and another has not, their prices are those of different shares.
            let known = positions[place].price, isLike = known == position.price || !(known > 0 && position.price > 0)
            positions[place].quantity += isLike ? position.quantity : position.quantity * (position.price / known)
            if !(known > 0) { positions[place].price = position.price }
        }
        return RiskPicture(
            positions: positions, cash: pictures.reduce(0) { $0 + $1.cash }, order: pictures.compactMap(\.order).first,
            returns: nil, benchmarkReturns: pictures.first?.benchmarkReturns, equityCurve: nil, drawdown: nil,
            scenarios: pictures.first?.scenarios, orderRate: 0)
    }
}

extension RiskEngine {
    /// The scopes over several portfolios that a portfolio belongs to, and those of traders.
    func groups(of portfolio: String, traders: [String]) -> [LimitScope] {
        [.firm] + (clients[portfolio].map { [.client($0)] } ?? []) + traders.map { .trader($0) }
    }

    /// Active limits over several portfolios, this one among them, and those of traders.
    func groupLimits(of portfolio: String, traders: [String]) -> [Limit] {
        groupLimits(groups(of: portfolio, traders: traders))
    }

    /// Active limits over the firm and over clients, as far as a portfolio of theirs was told of, and over traders with
    /// orders or fills.
    func groupLimits() -> [Limit] {
        guard isGrouped else { return [] }
        let known = state.portfolios
        return groupLimits(
            (known.isEmpty ? [] : [.firm]) + known.compactMap { clients[$0].map { .client($0) } }
                + state.traderNames().map { .trader($0) })
    }

    private func groupLimits(_ groups: [LimitScope]) -> [Limit] {
        let groups = Set(groups), now = context.clock.now
        return limits.filter { $0.isActive && groups.contains($0.scope) }.compactMap { $0.effective(at: now) }
    }

    /// The portfolios of a group by name: of the firm all that were told of.
    func members(of scope: LimitScope) -> [String] {
        switch scope {
        case .firm: state.portfolios
        case .client(let name): clients.filter { $0.value == name }.keys.sorted()
        default: []
        }
    }

    /// What the limits of groups read of stored bars, an order's instrument included; nil where none does.
    func groupHistory(_ limits: [Limit], _ symbol: Symbol?) async -> MarketHistory? {
        let needs = LimitNeeds(limits).history
        if needs.isEmpty { return nil }
        let symbols = groupSymbols(limits).union(symbol.map { [$0.text] } ?? [])
        return await dailyBars.history(of: symbols.sorted(), needs)
    }

    /// What is held in the groups of limits.
    func groupSymbols(_ limits: [Limit]) -> Set<String> {
        var symbols: Set<String> = []
        for scope in Set(limits.map(\.scope)) {
            if case .trader(let name) = scope { symbols.formUnion(state.symbols(ofTrader: name)) }
            for member in members(of: scope) { symbols.formUnion(state.books[member]?.lines.map(\.symbol.text) ?? []) }
        }
        return symbols
    }

    /// Judges limits over several portfolios, after an order of one of them; `rate` is that of the order's trader.
    func judgeGroups(
        _ limits: [Limit], order: RiskOrder?, of portfolio: String?, history: MarketHistory?, rate: Int = 0
    ) -> [LimitCheck] {
        var pictures: [LimitScope: Result<RiskPicture, MissingInput>] = [:]
        return limits.flatMap { limit -> [LimitCheck] in
            let picture = pictures[limit.scope] ?? sum(limit.scope, order: order, of: portfolio, rate)
            pictures[limit.scope] = picture
            switch picture {
            case .failure(let missing): return [LimitCheck(limit, missing: missing.message)]
            case .success(var picture):
                picture.history = history
                return LimitCheck.judge([limit], picture.afterOrder().figures(LimitNeeds([limit])))
            }
        }
    }

    private func sum(
        _ scope: LimitScope, order: RiskOrder?, of portfolio: String?, _ rate: Int
    ) -> Result<RiskPicture, MissingInput> {
        if case .trader(let name) = scope {
            let places = state.places(ofTrader: name).union(portfolio.map { [$0] } ?? [])
            if let mixed = mixed(scope, places) { return .failure(mixed) }
            return .success(state.picture(ofTrader: name, order: order, rate: rate, at: context.clock.now))
        }
        let members = members(of: scope)
        if members.isEmpty { return .failure(MissingInput(field: "scope", message: "\(scope.text) has no portfolio")) }
        if let mixed = mixed(scope, members) { return .failure(mixed) }
        var pictures: [RiskPicture] = []
        for member in members {
            guard let picture = state.picture(of: member, order: member == portfolio ? order : nil, rate: 0) else {
                return .failure(MissingInput(
                    field: "scope", message: "nothing is known of portfolio \(member) of \(scope.text) yet"))
            }
            pictures.append(picture)
        }
        return .success(RiskPicture.sum(pictures))
    }

    /// Why portfolios cannot be added up: amounts of several currencies do not; nil where there is one, or none is known.
    private func mixed(_ scope: LimitScope, _ portfolios: some Sequence<String>) -> MissingInput? {
        let currencies = Set(portfolios.compactMap { state.books[$0]?.currency }).sorted()
        return currencies.count < 2 ? nil : MissingInput(
            field: "scope",
            message: "\(scope.text) has portfolios in \(currencies.joined(separator: " and ")), which do not add up")
    }

    /// What the monitor finds of the groups that a portfolio belongs to and of its traders, by the group's name.
    func judgeGroups(around portfolio: String) async -> [(name: String, checks: [LimitCheck])] {
        var found: [(name: String, checks: [LimitCheck])] = []
        let limits = groupLimits(of: portfolio, traders: state.traderNames(of: portfolio))
        await judgeGroups(limits) { found.append(($0, $1)) }
        return found
    }

    /// Judges limits over several portfolios and over traders as things are now, group by group in the order of their
    /// names; `each` is given a group's.
    func judgeGroups(_ limits: [Limit], _ each: (String, [LimitCheck]) async throws -> Void) async rethrows {
        let groups = Dictionary(grouping: limits) { $0.scope.text }
        for (name, limits) in groups.sorted(by: { $0.key < $1.key }) {
            let history = await groupHistory(limits, nil)
            try await each(name, judgeGroups(limits, order: nil, of: nil, history: history))
        }
    }

    // MARK: Routes

    private static let clientExample = #"{"client_id":"smith","portfolios":["sample"]}"#

    /// Clients and their portfolios.
    var clientRoutes: [Route] {
        [
            .json(.get, "/api/v1/risk/clients", "Clients and their portfolios.",
                  answer: "{\"items\":[\(Self.clientExample)],\"next_cursor\":null}") {
                [unowned self] (_: NoParameters, _: NoBody, _) in
                let names = Set(self.clients.values).sorted()
                return JSONBody.page(names) { json, name in
                    json.object { json in
                        json.field("client_id", name)
                        json.strings("portfolios", self.members(of: .client(name)))
                    }
                }
            },
            .json(.put, "/api/v1/risk/clients/{client_id}",
                  "Says which portfolios are a client's; none ends the client.",
                  example: #"{"portfolios":["sample"]}"#, answer: Self.clientExample, errors: [409]) {
                [unowned self] (path: ClientPath, body: ClientBody, _) in
                try await self.changingLimits { try await self.assign(body.portfolios, to: path.id) }
                return JSONBody { json in
                    json.object { json in
                        json.field("client_id", path.id)
                        json.strings("portfolios", body.portfolios)
                    }
                }
            },
        ]
    }

    private func assign(_ portfolios: [String], to client: String) async throws {
        try refuseLoosening(client, portfolios)
        try await context.commit(ClientRecords.replace(client, portfolios))
        clients = clients.filter { $0.value != client }
        for portfolio in portfolios { clients[portfolio] = client }
    }

    /// A portfolio that leaves a client leaves its limits: one alone may not do that where two are asked for.
    private func refuseLoosening(_ client: String, _ portfolios: [String]) throws {
        var losing: Set<String> = []
        for (portfolio, owner) in clients where (owner == client) != portfolios.contains(portfolio) {
            losing.insert(owner)
        }
        let asksAll = context.configuration.text("RISK_APPROVAL") == "all"
        let held = limits.first { limit in
            guard limit.isActive, asksAll || limit.approval == .fourEyes, case .client(let name) = limit.scope else {
                return false
            }
            return losing.contains(name)
        }
        if let held {
            throw Problem.conflict(
                "limit \(held.id) takes two people to loosen, and would no longer hold for a portfolio")
        }
    }
}

/// A client in the path.
private struct ClientPath: RequestParameters {
    let id: String
    static func read(_ parameters: ParameterReader) -> ClientPath {
        ClientPath(id: parameters.path("client_id", "The client."))
    }
}

/// A client's portfolios.
private struct ClientBody: RequestBody {
    let portfolios: [String]
    static func read(_ fields: FieldReader) -> ClientBody {
        ClientBody(portfolios: fields.strings("portfolios", "All of the client's portfolios."))
    }
}
