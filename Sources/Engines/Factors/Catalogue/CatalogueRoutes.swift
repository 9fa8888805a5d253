import EngineKit
import HTTP
import Market
import Quant
import Runtime
import Wire

extension FactorEngine {
    var catalogueRoutes: [Route] { [catalogRoute, statusRoute, sourcesRoute] }

    private var catalogRoute: Route {
        .json(.get, "/factors/catalog",
              "Factor definitions with their formulas, where they come from, and whether they can be computed from "
              + "what is stored; else the reason.",
              answer: """
                {"items":[{"id":"alpha101.012","expression":"sign(delta(volume,1))*(-1*delta(close,1))",\
                "category":"reversal","frequency":"1d","source":"alpha101","computable":true,\
                "sources":["Kakushadze, Z. (2016)"]}],"next_cursor":null}
                """, errors: [503]) { [unowned self] (query: FactorCatalogQuery, _: NoBody, _) in
            let catalogue = FactorCatalogue.standard
            var after: Int?
            if let cursor = query.page.cursor {
                guard let number = catalogue.number(cursor) else {
                    throw Problem.invalid("?cursor", "must be the next_cursor of a page before")
                }
                after = number
            }
            let found = try await stored.found(), start = after
            return await context.compute {
                CataloguePage.make(catalogue, query.filter, after: start, limit: query.page.limit, found)
            }
        }
    }

    private var statusRoute: Route {
        .json(.get, "/api/v1/factor-engine/status",
              "How many factors are defined, and how many of them the stored daily bars and facts can compute.",
              answer: """
                {"status":"ready","catalogued":500000,"computable":1500,"stored_symbols":22,"symbols_with_facts":3,\
                "queue":0,"jobs":0,"last_run?":{"ts":"2024-01-02T00:00:00Z","factors":2,"symbols":3,"rows":21,"seconds":0.004}}
                """, errors: [503]) { [unowned self] (_: NoParameters, _: NoBody, _) in
            let found = try await stored.found(), catalogue = FactorCatalogue.standard
            let computable = await context.compute {
                catalogue.alphas.count { found.computes(CatalogueFactor($0)) }
                    + catalogue.computable(SeriesOrigin.stored) { found.has($0) }
            }
            return JSONBody { json in
                json.object { json in
                    json.field("status", "ready")
                    json.field("catalogued", catalogue.count)
                    json.field("computable", computable)
                    json.field("stored_symbols", found.symbols)
                    json.field("symbols_with_facts", found.symbolsWithFacts)
                    json.field("queue", running)
                    json.field("jobs", jobs.waiting)
                    json.key("last_run")
                    if let lastRun { lastRun.write(to: &json) } else { json.null() }
                }
            }
        }
    }

    private var sourcesRoute: Route {
        .json(.get, "/api/v1/factor-engine/sources",
              "The eight data sources with the number of factors that read each, and what is built in.",
              answer: """
                {"items":[{"source":"fred","title":"FRED","series":32,"factors":70000,"computable":0,\
                "connected":false,"detail":"not connected: factors from FRED are catalogued and not computable"}],\
                "next_cursor":null,\
                "built_in":{"source":"alpha101","title":"101 Formulaic Alphas","factors":19},\
                "stored":{"source":"bars","title":"Stored bars","series":7,"factors":1500,"computable":1500},\
                "facts":{"source":"facts","title":"Stored facts of filings","series":26,"factors":30000,\
                "computable":0,"detail":"no facts of a symbol with daily bars are stored"}}
                """, errors: [503]) { [unowned self] (_: NoParameters, _: NoBody, _) in
            let found = try await stored.found(), catalogue = FactorCatalogue.standard
            let (bars, facts) = await context.compute {
                let bars = catalogue.computable([.bars]) { found.has($0) }
                return (bars, catalogue.computable(SeriesOrigin.stored) { found.has($0) } - bars)
            }
            return JSONBody { json in
                json.object { json in
                    json.key("items")
                    json.beginArray()
                    for source in FactorSource.allCases {
                        let origin = SeriesOrigin.provider(source)
                        json.object { json in
                            json.field("source", source.rawValue)
                            json.field("title", source.title)
                            json.field("series", SeriesSelection(origin).count)
                            json.field("factors", catalogue.count(of: origin))
                            json.field("computable", 0)
                            json.field("connected", false)
                            json.field("detail", source.detail)
                        }
                    }
                    json.endArray()
                    json.key("next_cursor")
                    json.null()
                    json.object("built_in") { json in
                        json.field("source", FactorSource.builtIn)
                        json.field("title", "101 Formulaic Alphas")
                        json.field("factors", catalogue.alphas.count)
                    }
                    json.object("stored") { json in
                        json.field("source", SeriesOrigin.bars.name)
                        json.field("title", "Stored bars")
                        json.field("series", SeriesSelection(.bars).count)
                        json.field("factors", catalogue.count(of: .bars))
                        json.field("computable", bars)
                    }
                    json.object("facts") { json in
                        json.field("source", SeriesOrigin.facts.name)
                        json.field("title", "Stored facts of filings")
                        json.field("series", SeriesSelection(.facts).count)
                        json.field("factors", catalogue.count(of: .facts))
                        json.field("computable", facts)
                        json.field("detail", found.symbolsWithFacts > 0
                            ? "facts of \(found.symbolsWithFacts) symbols with daily bars are stored"
                            : "no facts of a symbol with daily bars are stored; POST /market-data/facts stores them")
                    }
                }
            }
        }
    }
}

extension FactorRun {
    func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("ts", at)
            json.field("factors", factors)
            json.field("symbols", symbols)
            json.field("rows", rows)
            json.field("seconds", seconds)
        }
    }
}
