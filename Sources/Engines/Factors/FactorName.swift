import Quant

/// A factor as a request names it: an id of the catalogue or an expression.
struct FactorName: Sendable {
    /// As it was sent; the key of its values.
    let text: String
    let expression: Expression

    /// Resolves a name; errors bear where and why.
    static func parse(_ text: String) throws(QuantError) -> FactorName {
        if let alpha = AlphaCatalog.alpha(text) {
            return FactorName(text: text, expression: try Expression.parse(alpha.expression))
        }
        if AlphaCatalog.collections.contains(where: { text.hasPrefix($0.name + ".") }) {
            throw QuantError(.unknownName,
                "there is no factor '\(text)' in the catalogue; GET /factors/catalog lists them",
                suggestion: AlphaCatalog.nearest(text))
        }
        return FactorName(text: text, expression: try Expression.parse(text))
    }
}
