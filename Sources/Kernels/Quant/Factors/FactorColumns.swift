/// One series of a factor on the rows of a panel.
public enum FactorColumns: Sendable {
    /// The same for every instrument: a rate, a price index.
    case shared([Double])
    /// A column for each instrument.
    case each([[Double]])

    /// Whether any value is there.
    public var hasValues: Bool {
        switch self {
        case .shared(let column): column.contains { $0 == $0 }
        case .each(let columns): columns.contains { $0.contains { $0 == $0 } }
        }
    }

    func column(_ instrument: Int) -> [Double] {
        switch self {
        case .shared(let column): column
        case .each(let columns): columns[instrument]
        }
    }

    var isShared: Bool {
        if case .shared = self { true } else { false }
    }
}

extension FactorTemplate {
    /// Values of every instrument at a row, NaN for null. Series that all instruments share are read once.
    public func values(_ series: [FactorColumns], instruments: Int, row: Int) -> [Double] {
        if series.prefix(seriesCount).allSatisfy(\.isShared) {
            return [Double](repeating: value(series.map { $0.column(0) }, row: row), count: instruments)
        }
        return values(instruments: instruments, row: row) { place, instrument in series[place].column(instrument) }
    }
}
