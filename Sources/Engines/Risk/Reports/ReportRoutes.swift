import Documents
import EngineKit
import HTTP
import Market
import Runtime

extension RiskEngine {
    private static let reportAnswer = """
        {"report_type":"daily_risk","title":"Daily risk report","subject":"sample","currency":"the portfolio's currency",\
        "from":"2012-03-01T21:00:00Z","to":"2013-03-01T21:00:00Z","as_of":"2013-03-01T21:00:00Z","conventions":[],\
        "warnings":[],"sections":[{"name":"overview","heading":"Overview","blocks":[{"figures":[{"name":"equity",\
        "label":"Equity","value":771942.31,"format":"money"},{"name":"worst_day","label":"Worst day",\
        "value":"2013-02-20"}]}]}]}
        """

    /// Reports, made when they are asked for.
    var reportRoutes: [Route] {
        [
            .raw(.get, "/api/v1/risk/reports/{report_type}",
                 "A report on a portfolio: daily_risk, limits, var_backtest, stress, performance, liquidity, "
                     + "capital or execution.",
                 answer: Self.reportAnswer, errors: [404, 422, 503],
                 produces: ReportFormat.allCases.map(\.contentType)) { [unowned self] (query: ReportQuery, _) in
                let document = try await report(query.type, of: query.portfolio, query.period)
                return try await render(document, query.format)
            },
        ]
    }

    /// Gathers and makes a report. Throws 404 where risk was never told of the portfolio.
    func report(_ type: ReportType, of portfolio: String, _ period: ReportPeriod) async throws -> ReportDocument {
        let inputs = try await inputs(type.needs, of: portfolio, period)
        return await context.compute { type.document(inputs) }
    }

    /// A report as a response with a file's name.
    func render(_ document: ReportDocument, _ format: ReportFormat) async throws -> Response {
        let press = context.press
        do {
            let bytes = try await context.compute { try format.render(document, press) }
            let name = "\(document.kind)-\(Self.fileName(document.subject))-\(document.to.day).\(format.suffix)"
            let place = format == .json || format == .html ? "inline" : "attachment"
            return Response(contentType: format.contentType,
                            headers: ["Content-Disposition": "\(place); filename=\"\(name)\""], body: bytes)
        } catch let error as DocumentError {
            throw Problem.unavailable("reports", error.description)
        }
    }

    /// What every file system takes.
    private static func fileName(_ text: String) -> String {
        String(text.prefix(60).map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") ? $0 : "_" })
    }

    /// What a report is made of, from what risk was told and market data has. Throws 404 for a portfolio that is not known.
    func inputs(_ needs: ReportNeeds, of portfolio: String, _ period: ReportPeriod) async throws -> ReportInputs {
        guard let told = state.picture(of: portfolio, order: nil, rate: 0), let book = state.books[portfolio] else {
            throw Problem.notFound("risk has not been told of a portfolio \(portfolio)")
        }
        var priceTimes: [String: Timestamp] = [:]
        for position in told.positions {
            if let symbol = Symbol(position.symbol), let price = state.price(of: symbol) { priceTimes[position.symbol] = price.time }
        }
        let newest = ([book.curve.times.last].compactMap { $0 } + priceTimes.values.map(\.nanoseconds)).max()
        let end = newest.map { Timestamp(nanoseconds: $0) } ?? context.clock.now
        let earliest = Timestamp(nanoseconds: min(book.curve.times.first ?? end.nanoseconds, end.nanoseconds))
        let start = period.start(before: end, earliest: earliest)
        let applying = needs.contains(.limits) ? limits.filter { $0.applies(to: portfolio) } : []
        let complete = await complete(told, for: applying)
        let events = needs.contains(.events) ? try await ReportEvent.read(
            portfolio, from: start, to: end, limit: Self.reportEvents + 1, context.records) : []
        let symbols = needs.contains(.bars) ? told.positions.filter { $0.quantity != 0 }.map(\.symbol) : []
        let usable = book.curve.usable, first = usable.times.firstIndex { $0 >= start.nanoseconds } ?? usable.times.count
        var inputs = ReportInputs(
            needs: needs, portfolio: portfolio, from: start, to: end, picture: complete, priceTimes: priceTimes,
            curve: (Array(usable.times[first...]), Array(usable.equity[first...])),
            bars: try await reportBars.aligned(symbols, to: end), limits: check(applying, complete),
            events: Array(events.prefix(Self.reportEvents)), isCut: events.count > Self.reportEvents)
        if needs.contains(.capital) { inputs.capital = try await CapitalBookRecords.newest(portfolio, context.records) }
        if needs.contains(.executions) { try await addExecutions(to: &inputs) }
        return inputs
    }

    /// Orders that ended in the period, and bars from well before the first of them.
    private func addExecutions(to inputs: inout ReportInputs) async throws {
        let most = ExecutionRecords.most
        let found = try await ExecutionRecords.read(
            inputs.portfolio, from: inputs.from, to: inputs.to, limit: most + 1, context.records)
        inputs.areExecutionsCut = found.count > most
        inputs.executions = Array(found.prefix(most))
        let first = inputs.executions.map(\.time).min() ?? inputs.to
        for symbol in Set(inputs.executions.map(\.symbol)) {
            inputs.executionBars[symbol.text] = try await BarsClient(context).bars(
                symbol, .day1, from: first.adding(nanoseconds: -40 * 86_400_000_000_000))
        }
    }

    /// The most events that a report lists.
    private static var reportEvents: Int { 1000 }
}
