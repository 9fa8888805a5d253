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
    let items: [(factor: CatalogueFactor, isComputable: Bool)], next: String?

    /// The first `limit` factors behind `after` that the filter takes.
    static func make(
        _ catalogue: FactorCatalogue, _ filter: CatalogueFilter, after: Int?, limit: Int, _ found: StoredColumns.Found
    ) -> CataloguePage {
        var items: [(factor: CatalogueFactor, isComputable: Bool)] = [], first = (after ?? -1) + 1
        for range in filter.ranges(catalogue) where range.upperBound > first {
            first = max(first, range.lowerBound)
            for number in first..<range.upperBound {
                let factor = catalogue[number]
                guard filter.takes(factor) else { continue }
                if items.count == limit { return CataloguePage(items: items, next: items.last?.factor.id) }
                items.append((factor, found.computes(factor)))
            }
            first = range.upperBound
        }
        return CataloguePage(items: items, next: nil)
    }

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.page(items, next: next) { json, item in
                let (factor, isComputable) = item
                json.object { json in
                    json.field("id", factor.id)
                    json.field("expression", factor.expression)
                    json.field("category", factor.category)
                    json.field("frequency", factor.frequency)
                    json.field("source", factor.source)
                    json.field("computable", isComputable)
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
                source: parameters.optionalText("source", "Only factors of this source: alpha101, bars, or one of the "
                    + "eight.")?.lowercased(),
                category: parameters.optionalText("category", "Only this category, such as momentum.")),
            page: PageParameters.read(parameters))
    }
}

extension StoredColumns.Found {
    /// Whether the stored bars can compute a factor.
    func computes(_ factor: CatalogueFactor) -> Bool {
        if factor.fields.isEmpty {
            return (try? Expression.parse(factor.expression)).map { $0.groupings.isEmpty && has($0.columns) } ?? false
        }
        return has(factor.fields)
    }

    /// Whether some symbol has all of these series; only stored bars are ever there.
    func has(_ fields: [SeriesField]) -> Bool {
        var columns: Set<Column> = []
        for field in fields {
            guard field.origin == .bars, let name = field.names.first else { return false }
            columns.insert(Column(rawValue: name) ?? .close)
        }
        return has(columns)
    }
}
