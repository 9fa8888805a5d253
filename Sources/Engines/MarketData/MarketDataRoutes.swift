import EngineKit
public import HTTP
import Market
import Runtime
import Store
import Wire

extension MarketDataEngine {
    public var routes: [Route] {
        audit.audited([importRoute, symbolsRoute, barsRoute, gapsRoute] + quoteRoutes + replayRoutes + factRoutes, [
            AuditedAction("bars.import", .post, "/market-data/import"),
            AuditedAction("facts.import", .post, "/market-data/facts"),
            AuditedAction("replay.start", .post, "/market-data/replay"),
            AuditedAction("replay.stop", .delete, "/market-data/replay/{replay_id}"),
        ])
    }

    // MARK: Bars

    private var importRoute: Route {
        .raw(.post, "/market-data/import",
             "Stores bars from CSV or columns: good rows in one transaction, bad ones listed with line and reason.",
             types: ["application/json", "text/csv"],
             example: """
                {"symbol":"DEMO","timeframe":"1d","bars":{"ts":["2024-01-02","2024-01-03"],"open":[10,10.5],\
                "high":[10.8,11],"low":[9.9,10.4],"close":[10.5,10.9],"volume":[1000,1200]}}
                """,
             answer: """
                {"symbol":"DEMO","timeframe":"1d","rows":2,"stored":2,"appended":2,"inserted":0,"restated":0,\
                "unchanged":0,"version":1,"unused_columns":["opn"],"rejected":[{"line":3,"reason":"high is below low"}],\
                "rejected_count":1,"warning_count":1,"warnings":[{"line":5,\
                "reason":"less than 1d from the bar of 2024-01-02T00:00:00Z; both are kept"}]}
                """, errors: [400, 413, 415, 422, 503]) { [unowned self] (query: ImportQuery, request) in
            try await importBars(query, request)
        }
    }

    private func importBars(_ query: ImportQuery, _ request: Request) async throws -> Response {
        let type = (request.headers["Content-Type"] ?? "application/json").lowercased()
        let isCSV = type.hasPrefix("text/csv")
        if !isCSV && !type.hasPrefix("application/json") {
            throw Problem(415, "the body must be text/csv or application/json, not \(type)")
        }
        var symbol = query.symbol, timeframe = query.timeframe
        let file: BarFile
        if isCSV {
            guard symbol != nil else { throw Problem.invalid("?symbol", "is required with a CSV body") }
            if request.body.isEmpty { throw Problem(400, "the body is empty; send a header and rows") }
            do throws(BarFile.HeaderError) { file = try BarFile.csv(request.body) } catch {
                throw Problem(422, error.reason, errors: [FieldError(pointer: "line 1", message: error.reason)])
            }
        } else {
            let body = try Route.body(ImportBody.self, request, strictly: true)
            try Self.checkAgrees(query, body)
            symbol = symbol ?? body.symbol
            timeframe = timeframe ?? body.timeframe
            guard let read = body.file else { throw Problem.invalid("/bars", "is required") }
            file = read
        }
        guard let symbol else { throw Problem.invalid("/symbol", "is required, here or in the query") }
        let frame = timeframe ?? .day1, strict = query.isStrict
        let answer = try await idempotency.once(request) { record in
            let result = try await store(file, symbol, frame, strict: strict, request)
            let answer = JSONBody { Self.write(result, &$0) }
            let remembered = record.statements(answer, context)
            if !remembered.isEmpty { try await context.commit(remembered) }
            return answer
        }
        var json = JSONWriter()
        answer.write(to: &json)
        return Response(status: answer.status, body: json.bytes)
    }

    /// What is said twice must be said alike.
    private static func checkAgrees(_ query: ImportQuery, _ body: ImportBody) throws {
        var faults: [FieldError] = []
        if let asked = query.symbol, let sent = body.symbol, asked != sent {
            faults.append(FieldError(pointer: "/symbol", message: "is \(sent) here and \(asked) in the query"))
        }
        if let asked = query.timeframe, let sent = body.timeframe, asked != sent {
            faults.append(FieldError(
                pointer: "/timeframe", message: "is \(sent.rawValue) here and \(asked.rawValue) in the query"))
        }
        if !faults.isEmpty { throw Problem.invalid(faults) }
    }

    private static func write(_ result: ImportResult, _ json: inout JSONWriter) {
        json.beginObject()
        json.key("symbol")
        json.string(result.symbol.text)
        json.key("timeframe")
        json.string(result.timeframe.rawValue)
        json.key("rows")
        json.int(result.rows)
        json.key("stored")
        json.int(result.rows - result.rejected.count)
        for (name, count) in [("appended", result.write.appended), ("inserted", result.write.inserted),
                              ("restated", result.write.restated), ("unchanged", result.write.unchanged),
                              ("version", result.write.version)] {
            json.key(name)
            json.int(count)
        }
        json.strings("unused_columns", Array(result.unused.prefix(100)))
        json.key("rejected")
        json.beginArray()
        for row in result.rejected.prefix(1000) {
            json.beginObject()
            json.key("line")
            json.int(row.line)
            json.key("reason")
            json.string(row.reason)
            json.endObject()
        }
        json.endArray()
        json.key("rejected_count")
        json.int(result.rejected.count)
        json.array("warnings", result.warnings.prefix(1000)) { json, row in
            json.object { json in
                json.field("line", row.line)
                json.field("reason", row.reason)
            }
        }
        json.field("warning_count", result.warnings.count)
        json.endObject()
    }

