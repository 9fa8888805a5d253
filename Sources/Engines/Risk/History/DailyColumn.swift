import EngineKit
import Market

/// The mean volume of an instrument's newest stored daily bars.
struct MeanVolume: Sendable, Equatable {
    /// Bars of a mean where a limit does not say otherwise: 20 trading days.
    static let usualDays = 20

    /// How many bars the mean is of, and how many with a volume are stored, at most those that were asked for.
    let days: Int, stored: Int
    /// In the unit of quantities, a day; NaN where fewer bars are stored than the mean is of.
    let mean: Double

    init(days: Int, stored: Int, mean: Double) {
        self.days = days
        self.stored = stored
        self.mean = mean
    }

    /// Of the newest so many volumes that are known; they are in order of time.
    init(of days: Int, in volumes: [Double]) {
        var sum = 0.0, count = 0
        for volume in volumes.reversed() where volume.isFinite && volume >= 0 {
            sum += volume
            count += 1
            if count == days { break }
        }
        self.init(days: days, stored: count, mean: count < days ? .nan : sum / Double(count))
    }
}

/// Stored daily bars of one instrument as limits read them, at most a year of them.
struct DailyColumn: Sendable, Equatable {
    /// Bars asked for: a year's returns.
    static let bars = 253
    /// Closes that two returns take.
    static let closesNeeded = 3

    /// Days since 1970 (UTC), rising, of the bars with a close above zero; and these closes.
    private(set) var days: [Int64] = []
    private(set) var closes: [Double] = []
    /// Simple returns from each of these days to the next.
    private(set) var returns: [Double] = []
    /// Volumes of all bars, oldest first; NaN where none is stored.
    let volumes: [Double]

    init(_ bars: BarColumns) {
        volumes = bars.volume
        for row in 0..<bars.count {
            let close = bars.close[row], day = bars.times[row].flooredQuotient(86_400_000_000_000)
            guard close.isFinite, close > 0 else { continue }
            if days.last == day {
                closes[closes.count - 1] = close
            } else {
                days.append(day)
                closes.append(close)
            }
        }
        returns = zip(closes.dropFirst(), closes).map { $0 / $1 - 1 }
    }

    /// The same with another place for equal days: columns that share it are compared at once.
    func sharing(_ other: [Int64]) -> DailyColumn {
        guard days == other else { return self }
        var column = self
        column.days = other
        return column
    }

    /// The mean volume of the newest so many bars that have one.
    func meanVolume(of count: Int) -> MeanVolume { MeanVolume(of: count, in: volumes) }

    /// Returns between neighbours of other days, oldest first; NaN where a close of one of both is not stored. One fewer
    /// than there are days.
    func returns(between others: [Int64]) -> [Double] {
        if others == days { return returns }
        var found: [Double] = [], place = 0, before = Double.nan
        found.reserveCapacity(others.count)
        for (index, day) in others.enumerated() {
            while place < days.count, days[place] < day { place += 1 }
            let close = place < days.count && days[place] == day ? closes[place] : .nan
            if index > 0 { found.append(close / before - 1) }
            before = close
        }
        return found
    }
}
