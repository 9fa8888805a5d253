import HTTP
import Quant

/// Looks up what a rule file names and makes its rules. Every fault is gathered with its JSON pointer.
struct RuleBuilder {
    /// Most factors of a user's file, and rows of a window.
    static let factorLimit = 5_000_000, windowLimit = 10_000

    private(set) var book: RuleBook
    private(set) var errors: [FieldError] = []
    /// Whether the file is a user's, which may change nothing that is built in.
    private let isOwn: Bool
    private var made = 0

    init(_ book: RuleBook, isOwn: Bool) {
        self.book = book
        self.isOwn = isOwn
    }

    mutating func add(_ document: RuleDocument) {
        let builtIn = Set(book.formulas.map(\.formula.name)), sets = Set(book.formulas.map(\.set))
        for (index, list) in document.lists.enumerated() { add(list, "/lists/\(index)") }
        for (index, series) in document.series.enumerated() { addSeries(series, "/series/\(index)") }
        for (index, selection) in document.selections.enumerated() { addSelection(selection, "/selections/\(index)") }
        for (index, formula) in document.formulas.enumerated() {
            let pointer = "/formulas/\(index)"
            if builtIn.contains(formula.name) {
                refuse(pointer + "/name", "\(formula.name) is a built-in formula; choose a name of your own")
            } else if sets.contains(formula.set) {
                refuse(pointer + "/set", "\(formula.set) is a built-in set; choose a name of your own")
            } else {
                add(formula, pointer)
            }
        }
        // A rule over what is wrong would only say so again.
        if !errors.isEmpty { return }
        for (index, rule) in document.rules.enumerated() { add(rule, "/rules/\(index)") }
    }

    private mutating func refuse(_ pointer: String, _ message: String) {
        errors.append(FieldError(pointer: pointer, message: message))
    }

    private mutating func refuseUnknown(_ pointer: String, _ kind: String, _ name: String, among known: [String]) {
        let near = NearestFactor.find(name, among: known).map { "; did you mean '\($0)'?" } ?? ""
        refuse(pointer, "there is no \(kind) '\(name)'\(near)")
    }

    /// Whether a name may stand in ids; refuses it where not.
    private mutating func isName(_ name: String, _ pointer: String) -> Bool {
        let isGood = !name.isEmpty && name.utf8.allSatisfy {
            $0 == UInt8(ascii: "_") || (48...57).contains($0) || (97...122).contains($0)
        }
        if !isGood { refuse(pointer, "'\(name)' must be of a-z, 0-9 and _") }
        return isGood
    }

    // MARK: Names

    /// The names that words stand for; a list in place of `@list`.
    private mutating func names(_ words: String, _ pointer: String) -> [String] {
        var names: [String] = [], seen: Set<String> = []
        for word in words.split(separator: " ") {
            var found = [String(word)]
            if word.hasPrefix("@") {
                let name = String(word.dropFirst())
                guard let list = book.lists[name] else {
                    refuseUnknown(pointer, "list", name, among: Array(book.lists.keys))
                    continue
                }
                found = list
            }
            for name in found where isName(name, pointer) {
                if seen.insert(name).inserted { names.append(name) } else { refuse(pointer, "\(name) comes twice") }
            }
        }
        if names.isEmpty { refuse(pointer, "must have at least one name") }
        return names
    }

    private mutating func add(_ list: RuleDocument.List, _ pointer: String) {
        guard isName(list.name, pointer + "/name") else { return }
        guard book.lists[list.name] == nil else { return refuse(pointer + "/name", "\(list.name) is there already") }
        book.lists[list.name] = names(list.words.joined(separator: " "), pointer + "/words")
    }

    private mutating func origin(_ name: String, _ pointer: String) -> SeriesOrigin? {
        if let origin = SeriesOrigin(name: name) { return origin }
        refuseUnknown(pointer, "source", name, among: SeriesOrigin.all.map(\.name))
        return nil
    }

    private mutating func addSeries(_ series: RuleDocument.Series, _ pointer: String) {
        guard let origin = origin(series.source, pointer + "/source") else { return }
        guard book.axes[origin] == nil else {
            return refuse(pointer + "/source", "the series of \(series.source) are there already")
        }
        book.axes[origin] = series.axes.enumerated().map { names($1, "\(pointer)/axes/\($0)") }
    }

    private mutating func addSelection(_ selection: RuleDocument.Series, _ pointer: String) {
        let name = selection.name ?? ""
        guard isName(name, pointer + "/name"),
              let origin = origin(selection.source, pointer + "/source") else { return }
        guard book.selections[name] == nil, SeriesOrigin(name: name) == nil else {
            return refuse(pointer + "/name", "\(name) is there already")
        }
        let whole = book.axes[origin] ?? []
        guard selection.axes.count == whole.count else {
            return refuse(pointer + "/axes", "series of \(origin.name) are named along \(whole.count) axes")
        }
        var axes: [[String]] = []
        for (axis, words) in selection.axes.enumerated() {
            let place = "\(pointer)/axes/\(axis)", found = names(words, place), known = Set(whole[axis])
            for name in found where !known.contains(name) {
                refuseUnknown(place, "series of \(origin.name)", name, among: whole[axis])
            }
            axes.append(found)
        }
        book.selections[name] = SeriesSelection(origin, axes)
    }

    // MARK: Formulas

