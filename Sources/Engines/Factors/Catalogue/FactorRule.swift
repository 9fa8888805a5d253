import Quant

/// A formula with its windows, compiled once for every rule that names it.
struct RuleFormula: Sendable {
    /// Stands in ids; what bears the same name and reads as many series has the same text.
    let name: String
    /// With `{a}` to `{d}` for series and `{w}` for the window.
    let text: String
    /// Nil where the rule says it.
    let category: String?
    /// One a window; one for a formula without a window.
    let templates: [FactorTemplate]

    /// Throws what is wrong with the text.
    init(_ name: String, category: String?, _ text: String, windows: [Int]) throws(QuantError) {
        var templates: [FactorTemplate] = []
        for window in windows.isEmpty ? [0] : windows { templates.append(try FactorTemplate(text, window: window)) }
        self.name = name
        self.text = text
        self.category = category
        self.templates = templates
    }

    /// Series that it reads.
    var seriesCount: Int { templates[0].seriesCount }
}

/// What makes factors: formulas, windows and transforms over the product of selections of series. A formula of two to
/// four series joins as many sources.
struct FactorRule: Sendable {
    /// One formula with a window and a transform.
    struct Variant: Sendable {
        let name: String, category: String, template: FactorTemplate, transform: FactorTransform
        /// Variants of the same number differ in their transform only.
        let base: Int
    }

    let series: [SeriesSelection]
    let variants: [Variant]
    /// Tuples of series, and factors.
    let tuples: Int, count: Int
    private let places: [String: Int]

    /// Formulas, each of as many series as there are selections, with their categories.
    init(
        _ series: [SeriesSelection], _ formulas: [(formula: RuleFormula, category: String)],
        _ transforms: [FactorTransform]
    ) {
        var variants: [Variant] = [], base = 0
        for (formula, category) in formulas {
            for template in formula.templates {
                for transform in transforms {
                    variants.append(Variant(
                        name: "\(formula.name).\(template.window).\(transform.rawValue)", category: category,
                        template: template, transform: transform, base: base))
                }
                base += 1
            }
        }
        self.series = series
        self.variants = variants
        tuples = series.reduce(1) { $0 * $1.count }
        count = tuples * variants.count
        places = Dictionary(uniqueKeysWithValues: variants.enumerated().map { ($1.name, $0) })
    }

    /// The series of a tuple.
    func fields(_ tuple: Int) -> [SeriesField] {
        var rest = tuple, fields: [SeriesField] = []
        for selection in series.reversed() {
            fields.append(selection[rest % selection.count])
            rest /= selection.count
        }
        return fields.reversed()
    }

    /// The number of a factor within the rule, by the parts of its id.
    func place(_ variant: String, _ fields: [[Substring]]) -> Int? {
        guard let variant = places[variant], fields.count == series.count else { return nil }
        var tuple = 0
        for (selection, names) in zip(series, fields) {
            guard let place = selection.place(names) else { return nil }
            tuple = tuple * selection.count + place
        }
        return tuple * variants.count + variant
    }

    /// The id of a factor that another rule makes too; nil where there is none.
    func shared(with other: FactorRule) -> String? {
        guard series.map(\.origin) == other.series.map(\.origin),
              let variant = variants.first(where: { other.places[$0.name] != nil }) else { return nil }
        let fields = zip(series, other.series).compactMap { $0.shared(with: $1)?.text }
        return fields.count == series.count ? variant.name + "@" + fields.joined(separator: "~") : nil
    }
}
