import Store

/// Longer bars from shorter ones that arrive in rising order: the first open, the highest high, the lowest low, the last
/// close, the sum of volumes. A value that is not there does not count.
struct SeriesFold: Sendable {
    private enum Rule { case first, highest, lowest, last, sum }

    /// The columns that can be folded.
    static let names = ["open", "high", "low", "close", "volume"]
    private let rules: [Rule]
    private let step: Int64
    /// The bars so far; each is at the start of its step.
    private(set) var rows: SeriesColumns

    /// - Parameter names: columns of `SeriesFold.names`, in the order they will arrive.
    init(step: Int64, names: [String]) {
        self.step = step
        let all: [Rule] = [.first, .highest, .lowest, .last, .sum]
        rules = names.map { name in Self.names.firstIndex(of: name).map { all[$0] } ?? .last }
        rows = SeriesColumns(ts: [], names: names, values: names.map { _ in [] })
    }

    /// The start of the step a time lies in.
    static func start(of ts: Int64, step: Int64) -> Int64 {
        let start = ts - ts % step
        return ts % step < 0 ? start - step : start
    }

    mutating func take(_ chunk: borrowing SeriesChunkView) {
        for row in 0..<chunk.count {
            let start = Self.start(of: chunk.ts[row], step: step)
            if rows.ts.last != start {
                rows.ts.append(start)
                for column in rules.indices { rows.values[column].append(.nan) }
            }
            for column in rules.indices { fold(chunk.columns[column][row], column) }
        }
    }

    private mutating func fold(_ value: Double, _ column: Int) {
        if value.isNaN { return }
        let place = rows.ts.count - 1, old = rows.values[column][place]
        rows.values[column][place] = switch rules[column] {
        case _ where old.isNaN: value
        case .first: old
        case .highest: max(old, value)
        case .lowest: min(old, value)
        case .last: value
        case .sum: old + value
        }
    }
}

extension SeriesRollup {
    /// The collections that are kept where the extension is not there: hours from minutes, then days from hours.
    static let kept = [
        SeriesRollup(source: "bars.1m", view: "rollup.1h", step: SeriesSQL.day / 24),
        SeriesRollup(source: "rollup.1h", view: "rollup.1d", step: SeriesSQL.day),
    ]

    /// What is made from a collection; nil for one that nothing is made from.
    static func of(_ collection: String) -> SeriesRollup? { kept.first { $0.source == collection } }
}

extension SeriesSQL {
    /// Ranges that changed since the longer bars were made; a row is deleted once they are.
    static let changes = """
        CREATE TABLE IF NOT EXISTS "~changes" (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, \
        collection TEXT NOT NULL, name TEXT NOT NULL, first BIGINT NOT NULL, last BIGINT NOT NULL)
        """

    static func noteChange(_ key: SeriesKey, first: Int64, last: Int64) -> String {
        """
        INSERT INTO "~changes" (collection, name, first, last) VALUES \
        (\(quote(key.collection)), \(quote(key.name)), \(number(first)), \(number(last)))
        """
    }

    /// One row a series: how far its changes go, and the newest of them.
    static func selectChanges(_ collection: String) -> String {
        """
        SELECT name, min(first), max(last), max(id) FROM "~changes" WHERE collection = \(quote(collection)) \
        GROUP BY name ORDER BY name
        """
    }

    static func deleteChanges(_ key: SeriesKey, to id: Int64) -> String {
        """
        DELETE FROM "~changes" WHERE collection = \(quote(key.collection)) AND name = \(quote(key.name)) \
        AND id <= \(number(id))
        """
    }
}
