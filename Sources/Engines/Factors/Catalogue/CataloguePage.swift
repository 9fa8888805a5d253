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

    /// Whether an alpha is meant; `text` must be in lower case.
    private func takes(_ factor: CatalogueFactor) -> Bool {
        if let category, factor.category != category { return false }
        if let source, !isFrom(factor, source) { return false }
        guard let text else { return true }
        return factor.id.lowercased().contains(text) || factor.expression.lowercased().contains(text)
    }

    private func isFrom(_ factor: CatalogueFactor, _ source: String) -> Bool {
        if factor.source == source || factor.sources.contains(source) { return true }
        return factor.fields.isEmpty && factor.sources.contains { $0.lowercased().contains(source) }
    }

    /// Visits the factors that are meant by their numbers in order, until `body` answers false. Of rules that `reads`
    /// says no to none is visited.
    func visit(
        _ catalogue: FactorCatalogue, from start: Int = 0, reads: (FactorRule) -> Bool = { _ in true },
        _ body: (Int) -> Bool
    ) {
        for range in ranges(catalogue) where range.upperBound > start {
            let numbers = max(start, range.lowerBound)..<range.upperBound
            let goesOn = if let made = catalogue.made(range.lowerBound) {
                !reads(catalogue.rules[made.rule])
                    || visit(catalogue.rules[made.rule], first: range.lowerBound, numbers, body)
            } else {
                numbers.allSatisfy { !takes(catalogue[$0]) || body($0) }
            }
            if !goesOn { return }
        }
    }

    /// The same of one rule, whose factors begin at `first`; false where `body` wants no more.
    private func visit(_ rule: FactorRule, first: Int, _ numbers: Range<Int>, _ body: (Int) -> Bool) -> Bool {
        let width = rule.variants.count
        var search = text.map { CatalogueSearch($0, rule) }, tuple = -1
        for number in numbers {
            let place = number - first, variant = place % width
            if let category, rule.variants[variant].category != category { continue }
            if place / width != tuple {
                tuple = place / width
                search?.take(tuple)
            }
            if search?.finds(variant) ?? true, !body(number) { return false }
        }
        return true
    }

    /// Numbers of the catalogue in which what is meant must lie: rules of other sources or categories are passed over.
    private func ranges(_ catalogue: FactorCatalogue) -> [Range<Int>] {
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
        var items: [(factor: CatalogueFactor, missing: String?)] = [], hasMore = false
        filter.visit(catalogue, from: (after ?? -1) + 1) { number in
            hasMore = items.count == limit
            if hasMore { return false }
            let factor = catalogue[number]
            items.append((factor, found.missing(factor)))
            return true
        }
        return CataloguePage(items: items, next: hasMore ? items.last?.factor.id : nil)
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
