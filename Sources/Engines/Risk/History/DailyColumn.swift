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

    /// Their closes by day.
    let closes: DailyCloses
    /// Volumes of all bars, oldest first; NaN where none is stored.
    let volumes: [Double]

    /// The closes take the place of equal days, where these are.
    init(_ bars: BarColumns, sharing days: [Int64] = []) {
        closes = DailyCloses(bars).sharing(days)
        volumes = bars.volume
    }

    /// The mean volume of the newest so many bars that have one.
    func meanVolume(of count: Int) -> MeanVolume { MeanVolume(of: count, in: volumes) }
}