    private var barsRoute: Route {
        .json(.get, "/api/v1/market-data/historical/bars", "Stored bars of a range, as columns, oldest first.",
              answer: """
                {"symbol":"GOOG","timeframe":"1d","source":"store","version":1,"rows":1,"ts":["2013-03-01T00:00:00Z"],\
                "open":[797.8],"high":[807.14],"low":[796.15],"close":[806.19],"volume":[2175400]}
                """, errors: [404, 503], tabular: true) { [unowned self] (query: BarQuery, _: NoBody, _) in
            guard let info = try await stored(query.symbol, query.timeframe) else {
                throw Problem.notFound("no \(query.timeframe.rawValue) bars of \(query.symbol) are stored; "
                    + "import them with POST /market-data/import")
            }
            let bars = try await series.read(info.key, range: query.range, columns: nil)
            return BarsAnswer(symbol: query.symbol, timeframe: query.timeframe, version: info.version, bars: bars)
        }
    }

    private var symbolsRoute: Route {
        .json(.get, "/market-data/symbols", "What is stored: symbol, timeframe, first, last, rows.",
              answer: """
                {"items":[{"symbol":"GOOG","timeframe":"1d","first":"2004-08-19T00:00:00Z",\
                "last":"2013-03-01T00:00:00Z","rows":2148,"version":1}],"next_cursor":null}
                """, errors: [503]) { [unowned self] (query: SymbolQuery, _: NoBody, _) in
            try await listSymbols(query)
        }
    }

    /// Pages run through the timeframes in their order; a cursor is `timeframe/symbol`.
    private func listSymbols(_ query: SymbolQuery) async throws -> JSONBody {
        let frames = query.timeframe.map { [$0] } ?? Timeframe.allCases
        let parts = query.page.cursor?.split(separator: "/", maxSplits: 1).map(String.init) ?? []
        let resumed = parts.first.flatMap { name in frames.firstIndex { $0.rawValue == name } }
        if query.page.cursor != nil && (parts.count != 2 || resumed == nil) {
            throw Problem.invalid("?cursor", "is not a cursor of this list")
        }
        var items: [(Timeframe, SeriesInfo)] = []
        for (index, frame) in frames.enumerated().dropFirst(resumed ?? 0) {
            let after = index == resumed ? parts.last : nil
            let found = try await list(frame, prefix: query.prefix ?? "", limit: query.page.limit + 1 - items.count,
                                       after: after)
            items += found.map { (frame, $0) }
            if items.count > query.page.limit { break }
        }
        let page = items.prefix(query.page.limit)
        let next = items.count > page.count ? page.last.map { "\($0.0.rawValue)/\($0.1.key.name)" } : nil
        return JSONBody.page(page, next: next) { Self.write($1.0, $1.1, &$0) }
    }

    /// Series of one length by symbol: those that were imported, and of other symbols those made of shorter ones.
    private func list(
        _ frame: Timeframe, prefix: String, limit: Int, after: String?
    ) async throws -> [SeriesInfo] {
        let imported = try await series.list(
            collection: "bars.\(frame.rawValue)", prefix: prefix, limit: limit, after: after)
        let made = try await series.list(
            collection: "rollup.\(frame.rawValue)", prefix: prefix, limit: limit, after: after)
        if made.isEmpty { return imported }
        let names = Set(imported.map(\.key.name)), all = imported + made.filter { !names.contains($0.key.name) }
        return Array(all.sorted { $0.key.name < $1.key.name }.prefix(limit))
    }

    private static func write(_ frame: Timeframe, _ info: SeriesInfo, _ json: inout JSONWriter) {
        json.beginObject()
        json.key("symbol")
        json.string(info.key.name)
        json.key("timeframe")
        json.string(frame.rawValue)
        json.key("first")
        json.time(info.first)
        json.key("last")
        json.time(info.last)
        json.key("rows")
        json.int(info.rows)
        json.key("version")
        json.int(info.version)
        json.endObject()
    }

    private var gapsRoute: Route {
        .json(.get, "/market-data/gaps", "Holes between stored bars; daily bars skip weekends.",
              answer: """
                {"symbol":"GOOG","timeframe":"1d","gaps":[{"first":"2004-09-06T00:00:00Z",\
                "last":"2004-09-06T00:00:00Z","missing":1}]}
                """, errors: [404, 503]) { [unowned self] (query: BarQuery, _: NoBody, _) in
            guard let info = try await stored(query.symbol, query.timeframe) else {
                throw Problem.notFound("no \(query.timeframe.rawValue) bars of \(query.symbol) are stored")
            }
            let gaps = try await series.gaps(
                info.key, step: query.timeframe.nanoseconds,
                calendar: query.timeframe == .day1 ? .weekdays : .everyDay, range: query.range)
            return JSONBody { json in
                json.beginObject()
                json.key("symbol")
                json.string(query.symbol.text)
                json.key("timeframe")
                json.string(query.timeframe.rawValue)
                json.key("gaps")
                json.beginArray()
                for gap in gaps {
                    json.beginObject()
                    json.key("first")
                    json.time(gap.first)
                    json.key("last")
                    json.time(gap.last)
                    json.key("missing")
                    json.int(gap.missing)
                    json.endObject()
                }
                json.endArray()
                json.endObject()
            }
        }
    }
}

/// Which stored series are listed.
struct SymbolQuery: RequestParameters {
    let timeframe: Timeframe?
    let prefix: String?
    let page: PageParameters

    static func read(_ parameters: ParameterReader) -> SymbolQuery {
        SymbolQuery(timeframe: parameters.choice("timeframe", "Only this timeframe.", Timeframe.self),
                    prefix: parameters.optionalText("prefix", "Only symbols that start so."),
                    page: PageParameters.read(parameters))
    }
}