    private mutating func add(_ formula: RuleDocument.Formula, _ pointer: String) {
        guard isName(formula.set, pointer + "/set"), isName(formula.name, pointer + "/name") else { return }
        if book.formulas.contains(where: { $0.set == formula.set && $0.formula.name == formula.name }) {
            return refuse(pointer + "/name", "\(formula.name) is in the set \(formula.set) already")
        }
        var windows: [Int] = []
        for (index, window) in formula.windows.enumerated() {
            guard let whole = Int(exactly: window), (1...Self.windowLimit).contains(whole),
                  !windows.contains(whole) else {
                refuse("\(pointer)/windows/\(index)", "must be a whole number from 1 to \(Self.windowLimit) that "
                    + "does not come twice")
                continue
            }
            windows.append(whole)
        }
        if formula.text.contains("{w}") == formula.windows.isEmpty {
            return refuse(pointer + "/windows", formula.windows.isEmpty ? "the formula has {w} and no windows"
                : "the formula has windows and no {w}")
        }
        guard windows.count == formula.windows.count else { return }
        do throws(QuantError) {
            let compiled = try RuleFormula(formula.name, category: formula.category, formula.text, windows: windows)
            let alike = book.formulas.lazy.map(\.formula).first {
                $0.name == compiled.name && $0.seriesCount == compiled.seriesCount && $0.text != compiled.text
            }
            if let alike { return refuse(pointer + "/text", "\(alike.name) is \(alike.text) already") }
            book.formulas.append((formula.set, compiled))
        } catch {
            refuse(pointer + "/text", error.explanation)
        }
    }

    // MARK: Rules

    private mutating func add(_ rule: RuleDocument.Rule, _ pointer: String) {
        let before = errors.count
        let series = rule.series.enumerated().compactMap { selection($1, "\(pointer)/series/\($0)") }
        if !(1...FactorTemplate.seriesLimit).contains(rule.series.count) {
            refuse(pointer + "/series", "must be 1 to \(FactorTemplate.seriesLimit) selections")
        }
        var formulas: [(formula: RuleFormula, category: String)] = []
        if rule.formulas.isEmpty { refuse(pointer + "/formulas", "must name at least one set") }
        for (index, name) in rule.formulas.enumerated() {
            let place = "\(pointer)/formulas/\(index)"
            for formula in self.formulas(name, place) {
                if formula.seriesCount != rule.series.count {
                    refuse(place, "\(formula.name) reads \(formula.seriesCount) series, the rule has "
                        + "\(rule.series.count)")
                } else if formulas.contains(where: { $0.formula.name == formula.name }) {
                    refuse(place, "\(formula.name) comes twice")
                } else if let category = formula.category ?? rule.category {
                    formulas.append((formula, category))
                } else {
                    refuse(place, "neither \(formula.name) nor the rule has a category")
                }
            }
        }
        var transforms: [FactorTransform] = []
        for (index, name) in rule.transforms.enumerated() {
            guard let transform = FactorTransform(rawValue: name), !transforms.contains(transform) else {
                refuse("\(pointer)/transforms/\(index)", "must be one of "
                    + FactorTransform.allCases.map(\.rawValue).joined(separator: ", ") + ", each once")
                continue
            }
            transforms.append(transform)
        }
        if errors.count == before { make(series, formulas, transforms.isEmpty ? [.raw] : transforms, pointer) }
    }

    private mutating func selection(_ name: String, _ pointer: String) -> SeriesSelection? {
        if let selection = book.selections[name] { return selection }
        if let origin = SeriesOrigin(name: name), let axes = book.axes[origin] { return SeriesSelection(origin, axes) }
        let known = Array(book.selections.keys) + SeriesOrigin.all.map(\.name)
        refuseUnknown(pointer, "selection or source", name, among: known)
        return nil
    }

    /// The formulas of a set, or one of it.
    private mutating func formulas(_ name: String, _ pointer: String) -> [RuleFormula] {
        let parts = name.split(separator: ".", maxSplits: 1)
        let found = book.formulas.filter { item in
            item.set == parts.first.map(String.init) ?? "" && (parts.count == 1 || item.formula.name == parts[1])
        }
        if found.isEmpty {
            let known = Set(book.formulas.map(\.set)).union(book.formulas.map { "\($0.set).\($0.formula.name)" })
            refuseUnknown(pointer, "set of formulas", name, among: known.sorted())
        }
        return found.map(\.formula)
    }

    private mutating func make(
        _ series: [SeriesSelection], _ formulas: [(formula: RuleFormula, category: String)],
        _ transforms: [FactorTransform], _ pointer: String
    ) {
        let variants = formulas.reduce(0) { $0 + $1.formula.templates.count } * transforms.count
        // As a product of doubles: four whole sources have more tuples than an integer counts.
        let count = series.reduce(Double(variants)) { $0 * Double($1.count) }
        if isOwn, Double(made) + count > Double(Self.factorLimit) {
            return refuse(pointer, "makes \(Int(min(count, 1e18))) factors; a file may make \(Self.factorLimit)")
        }
        let rule = FactorRule(series, formulas, transforms)
        if isOwn {
            for other in book.rules {
                if let id = rule.shared(with: other) { return refuse(pointer, "makes \(id), which is there already") }
            }
        }
        made += rule.count
        book.rules.append(rule)
    }
}
