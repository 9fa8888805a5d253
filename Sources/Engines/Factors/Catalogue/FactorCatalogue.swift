import Numerics
import Quant

/// Every factor: the alphas, then what the rules make. Nothing but rules is held; a factor is made of its number when
/// it is asked for, and found by its id without a search.
///
/// The id of a made factor is `formula.window.transform@series~series`, such as
/// `zscore.63.raw@trading_economics.de.inflation`: it says what the factor is, so that it stays the same whatever
/// rules are added. Numbers are places in this version's order and are never stored.
struct FactorCatalogue: Sendable {
    /// The rules of this version, and those of a file of the user's.
    static let standard = FactorCatalogue(FactorRuleFile.rules())

    /// A factor that a rule makes.
    struct Made: Sendable {
        let rule: Int, tuple: Int, variant: Int
    }

    let rules: [FactorRule]
    /// The alphas, by number.
    let alphas = AlphaCatalog.all
    /// Factors in all.
    let count: Int
    private let starts: [Int]
    private let byOrigins: [[SeriesOrigin]: [Int]]
    private let alphaPlaces: [String: Int]

    init(_ rules: [FactorRule]) {
        self.rules = rules
        var starts: [Int] = [], next = alphas.count
        var byOrigins: [[SeriesOrigin]: [Int]] = [:]
        for (index, rule) in rules.enumerated() {
            starts.append(next)
            next += rule.count
            byOrigins[rule.series.map(\.origin), default: []].append(index)
        }
        self.starts = starts
        self.byOrigins = byOrigins
        count = next
        alphaPlaces = Dictionary(uniqueKeysWithValues: alphas.enumerated().map { ($1.id, $0) })
    }

    /// Numbers of a rule's factors.
    func numbers(of rule: Int) -> Range<Int> { starts[rule]..<starts[rule] + rules[rule].count }

    /// What a number is made of; nil for an alpha.
    func made(_ number: Int) -> Made? {
        guard number >= alphas.count else { return nil }
        let rule = starts.firstPlace { $0 > number } - 1
        let place = number - starts[rule], width = rules[rule].variants.count
        return Made(rule: rule, tuple: place / width, variant: place % width)
    }

    /// The factor of a number.
    subscript(number: Int) -> CatalogueFactor {
        guard let made = made(number) else { return CatalogueFactor(alphas[number]) }
        let rule = rules[made.rule]
        return CatalogueFactor(rule.variants[made.variant], rule.fields(made.tuple))
    }

    /// The series of a number; nil for an alpha.
    func fields(_ number: Int) -> [SeriesField]? { made(number).map { rules[$0.rule].fields($0.tuple) } }

    /// The number of an id; nil where there is no such factor.
    func number(_ id: String) -> Int? {
        if let alpha = alphaPlaces[id] { return alpha }
        // Over bytes: a job names as many as 200,000.
        guard let mark = id.utf8.firstIndex(of: UInt8(ascii: "@")) else { return nil }
        var origins: [SeriesOrigin] = [], fields: [[Substring]] = []
        for series in Self.parts(id[id.utf8.index(after: mark)...], UInt8(ascii: "~")) {
            let names = Self.parts(series, UInt8(ascii: "."))
            guard fields.count < FactorTemplate.seriesLimit, let origin = SeriesOrigin(name: names[0]) else { return nil }
            origins.append(origin)
            fields.append(Array(names.dropFirst()))
        }
        let variant = String(id[..<mark])
        for rule in byOrigins[origins] ?? [] {
            if let place = rules[rule].place(variant, fields) { return starts[rule] + place }
        }
        return nil
    }

    private static func parts(_ text: Substring, _ separator: UInt8) -> [Substring] {
        text.utf8.split(separator: separator, omittingEmptySubsequences: false).map { Substring($0) }
    }

    /// The expression of a factor that is made by rules.
    func expression(_ made: Made) -> String {
        let variant = rules[made.rule].variants[made.variant], fields = rules[made.rule].fields(made.tuple)
        return variant.transform.expression(variant.template.expression(fields.map(\.expression)))
    }

    /// The id most like one that there is not, found part by part.
    func nearest(_ id: String) -> String? {
        let parts = id.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2 else { return NearestFactor.find(id, among: alphas.map(\.id)) }
        let series = parts[1].split(separator: "~").map { $0.split(separator: ".").map(String.init) }
        let origins = series.map { names in
            NearestFactor.find(names.first ?? "", among: SeriesOrigin.all.map(\.name)).flatMap { SeriesOrigin(name: $0) }
        }
        for rule in byOrigins[origins.compactMap { $0 }] ?? [] {
            let rule = rules[rule]
            guard let variant = NearestFactor.find(parts[0], among: rule.variants.map(\.name)) else { continue }
            let found = zip(rule.series, series).compactMap { $0.nearest(Array($1.dropFirst()))?.text }
            if found.count == rule.series.count { return variant + "@" + found.joined(separator: "~") }
        }
        return nil
    }

    /// How many factors `has` says that the series are there for; asked once a tuple of the origins given.
    func computable(_ origins: Set<SeriesOrigin>, _ has: ([SeriesField]) -> Bool) -> Int {
        rules.reduce(0) { total, rule in
            guard rule.series.allSatisfy({ origins.contains($0.origin) }) else { return total }
            return total + (0..<rule.tuples).count { has(rule.fields($0)) } * rule.variants.count
        }
    }

    /// Factors that read this origin.
    func count(of origin: SeriesOrigin) -> Int {
        rules.reduce(0) { $0 + ($1.series.contains { $0.origin == origin } ? $1.count : 0) }
    }
}

/// A factor as the catalogue tells it.
struct CatalogueFactor: Sendable {
    let id: String, expression: String, category: String, frequency: String
    /// Names of the origins, or for an alpha where it was published.
    let sources: [String]
    /// `alpha101`, or the first origin.
    let source: String
    /// Series of a made factor.
    let fields: [SeriesField]

    init(_ alpha: Alpha) {
        id = alpha.id
        expression = alpha.expression
        category = alpha.category
        frequency = alpha.frequency
        sources = alpha.sources
        source = FactorSource.builtIn
        fields = []
    }

    init(_ variant: FactorRule.Variant, _ fields: [SeriesField]) {
        id = variant.name + "@" + fields.map(\.text).joined(separator: "~")
        expression = variant.transform.expression(variant.template.expression(fields.map(\.expression)))
        category = variant.category
        frequency = "1d"
        var origins: [String] = []
        for field in fields where !origins.contains(field.origin.name) { origins.append(field.origin.name) }
        sources = origins
        source = origins[0]
        self.fields = fields
    }
}
