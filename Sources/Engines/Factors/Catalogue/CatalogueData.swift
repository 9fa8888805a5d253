import Quant
import Runtime

/// Series on the rows of one panel, for factors of the catalogue.
struct CatalogueData: Sendable {
    let instruments: Int, rows: Int
    let columns: [SeriesField: FactorColumns]

    init(instruments: Int, rows: Int, columns: [SeriesField: FactorColumns]) {
        self.instruments = instruments
        self.rows = rows
        self.columns = columns
    }

    /// The columns of bars and of the facts with them, with no more rows than the longest look-back before `row` needs.
    init(_ panel: Panel, upTo row: Int, lookBack: Int) {
        let first = max(0, row - lookBack - 1), range = first..<min(panel.ts.count, row + 1)
        let bars = panel.bars.map { $0.rows(range) }
        var columns: [SeriesField: FactorColumns] = [:]
        for name in SeriesOrigin.barColumns {
            let values = bars.map { bars in
                Column(rawValue: name).map(bars.values) ?? (try? Expression.parse(name))?.evaluate(bars)
                    ?? [Double](repeating: .nan, count: bars.count)
            }
            let column = FactorColumns.each(values)
            if column.hasValues { columns[SeriesField(origin: .bars, names: [name])] = column }
        }
        for made in bars.reduce(into: Set<Column>(), { $0.formUnion($1.fundamentals.keys) }) {
            let column = FactorColumns.each(bars.map { $0.values(made) })
            if column.hasValues { columns[SeriesField(origin: .facts, names: [made.rawValue])] = column }
        }
        self.init(instruments: panel.symbols.count, rows: range.count, columns: columns)
    }

    /// Whether every series of a factor is there.
    func has(_ fields: [SeriesField]) -> Bool { fields.allSatisfy { columns[$0] != nil } }

    /// Values of the variants asked for over one tuple of series at the newest row, an array an instrument each. The
    /// formula is read once for all its transforms. A series that is not there gives nulls.
    func values(_ rule: FactorRule, tuple: Int, variants: Range<Int>) -> [[Double]] {
        let found = rule.fields(tuple).compactMap { columns[$0] }
        guard found.count == rule.series.count else {
            return variants.map { _ in [Double](repeating: .nan, count: instruments) }
        }
        var base = -1, values: [Double] = []
        return variants.map { index in
            let variant = rule.variants[index]
            if variant.base != base {
                base = variant.base
                values = variant.template.values(found, instruments: instruments, row: rows - 1)
            }
            return variant.transform.apply(values)
        }
    }

    /// What formulas gave before a transform, by rule, tuple of series and base.
    struct Bases {
        fileprivate struct Key: Hashable { let rule: Int, tuple: Int, base: Int }
        fileprivate var values: [Key: [Double]] = [:]
    }

    /// Values of one factor at the newest row; a formula is read once for all its transforms that follow.
    func values(_ rule: FactorRule, _ made: FactorCatalogue.Made, _ bases: inout Bases) -> [Double] {
        let variant = rule.variants[made.variant]
        let key = Bases.Key(rule: made.rule, tuple: made.tuple, base: variant.base)
        if let known = bases.values[key] { return variant.transform.apply(known) }
        let found = rule.fields(made.tuple).compactMap { columns[$0] }
        let values = found.count == rule.series.count
            ? variant.template.values(found, instruments: instruments, row: rows - 1)
            : [Double](repeating: .nan, count: instruments)
        bases.values[key] = values
        return variant.transform.apply(values)
    }

    /// Values of consecutive factors of the catalogue, in order, at the newest row. Alphas are not made by rules and
    /// give nulls here.
    func values(_ catalogue: FactorCatalogue, _ numbers: Range<Int>) -> [[Double]] {
        var out: [[Double]] = [], number = numbers.lowerBound
        out.reserveCapacity(numbers.count)
        while number < numbers.upperBound {
            guard let made = catalogue.made(number) else {
                out.append([Double](repeating: .nan, count: instruments))
                number += 1
                continue
            }
            let rule = catalogue.rules[made.rule]
            let end = min(rule.variants.count, made.variant + numbers.upperBound - number)
            out += values(rule, tuple: made.tuple, variants: made.variant..<end)
            number += end - made.variant
        }
        return out
    }
}

extension Bars {
    /// Some rows of the bars.
    func rows(_ range: Range<Int>) -> Bars {
        var part = self
        part.ts = Array(ts[range])
        part.open = Array(open[range])
        part.high = Array(high[range])
        part.low = Array(low[range])
        part.close = Array(close[range])
        part.volume = Array(volume[range])
        part.vwap = vwap.map { Array($0[range]) }
        part.cap = cap.map { Array($0[range]) }
        part.fundamentals = fundamentals.mapValues { Array($0[range]) }
        return part
    }
}

/// Work in parts over the processors, put together in order: the same whatever their number.
func inParallel<Part: Sendable>(
    _ parts: Int, _ work: @escaping @Sendable (Int) -> Part
) async -> [Part] {
    await withTaskGroup(of: (Int, Part).self) { group in
        var found = [Part?](repeating: nil, count: parts)
        for part in 0..<parts {
            group.addTask(executorPreference: globalConcurrentExecutor) { (part, work(part)) }
        }
        for await (part, value) in group { found[part] = value }
        return found.compactMap { $0 }
    }
}
