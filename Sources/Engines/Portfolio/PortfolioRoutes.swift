import EngineKit
public import HTTP
import Market
import Runtime
import Store
import Wire

extension PortfolioEngine {
    private static let portfolioExample = """
        {"id":"demo","name":"Demo","currency":"USD","as_of":"2013-03-01T00:00:00Z","cash":100000,\
        "cash_by_currency":{"USD":100000},"positions":[],"market_value":0,"equity":100000,"cost_basis":0,"realized":0,\
        "realized_fifo":0,"unrealized":0,"fees":0,"dividends":0,"interest":0,"net_deposits":100000,"trades":0,"unpriced":[],\
        "not_in_equity":[]}
        """

    private static let ledgerExample = """
        {"id":"9f…","type":"deposit","ts":"2013-01-02T00:00:00Z","currency":"USD","amount":100000,"note":"",\
        "entries":[{"account":"cash","currency":"USD","amount":100000},{"account":"capital","currency":"USD","amount":-100000}]}
        """

    public var routes: [Route] {
        audit.audited([listRoute, createRoute, readRoute, postRoute, ledgerRoute], [
            AuditedAction("portfolio.create", .post, "/portfolios"),
            AuditedAction("transaction.book", .post, "/portfolios/{portfolio_id}/transactions"),
        ])
    }

    // MARK: Portfolios

    private var listRoute: Route {
        .json(.get, "/portfolios", "Portfolios in order of creation.",
              answer: #"{"items":[{"id":"demo","name":"Demo","currency":"USD","cash":100000}],"next_cursor":null}"#) {
            [unowned self] (page: PageParameters, _: NoBody, _) in
            let start = page.cursor.flatMap { order.firstIndex(of: $0) }.map { $0 + 1 } ?? 0
            if page.cursor != nil && start == 0 { throw Problem.invalid("?cursor", "is not a cursor of this list") }
            let ids = order.dropFirst(start).prefix(page.limit)
            let next = start + ids.count < order.count ? ids.last : nil
            let now = context.clock.now
            return JSONBody.page(ids.compactMap { accounts[$0] }, next: next) {
                Self.writeHead($1, $1.book(at: now), &$0, close: true)
            }
        }
    }

    private var createRoute: Route {
        .json(.post, "/portfolios", "Creates a portfolio.",
              example: #"{"name":"Demo","currency":"USD","allow_negative_cash":false,"watch":["GOOG"]}"#,
              answer: Self.portfolioExample, status: 201, errors: [409]) {
            [unowned self] (_: NoParameters, body: CreatePortfolio, request) in
            try await idempotency.once(request) { record in
                let id = body.id ?? context.identifiers.nextText()
                if accounts[id] != nil { throw Problem.conflict("there is a portfolio \(id) already") }
                let account = Account(
                    id: id, name: body.name, currency: body.currency, allowsNegativeCash: body.allowsNegativeCash,
                    created: context.clock.now, watched: Set(body.watched))
                let answer = JSONBody(status: 201) { json in
                    Self.writeHead(account, account.book, &json, close: true)
                }
                do {
                    try await create(account, record.statements(answer, context))
                } catch let error as StoreError where error.code == .constraint(.unique) {
                    if record.isKeyed { throw error }
                    throw Problem.conflict("there is a portfolio \(id) already")
                }
                return answer
            }
        }
    }

    private var readRoute: Route {
        .json(.get, "/portfolios/{portfolio_id}", "Positions, cash and value, now or at a time.",
              answer: Self.portfolioExample, errors: [404]) { [unowned self] (query: PortfolioQuery, _: NoBody, _) in
            let account = try find(query.id)
            let time = query.at ?? context.clock.now
            let book = account.book(at: time)
            let prices = await self.prices(of: book, in: account, at: query.at)
            return JSONBody { Self.write(account, book, prices, time, &$0) }
        }
    }

    private func find(_ id: String) throws -> Account {
        guard let account = accounts[id] else { throw Problem.notFound("no portfolio \(id)") }
        return account
    }

    /// Prices of what is held: the newest close that it was marked at or that came by. Of a time: the one of then, or a
    /// newer one that is stored. What was never told of takes the last stored one.
    private func prices(of book: Book, in account: Account, at time: Timestamp?) async -> [Symbol: Price] {
        var prices: [Symbol: Price] = [:]
        let client = BarsClient(context), now = time ?? context.clock.now, history = histories[account.id]
        for (symbol, holding) in book.holdings where !holding.quantity.isZero {
            var mark = time.map { history?.mark(of: symbol, at: $0) } ?? history?.newestMark(of: symbol)
            if mark == nil { mark = board.mark(of: symbol, at: now) }
            let isRecent = mark.map {
                time == nil ? !$0.isLookedUp : now.nanoseconds(since: $0.time) < Timeframe.day1.nanoseconds
            }
            if isRecent != true, let bars = try? await client.bars(symbol, .day1, from: mark?.time, to: time, last: 1),
               let last = bars.times.last, let close = bars.close.last.flatMap({ FixedPoint($0) }) {
                mark = PriceMark(time: Timestamp(nanoseconds: last), price: close)
            }
            prices[symbol] = mark.map { account.price($0, of: symbol, at: now) }
        }
        return prices
    }

    // MARK: Ledger

    private var postRoute: Route {
        .json(.post, "/portfolios/{portfolio_id}/transactions",
              "Books a deposit, withdrawal, fee, interest, dividend, split, buy or sell. The answer means it is durable.",
              example: #"{"type":"deposit","amount":1000,"currency":"USD","ts":"2013-01-02"}"#,
              answer: Self.ledgerExample, status: 201, errors: [404, 409, 503]) {
            [unowned self] (query: PortfolioQuery, body: PostTransaction, request) in
            let account = try find(query.id)
            return try await idempotency.once(request) { record in
                let draft = draft(body.kind, body.currency ?? account.currency, body.time ?? context.clock.now,
                    body.note)
                var answer: JSONBody?
                _ = try await post(draft, to: query.id, trace: request.headers["traceparent"]) { transaction in
                    let made = JSONBody(status: 201) { Self.write(transaction, entries: [], &$0) }
                    answer = made
                    return record.statements(made, self.context)
                }
                return answer ?? JSONBody(status: 201) { Self.write(draft, entries: [], &$0) }
            }
        }
    }

    private var ledgerRoute: Route {
        .json(.get, "/portfolios/{portfolio_id}/transactions",
            "The ledger in order of time, each with its double entry.",
              answer: "{\"items\":[\(Self.ledgerExample)],\"next_cursor\":null}", errors: [404]) {
            [unowned self] (query: LedgerQuery, _: NoBody, _) in
            let account = try find(query.id)
            let start = try query.page.cursor.map { cursor in
                guard let index = account.transactions.firstIndex(where: { $0.id == cursor }) else {
                    throw Problem.invalid("?cursor", "is not a cursor of this list")
                }
                return index + 1
            } ?? 0
            let entries = account.entries()
            let end = min(account.transactions.count, start + query.page.limit)
            let next = end < account.transactions.count ? account.transactions[end - 1].id : nil
            return JSONBody.page(start..<end, next: next) { Self.write(account.transactions[$1], entries: entries[$1], &$0) }
        }
    }
}
