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

    /// Whether a name of a request can be calculated; `refuse` is told why not. What is in the catalogue is not read
    /// again: its rules were when the engine began.
    static func isKnown(_ text: String, _ refuse: (String) -> Void) -> Bool {
        if let fields = FactorCatalogue.standard.number(text).map({ FactorCatalogue.standard.fields($0) ?? [] }),
           fields.allSatisfy(\.origin.isStored) { return true }
        return resolved(text, refuse) != nil
    }

    /// Those that are not made by rules, which know no groups; what cannot be resolved is left out.
    static func written(_ names: [String]) -> [FactorName] {
        names.lazy.filter { !$0.utf8.contains(UInt8(ascii: "@")) }.compactMap { try? parse($0) }
    }

    /// Columns of stored facts that these names read, and whether all of them are made by rules, which remember no more
    /// than their windows. What cannot be resolved reads none.
    static func needs(_ names: [String]) -> (facts: Set<Column>, areMade: Bool) {
        let catalogue = FactorCatalogue.standard
        var columns: Set<Column> = [], areMade = true
        for name in names {
            if let number = catalogue.number(name), let fields = catalogue.fields(number) {
                for case let column? in fields.lazy.map(\.column) where column.isFundamental { columns.insert(column) }
            } else if let factor = try? parse(name) {
                columns.formUnion(factor.expression.columns.filter(\.isFundamental))
                areMade = false
            }
        }
        return (columns, areMade)
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
