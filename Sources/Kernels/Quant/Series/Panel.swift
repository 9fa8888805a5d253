/// Bars of several instruments on one time axis: the union of their times, NaN where an instrument has no bar.
public struct Panel: Sendable {
    /// Labels of the instruments, in the order of every answer.
    public let symbols: [String]
    /// Times in epoch nanoseconds, strictly rising.
    public let ts: [Int64]
    /// Bars of each instrument on `ts`.
    public let bars: [Bars]
    /// For each grouping that was given, the number of each instrument's group; -1 where it has none.
    public let groups: [Grouping: [Int]]

    /// Aligns `series` to the union of their times, in the order given; `groups` names each symbol's group.
    public init(_ series: [(symbol: String, bars: Bars)], groups: [Grouping: [String: String]] = [:]) {
        symbols = series.map(\.symbol)
        self.groups = groups.mapValues { names in Self.numbers(series.map { names[$0.symbol] }) }
        if let first = series.first, series.allSatisfy({ $0.bars.ts == first.bars.ts }) {
            ts = first.bars.ts
            bars = series.map(\.bars)
            return
        }
        let times = Set(series.flatMap(\.bars.ts)).sorted()
        ts = times
        bars = series.map { Self.align($0.bars, to: times) }
    }

    /// Groups numbered in the order they first appear.
    private static func numbers(_ names: [String?]) -> [Int] {
        var known: [String: Int] = [:]
        return names.map { name in
            guard let name else { return -1 }
            if let number = known[name] { return number }
            known[name] = known.count
            return known.count - 1
        }
    }

    private static func align(_ source: Bars, to times: [Int64]) -> Bars {
        var rows = [Int](repeating: -1, count: times.count)
        var row = 0
        for (index, time) in times.enumerated() where row < source.count && source.ts[row] == time {
            rows[index] = row
            row += 1
        }
        func spread(_ column: [Double]) -> [Double] { rows.map { $0 < 0 ? .nan : column[$0] } }
        var aligned = source
        aligned.ts = times
        aligned.open = spread(source.open)
        aligned.high = spread(source.high)
        aligned.low = spread(source.low)
        aligned.close = spread(source.close)
        aligned.volume = spread(source.volume)
        aligned.vwap = source.vwap.map(spread)
        aligned.cap = source.cap.map(spread)
        aligned.fundamentals = source.fundamentals.mapValues(spread)
        return aligned
    }
}
