/// A factor of the literature as an expression.
public struct Alpha: Sendable, Equatable {
    /// The collection and the name in it, such as `alpha101.012` or `alpha158.KMID`.
    public let id: String
    /// The formula in the expression language.
    public let expression: String
    /// Where it comes from.
    public let sources: [String]
    /// price, volume or neutral (which needs groups) for alpha101; bar, price, trend, range or volume for the others.
    public let category: String
    /// How often it is computed.
    public let frequency: String

    init(id: String, expression: String, category: String, source: String) {
        self.id = id
        self.expression = expression
        self.category = category
        sources = [source]
        frequency = "1d"
    }

    /// The collection: `alpha101`, `alpha158` or `alpha360`.
    public var collection: String { String(id.prefix { $0 != "." }) }
}

/// The collections of published formulas.
public enum AlphaCatalog {
    /// A collection.
    public struct Collection: Sendable {
        /// Name, the first part of its ids.
        public let name: String
        /// Name in the literature.
        public let title: String
    }

    /// Every collection, each a data file beside this one.
    public static let collections = AlphaFile.builtIn.map { Collection(name: $0.name, title: $0.title) }

    /// Every alpha, collection by collection.
    public static let all: [Alpha] = AlphaFile.builtIn.flatMap(\.alphas)

    private static let byID: [String: Alpha] = Dictionary(uniqueKeysWithValues: all.map { ($0.id, $0) })

    /// The alpha of an id such as `alpha101.012`.
    public static func alpha(_ id: String) -> Alpha? { byID[id] }

    /// The id nearest to one that there is not; nil where none is near.
    public static func nearest(_ id: String) -> String? { NearestName.find(id, among: all.map(\.id)) }
}
