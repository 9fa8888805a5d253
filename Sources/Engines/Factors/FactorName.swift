import HTTP
import Quant

/// A factor as a request names it: an id of the catalogue or an expression.
struct FactorName: Sendable {
    /// As it was sent; the key of its values.
    let text: String
    let expression: Expression

    /// The member `factors`, which must name one at least: each resolved, each wrong one told.
    static func read(_ fields: FieldReader, limit: Int) -> [FactorName] {
        fields.require(!fields.isEmptyArray("factors"), "factors", "must name at least one factor")
        return fields.strings("factors", "Ids of the catalogue or expressions.", limit: limit, resolved)
    }

    /// A name of a request, resolved; `refuse` is told why it cannot be.
    static func resolved(_ text: String, _ refuse: (String) -> Void) -> FactorName? {
        do throws(QuantError) {
            return try parse(text)
        } catch {
            refuse(error.explanation)
            return nil
        }
    }

    /// Those that are not made by rules, which know no groups; what cannot be resolved is left out.
    static func written(_ names: [String]) -> [FactorName] {
        names.lazy.filter { !$0.contains("@") }.compactMap { try? parse($0) }
    }

    /// Columns of stored facts that these names read; what cannot be resolved reads none.
    static func facts(_ names: [String]) -> Set<Column> {
        let catalogue = FactorCatalogue.standard
        return names.reduce(into: Set<Column>()) { columns, name in
            if let number = catalogue.number(name), let fields = catalogue.fields(number) {
                columns.formUnion(fields.compactMap(\.column).filter(\.isFundamental))
            } else if let factor = try? parse(name) {
                columns.formUnion(factor.expression.columns.filter(\.isFundamental))
            }
        }
    }

    /// Resolves a name; errors bear where and why.
    static func parse(_ text: String) throws(QuantError) -> FactorName {
        let catalogue = FactorCatalogue.standard
        if let number = catalogue.number(text) {
            let factor = catalogue[number]
            if let away = factor.fields.first(where: { !$0.origin.isStored }) {
                throw QuantError(.data,
                    "'\(text)' is catalogued, but not computable: no series of \(away.origin.name) are stored")
            }
            return FactorName(text: text, expression: try Expression.parse(factor.expression))
        }
        if text.contains("@") || AlphaCatalog.collections.contains(where: { text.hasPrefix($0.name + ".") }) {
            throw QuantError(.unknownName,
                "there is no factor '\(text)' in the catalogue; GET /factors/catalog lists them",
                suggestion: catalogue.nearest(text))
        }
        return FactorName(text: text, expression: try Expression.parse(text))
    }
}
