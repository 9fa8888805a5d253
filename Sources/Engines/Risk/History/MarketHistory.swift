import EngineKit
import Market
import Quant

/// What of stored daily bars is read for limits.
struct HistoryNeeds: Sendable, Equatable {
    /// Whether returns of what is held are.
    var returns = false
    /// Instruments that betas are measured against.
    var benchmarks: Set<String> = []
    /// How many days volumes are means of.
    var volumeDays: Set<Int> = []

    var isEmpty: Bool { !returns && benchmarks.isEmpty && volumeDays.isEmpty }

    /// Whether nothing is needed beyond these.
    func isCovered(by other: HistoryNeeds) -> Bool {
        (!returns || other.returns) && benchmarks.isSubset(of: other.benchmarks)
            && volumeDays.isSubset(of: other.volumeDays)
    }
}

/// Stored daily bars made ready for limits: returns between the days that all instruments have, those of benchmarks
/// between the same days, and mean volumes. What is missing bears a reason. One that is read is not changed any more, so
/// checks share it.
final class MarketHistory: Sendable {
    /// What it was made for.
    let needs: HistoryNeeds
    /// Simple returns by instrument, of equal lengths, oldest first; of those that are stored.
    let returns: [String: [Double]]
    /// A benchmark's returns over the same days, NaN where it has no bar on one of both.
    let benchmarks: [String: BenchmarkReturns]
    let volumes: [String: [MeanVolume]]
    /// Why something of an instrument is not known.
    let missing: [String: String]
    /// The newest stored day of each instrument that is read, counted from 1970.
    let newestDays: [String: Int64]
    /// An instrument that is not held and has left the others fewer days.
    let narrowedBy: String?

    init(
        needs: HistoryNeeds, returns: [String: [Double]] = [:], benchmarks: [String: BenchmarkReturns] = [:],
        volumes: [String: [MeanVolume]] = [:], missing: [String: String] = [:], newestDays: [String: Int64] = [:],
        narrowedBy: String? = nil
    ) {
        self.needs = needs
        self.returns = returns
        self.benchmarks = benchmarks
        self.volumes = volumes
        self.missing = missing
        self.newestDays = newestDays
        self.narrowedBy = narrowedBy
    }

    /// From the columns of instruments, of a guest that is not held and of benchmarks; `absent` says why there is none
    /// of one.
    convenience init(
        _ needs: HistoryNeeds, symbols held: [String], guest: String? = nil, columns: [String: DailyColumn],
        absent: [String: String] = [:]
    ) {
        let symbols = held + (guest.map { [$0] } ?? [])
        var missing = absent
        for (name, column) in columns where column.closes.days.count < DailyCloses.needed {
            missing[name] = "fewer than \(DailyCloses.needed) daily bars of \(name) are stored"
        }
        let usable = needs.returns ? symbols.compactMap { name in
            columns[name].flatMap { $0.closes.days.count < DailyCloses.needed ? nil : (name: name, column: $0.closes) }
        } : []
        var days = usable.first?.column.days ?? [], returns: [String: [Double]] = [:]
        var narrowedBy: String?
        for (name, column) in usable where column.days != days {
            let before = days.count
            days = DailyCloses.common(days, column.days)
            if name == guest, days.count < before { narrowedBy = guest }
            if days.count < DailyCloses.needed {
                let both = "the stored daily bars of \(usable[0].name) and \(name) share fewer than "
                    + "\(DailyCloses.needed) days with those of the other holdings"
                for each in usable { missing[each.name] = both }
                days = []
                break
            }
        }
        if !days.isEmpty {
            returns.reserveCapacity(usable.count)
            for (name, column) in usable { returns[name] = column.returns(between: days) }
        }
        var benchmarks: [String: BenchmarkReturns] = [:]
        for name in needs.benchmarks where missing[name] == nil {
            guard let column = columns[name] else { continue }
            benchmarks[name] = BenchmarkReturns(column.closes.returns(between: days))
        }
        var volumes: [String: [MeanVolume]] = [:]
        if !needs.volumeDays.isEmpty {
            let windows = needs.volumeDays.sorted()
            for name in symbols { volumes[name] = columns[name].map { column in windows.map { column.meanVolume(of: $0) } } }
        }
        self.init(
            needs: needs, returns: returns, benchmarks: benchmarks, volumes: volumes, missing: missing,
            newestDays: columns.compactMapValues { $0.closes.days.last }, narrowedBy: narrowedBy)
    }

    /// The mean volume of an instrument; NaN where it is not known.
    func volume(of symbol: String, days: Int) -> Double {
        volumes[symbol]?.first { $0.days == days }?.mean ?? .nan
    }

    /// Why a mean volume is not known, in words to be put behind others.
    func reason(ofVolume symbol: String, days: Int) -> String {
        if let found = volumes[symbol]?.first(where: { $0.days == days }) {
            return ": \(found.stored) of its \(days) daily bars with a volume are stored"
        }
        return reason(of: symbol)
    }

    /// Why something of an instrument is not known, in words to be put behind others; empty where nobody knows.
    func reason(of symbol: String) -> String { missing[symbol].map { ": \($0)" } ?? "" }
}
