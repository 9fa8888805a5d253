import EngineKit
import HTTP
import Market
import Quant
import Wire

/// Which factors of the catalogue are meant.
struct CatalogueFilter: Sendable, Equatable {
    var text: String?, source: String?, category: String?

    /// Whether it lets everything through.
    var isEmpty: Bool { text == nil && source == nil && category == nil }

    /// Whether a factor is meant; `text` must be in lower case.
    func takes(_ factor: CatalogueFactor) -> Bool {
        if let category, factor.category != category { return false }
        if let source, !isFrom(factor, source) { return false }
        guard let text else { return true }
        return factor.id.contains(text) || factor.expression.lowercased().contains(text)
    }

    private func isFrom(_ factor: CatalogueFactor, _ source: String) -> Bool {
        if factor.source == source || factor.sources.contains(source) { return true }
        return factor.fields.isEmpty && factor.sources.contains { $0.lowercased().contains(source) }
    }

    /// Numbers of the catalogue in which what is meant must lie: rules of other sources or categories are passed over.
    func ranges(_ catalogue: FactorCatalogue) -> [Range<Int>] {
        var ranges = [0..<catalogue.alphas.count]
        for (index, rule) in catalogue.rules.enumerated() {
            if let source, !rule.series.contains(where: { $0.origin.name == source }) { continue }
            if let category, !rule.variants.contains(where: { $0.category == category }) { continue }
            ranges.append(catalogue.numbers(of: index))
        }
        return ranges
    }
}

/// A page of the catalogue.
struct CataloguePage: ResponseBody {
    /// `missing` tells why a factor cannot be computed from what is stored; nil where it can.
    let items: [(factor: CatalogueFactor, missing: String?)], next: String?

    /// The first `limit` factors behind `after` that the filter takes.
    static func make(
        _ catalogue: FactorCatalogue, _ filter: CatalogueFilter, after: Int?, limit: Int, _ found: StoredColumns.Found
    ) -> CataloguePage {
        var items: [(factor: CatalogueFactor, missing: String?)] = [], first = (after ?? -1) + 1
        for range in filter.ranges(catalogue) where range.upperBound > first {
            first = max(first, range.lowerBound)
            for number in first..<range.upperBound {
                let factor = catalogue[number]
                guard filter.takes(factor) else { continue }
                if items.count == limit { return CataloguePage(items: items, next: items.last?.factor.id) }
                items.append((factor, found.missing(factor)))
            }
            first = range.upperBound
        }
        return CataloguePage(items: items, next: nil)
    }

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.page(items, next: next) { json, item in
                let (factor, missing) = item
                json.object { json in
                    json.field("id", factor.id)
                    json.field("expression", factor.expression)
                    json.field("category", factor.category)
                    json.field("frequency", factor.frequency)
                    json.field("source", factor.source)
                    json.field("computable", missing == nil)
                    if let missing { json.field("reason", missing) }
                    json.strings("sources", factor.sources)
                }
            }
        }
    }
}

/// Which factors are listed.
struct FactorCatalogQuery: RequestParameters {
    let filter: CatalogueFilter, page: PageParameters

    static func read(_ parameters: ParameterReader) -> FactorCatalogQuery {
        FactorCatalogQuery(
            filter: CatalogueFilter(
                text: parameters.optionalText("q", "Only ids and expressions with this in them.")?.lowercased(),
                source: parameters.optionalText("source", "Only factors of this source: alpha101, bars, facts, or one "
                    + "of the eight.")?.lowercased(),
                category: parameters.optionalText("category", "Only this category, such as momentum.")),
            page: PageParameters.read(parameters))
    }
}
