import Quant

/// Where a series comes from: stored bars, stored facts of filings, or one of the eight providers.
enum SeriesOrigin: Hashable, Sendable {
    case bars
    /// Figures made of filings at a price, as they were known at the time of a bar.
    case facts
    case provider(FactorSource)

    /// What is stored first, then the providers.
    static let all: [SeriesOrigin] = [.bars, .facts] + FactorSource.allCases.map { .provider($0) }
    /// Those that this version can compute from, where series of them are stored.
    static let stored: Set<SeriesOrigin> = [.bars, .facts]

    /// Series of stored bars, and those made of stored facts: what this version computes from.
    static let barColumns = ["open", "high", "low", "close", "volume", "vwap", "returns"]
    static let factColumns = Fundamentals.definitions.map(\.column.rawValue)

    /// Whether this version can store series of it.
    var isStored: Bool { Self.stored.contains(self) }

    /// As ids and answers name it.
    var name: String {
        switch self {
        case .bars: "bars"
        case .facts: "facts"
        case .provider(let source): source.rawValue
        }
    }

    init?(name: some StringProtocol) {
        guard let found = Self.byName[String(name)] else { return nil }
        self = found
    }

    private static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })

    /// Whether there is a series for each instrument; else all instruments share one.
    var isByInstrument: Bool {
        switch self {
        case .bars, .facts: true
        case .provider(let source):
            [.alphaVantage, .edgar, .yahooFinance, .interactiveBrokers].contains(source)
        }
    }

    /// Names along each axis; a series is named by one of each.
    var axes: [[String]] { RuleBook.builtIn.axes[self] ?? [] }
}

/// One series: `bars.close`, `fred.dgs10`, `trading_economics.de.inflation`.
struct SeriesField: Hashable, Sendable {
    let origin: SeriesOrigin, names: [String]

    /// As it stands in ids.
    var text: String { origin.name + names.map { "." + $0 }.joined() }

    /// As it stands in expressions: what is stored by its name alone.
    var expression: String { origin.isStored ? names[0] : text }

    /// The column that it is, or is made of; nil for a series of a provider.
    var column: Column? {
        guard origin.isStored else { return nil }
        // Returns are made of closes.
        return Column(rawValue: names[0]) ?? .close
    }
}

/// A part of an origin's series: for each axis the names taken. Places in it are numbers from 0, the last axis first.
struct SeriesSelection: Sendable {
    let origin: SeriesOrigin
    private let axes: [[String]]
    private let places: [[String: Int]]
    /// Series in it.
    let count: Int

    /// Every series.
    init(_ origin: SeriesOrigin) { self.init(origin, origin.axes) }

    /// Those of the names given for each axis, none of which comes twice.
    init(_ origin: SeriesOrigin, _ axes: [[String]]) {
        self.origin = origin
        self.axes = axes
        places = self.axes.map { names in Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) }) }
        count = self.axes.reduce(1) { $0 * $1.count }
    }

    /// In words: the origin and which of its series.
    var text: String {
        if axes == origin.axes { return "\(origin.name), all \(count)" }
        let named = axes.map { $0.count <= 8 ? $0.joined(separator: " ") : "\($0.count) of them" }
        return "\(origin.name): " + named.joined(separator: " × ")
    }

    /// The series at a place.
    subscript(place: Int) -> SeriesField {
        var rest = place, names: [String] = []
        for axis in axes.reversed() {
            names.append(axis[rest % axis.count])
            rest /= axis.count
        }
        return SeriesField(origin: origin, names: names.reversed())
    }

    /// The place of a series by the names after its origin; nil where it is not in the selection.
    func place(_ names: [Substring]) -> Int? {
        guard names.count == axes.count else { return nil }
        var place = 0
        for (axis, name) in names.enumerated() {
            guard let found = places[axis][String(name)] else { return nil }
            place = place * axes[axis].count + found
        }
        return place
    }

    /// A series that is in another selection of the same origin too; nil where there is none.
    func shared(with other: SeriesSelection) -> SeriesField? {
        let found = zip(axes, other.places).compactMap { names, others in names.first { others[$0] != nil } }
        return found.count == axes.count ? SeriesField(origin: origin, names: found) : nil
    }

    /// The series whose names are most like these; nil where some name is like none.
    func nearest(_ names: [String]) -> SeriesField? {
        guard names.count == axes.count else { return nil }
        let found = zip(axes, names).compactMap { NearestFactor.find($1, among: $0) }
        return found.count == axes.count ? SeriesField(origin: origin, names: found) : nil
    }
}
