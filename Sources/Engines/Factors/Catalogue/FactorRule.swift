import Quant

/// A formula of a rule with its windows.
struct RuleFormula: Sendable {
    /// Stands in ids; unique among formulas of as many series.
    let name: String
    /// With `{a}` to `{d}` for series and `{w}` for the window.
    let text: String
    let category: String
    /// Empty for a formula without a window.
    let windows: [Int]

    init(_ name: String, _ category: String, _ text: String, _ windows: [Int] = []) {
        self.name = name
        self.category = category
        self.text = text
        self.windows = windows
    }
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

    /// Formulas must parse: a test makes every rule.
    init(_ series: [SeriesSelection], _ formulas: [RuleFormula], _ transforms: [FactorTransform] = [.raw]) {
        var variants: [Variant] = [], base = 0
        for formula in formulas {
            for window in formula.windows.isEmpty ? [0] : formula.windows {
                guard let template = try? FactorTemplate(formula.text, window: window) else {
                    preconditionFailure("the formula \(formula.name) of window \(window) does not compile")
                }
                for transform in transforms {
                    variants.append(Variant(
                        name: "\(formula.name).\(window).\(transform.rawValue)", category: formula.category,
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
}
