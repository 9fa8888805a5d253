import Bus
import EngineKit
import HTTP
import Market
import Quant
import Runtime
import Telemetry
import Wire

extension MarketDataEngine {
    var factRoutes: [Route] { [factImportRoute, factsRoute, factSymbolsRoute] }

    private var factImportRoute: Route {
        .raw(.post, "/market-data/facts",
             "Stores figures of filings from CSV or JSON: good rows in one transaction, bad ones listed; a figure is "
             + "known from filed_at on, and one that is filed again keeps its earlier value for the time before.",
             types: ["application/json", "text/csv"],
             example: """
                {"facts":[{"symbol":"GOOG","concept":"net_income","period":"annual","period_end":"2012-12-31",\
                "filed_at":"2013-01-29","value":10737000000,"unit":"USD","source":"edgar"},\
                {"symbol":"GOOG","concept":"shares_outstanding","period_end":"2012-12-31","filed_at":"2013-01-29",\
                "value":329000000,"unit":"shares"}]}
                """,
             answer: #"{"rows":2,"stored":2,"unused_columns":[],"rejected":[{"line":3,"reason":"filed_at is before period_end"}],"#
                + #""rejected_count":0}"#,
             errors: [400, 413, 415, 422, 503]) { [unowned self] (query: FactImportQuery, request) in
            try await importFacts(query, request)
        }
    }

    private func importFacts(_ query: FactImportQuery, _ request: Request) async throws -> Response {
        let type = (request.headers["Content-Type"] ?? "application/json").lowercased()
        let file: FactFile
        if type.hasPrefix("text/csv") {
            if request.body.isEmpty { throw Problem(400, "the body is empty; send a header and rows") }
            do throws(BarFile.HeaderError) { file = try FactFile.csv(request.body) } catch {
                throw Problem(422, error.reason, errors: [FieldError(pointer: "line 1", message: error.reason)])
            }
        } else {
            file = try Route.body(FactBody.self, request, strictly: true).file
        }
        rejectedRows.add(file.rejected.count)
        if query.isStrict && !file.rejected.isEmpty {
            throw Problem.invalid(file.rejected.prefix(100).map {
                FieldError(pointer: "line \($0.line)", message: $0.reason)
            })
        }
        let answer = try await idempotency.once(request) { record in
            let filings = file.filings, answer = JSONBody { Self.write(file, stored: filings.count, &$0) }
            let statements = FactRecords.statements(filings) + record.statements(answer, context)
            let messages = filings.isEmpty ? [] : [announcement(filings, request)]
            if !statements.isEmpty { try await context.commit(statements, messages) }
            return answer
        }
        var json = JSONWriter()
        answer.write(to: &json)
        return Response(status: answer.status, body: json.bytes)
    }

    /// Tells which symbols facts were stored of.
    private func announcement(_ facts: [FilingFact], _ request: Request) -> Message {
        var json = JSONWriter()
        json.object { json in
            json.strings("symbols", Set(facts.map(\.symbol.text)).sorted())
            json.field("facts", facts.count)
        }
        return context.message(Topics.facts, "", time: context.clock.now, trace: request.headers["traceparent"],
                               data: json.bytes)
    }

    private static func write(_ file: FactFile, stored: Int, _ json: inout JSONWriter) {
        json.object { json in
            json.field("rows", file.facts.count + file.rejected.count)
            json.field("stored", stored)
            json.strings("unused_columns", file.unused.prefix(100))
            json.array("rejected", file.rejected.prefix(1000)) { json, row in
                json.object {
                    $0.field("line", row.line)
                    $0.field("reason", row.reason)
                }
            }
            json.field("rejected_count", file.rejected.count)
        }
    }

