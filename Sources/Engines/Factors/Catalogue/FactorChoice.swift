import EngineKit
import HTTP
import Market
import Quant
import Runtime
import Wire

/// Part of the catalogue, as a body names it.
struct CatalogueFilterBody: RequestBody {
    let filter: CatalogueFilter

    static func read(_ fields: FieldReader) -> CatalogueFilterBody {
        let filter = CatalogueFilter(
            text: fields.optionalString("q", "Only ids and expressions with this in them.")?.lowercased(),
            source: fields.optionalString("source", "Only factors of this source: alpha101, bars, facts.")?.lowercased(),
            category: fields.optionalString("category", "Only this category."))
        fields.require(!filter.isEmpty || fields.isDescribing, "source", "one of source, q and category must be there")
        return CatalogueFilterBody(filter: filter)
    }
}

/// Which factors a job or a correlation is about: some by name, or those of the catalogue that a filter takes and
/// that can be computed from what is stored.
struct FactorChoice: Sendable {
    let names: [String], filter: CatalogueFilter?

    /// Reads `factors` and `catalog_filter`; names are resolved at once, so that each wrong one is told.
    static func read(_ fields: FieldReader, limit: Int) -> FactorChoice {
        var seen: Set<String> = []
        let kept = fields.strings(
            "factors", "Ids of the catalogue or expressions.", required: false, limit: limit
        ) { name, refuse -> String? in
            seen.insert(name).inserted && FactorName.isKnown(name, refuse) ? name : nil
        }
        let filter = fields.optionalObject("catalog_filter", "Instead of factors: part of the catalogue.",
                                           CatalogueFilterBody.self)
        let isNamed = fields.has("factors") && !fields.isEmptyArray("factors")
        fields.require(isNamed != fields.has("catalog_filter") || fields.isDescribing, "factors",
                       "one of factors and catalog_filter must be there")
        return FactorChoice(names: kept, filter: filter?.filter)
    }

    /// Names in the order sent, or ids in the catalogue's order. Throws 422 where there are none or too many.
    @LoopActor func resolve(_ stored: StoredColumns, _ context: EngineContext, limit: Int) async throws -> [String] {
        guard let filter else { return names }
        let found = try await stored.found()
        return try await context.compute { try Self.resolve(filter, found, limit: limit) }
    }

    private static func resolve(
        _ filter: CatalogueFilter, _ found: StoredColumns.Found, limit: Int
    ) throws(Problem) -> [String] {
        let catalogue = FactorCatalogue.standard
        var ids: [String] = []
        // A rule is made of the same sources throughout: without stored series none of its factors is read.
        filter.visit(catalogue, reads: { rule in rule.series.allSatisfy(\.origin.isStored) }) { number in
            let factor = catalogue[number]
            if found.computes(factor) { ids.append(factor.id) }
            return true
        }
        if ids.isEmpty {
            throw Problem.invalid("/catalog_filter", "takes no factor that stored bars and facts can compute; "
                + "GET /factors/catalog shows which are computable")
        }
        if ids.count > limit {
            throw Problem.invalid("/catalog_filter", "takes \(ids.count) factors, at most \(limit) are taken at once")
        }
        return ids
    }
}
