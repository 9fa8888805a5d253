import Quant

/// What makes the catalogue, in words, for its page.
public enum CatalogueText {
    /// Series of one source.
    public struct Source: Sendable {
        /// As ids name it, and in full.
        public let name: String, title: String
        /// Whether series of it can be stored; else its factors are catalogued only.
        public let isStored: Bool
        /// Different series, and factors that read one.
        public let series: Int, factors: Int
        /// Names along each axis; a series is named by one of each.
        public let axes: [[String]]
    }

    /// A formula over one to four series.
    public struct Formula: Sendable {
        /// As ids name it, and with `{a}` to `{d}` for series and `{w}` for the window.
        public let name: String, text: String
        /// Series that it reads.
        public let series: Int
        /// Windows in bars, none for a formula without one; and categories of its factors.
        public let windows: [Int], categories: [String]
    }

    /// What one rule makes.
    public struct Rule: Sendable {
        /// Selections of series, formulas and transforms whose product it is.
        public let series: [String], formulas: [String], transforms: [String]
        /// Different sources among its series.
        public let sources: Int
        /// Factors that it makes.
        public let factors: Int
    }

    /// Factors in all, the published ones too.
    public static var count: Int { FactorCatalogue.standard.count }

    /// Stored ones first.
    public static var sources: [Source] {
        SeriesOrigin.all.map { origin in
            let title = switch origin {
            case .bars: "Stored bars"
            case .facts: "Stored facts of filings"
            case .provider(let source): source.title
            }
            return Source(name: origin.name, title: title, isStored: origin.isStored,
                          series: SeriesSelection(origin).count,
                          factors: FactorCatalogue.standard.count(of: origin), axes: origin.axes)
        }
    }

    /// In the order in which rules name them.
    public static var formulas: [Formula] {
        var order: [String] = [], found: [String: (name: String, text: String, series: Int)] = [:]
        var windows: [String: [Int]] = [:], categories: [String: [String]] = [:]
        for variant in FactorCatalogue.standard.rules.lazy.flatMap(\.variants) {
            let name = String(variant.name.prefix { $0 != "." }), text = variant.template.text
            let key = "\(name) \(text)"
            if found[key] == nil {
                order.append(key)
                found[key] = (name, text, variant.template.seriesCount)
            }
            let window = variant.template.window
            if window > 0, windows[key]?.contains(window) != true { windows[key, default: []].append(window) }
            if categories[key]?.contains(variant.category) != true {
                categories[key, default: []].append(variant.category)
            }
        }
        return order.compactMap { key in
            found[key].map { formula in
                Formula(name: formula.name, text: formula.text, series: formula.series,
                        windows: (windows[key] ?? []).sorted(), categories: categories[key] ?? [])
            }
        }
    }

    /// In the catalogue's order.
    public static var rules: [Rule] {
        FactorCatalogue.standard.rules.map { rule in
            var formulas: [String] = [], transforms: [String] = []
            for variant in rule.variants {
                let name = String(variant.name.prefix { $0 != "." })
                if !formulas.contains(name) { formulas.append(name) }
                let transform = variant.transform.rawValue
                if !transforms.contains(transform) { transforms.append(transform) }
            }
            return Rule(series: rule.series.map(\.text), formulas: formulas, transforms: transforms,
                        sources: Set(rule.series.map(\.origin)).count, factors: rule.count)
        }
    }
}