    private var factsRoute: Route {
        .json(.get, "/market-data/facts", "Every stored figure of a symbol's filings, in the order of filing.",
              answer: """
                {"symbol":"GOOG","facts":[{"concept":"net_income","period":"annual",\
                "period_end":"2012-12-31T00:00:00Z","filed_at":"2013-01-29T00:00:00Z","value":10737000000.0,\
                "unit":"USD","source":"edgar"}]}
                """, errors: [503]) { [unowned self] (query: FactQuery, _: NoBody, _) in
            let facts = try await FactRecords(context: context).facts(query.symbol)
            return JSONBody { json in
                json.object { json in
                    json.field("symbol", query.symbol.text)
                    json.array("facts", facts) { json, fact in
                        json.object {
                            $0.field("concept", fact.concept.rawValue)
                            $0.field("period", fact.period.rawValue)
                            $0.field("period_end", fact.periodEnd)
                            $0.field("filed_at", fact.filedAt)
                            $0.field("value", fact.value)
                            $0.field("unit", fact.unit)
                            $0.field("source", fact.source)
                        }
                    }
                }
            }
        }
    }
}

extension MarketDataEngine {
    private var factSymbolsRoute: Route {
        .json(.get, "/market-data/facts/symbols", "Symbols that figures of filings are stored of.",
              answer: """
                {"items":[{"symbol":"GOOG","facts":18,"last_filed":"2013-01-29T00:00:00Z"}],"next_cursor":null}
                """, errors: [503]) { [unowned self] (query: FactSymbolsQuery, _: NoBody, _) in
            let limit = query.page.limit
            let found = try await FactRecords(context: context).symbols(after: query.page.cursor, limit: limit + 1)
            let next = found.count > limit ? found[limit - 1].symbol : nil
            return JSONBody.page(found.prefix(limit), next: next) { json, item in
                json.object { json in
                    json.field("symbol", item.symbol)
                    json.field("facts", item.facts)
                    json.field("last_filed", item.lastFiled)
                }
            }
        }
    }
}

/// Which symbols with facts are listed.
struct FactSymbolsQuery: RequestParameters {
    let page: PageParameters

    static func read(_ parameters: ParameterReader) -> FactSymbolsQuery {
        FactSymbolsQuery(page: PageParameters.read(parameters))
    }
}

/// How strict an import of facts is.
struct FactImportQuery: RequestParameters {
    let isStrict: Bool

    static func read(_ parameters: ParameterReader) -> FactImportQuery {
        FactImportQuery(isStrict: parameters.bool("strict", "Refuse the whole file for one bad row.", default: false))
    }
}

/// Whose facts are read.
struct FactQuery: RequestParameters {
    let symbol: Symbol

    static func read(_ parameters: ParameterReader) -> FactQuery {
        FactQuery(symbol: parameters.symbol("symbol", "The instrument."))
    }
}

/// Facts to store; a row that is none is told in the answer, as with a file.
struct FactBody: RequestBody {
    let file: FactFile

    static func read(_ fields: FieldReader) -> FactBody {
        var file = FactFile()
        for (index, item) in fields.array("facts", "Figures of filings.", FactItem.self).enumerated() {
            file.take(line: index + 1) { item.texts[$0] }
        }
        return FactBody(file: file)
    }
}

/// One figure of a filing.
struct FactItem: RequestBody {
    let texts: [String: String]

    static func read(_ fields: FieldReader) -> FactItem {
        var texts: [String: String] = [:]
        texts["symbol"] = fields.symbol("symbol", "The instrument.").text
        texts["concept"] = fields.choice("concept", "Which figure it is.", FactConcept.self).rawValue
        texts["period"] = fields.optionalChoice("period", "How long the period of a flow is; annual unless said.",
                                                FactPeriod.self)?.rawValue
        texts["period_end"] = fields.time("period_end", "The last day of the period.").iso8601
        texts["filed_at"] = fields.time("filed_at", "When it was filed: nobody knew it before.").iso8601
        texts["value"] = "\(fields.number("value", "In currency; a number for shares."))"
        texts["unit"] = fields.optionalString("unit", "Of the value.", length: 0...64)
        texts["source"] = fields.optionalString("source", "Where it comes from.", length: 0...64)
        return FactItem(texts: texts)
    }
}
