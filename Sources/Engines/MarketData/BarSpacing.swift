import Market
import Wire

/// A row that was stored and may be wrong.
struct RowWarning: Sendable, Equatable {
    let line: Int, reason: String
}

/// Bars that are nearer to each other than bars of their length can be: two for one span count twice in whatever is
/// computed from them. They are kept, as only their sender knows which is right.
struct BarSpacing {
    let timeframe: Timeframe

    /// Days of a calendar may be a few hours shorter, as summer time begins or trading ends early; of one UTC day they
    /// are two all the same.
    private static let shortestDay: Int64 = 20 * 3_600_000_000_000

    /// The stored bars that may be too near to new ones: none where the new ones come later.
    func neighbours(first: Int64, last: Int64) -> (from: Timestamp, to: Timestamp) {
        (Timestamp(nanoseconds: first).adding(nanoseconds: -timeframe.nanoseconds),
         Timestamp(nanoseconds: last).adding(nanoseconds: timeframe.nanoseconds))
    }

    /// Warns of rows that are too near to the one before, in the file or stored. Both run forward in time; the line is
    /// that of the later of two rows, or of the one that is new.
    func warnings(_ times: [Int64], lines: [Int], stored: [Int64]) -> [RowWarning] {
        var out: [RowWarning] = [], before: (time: Int64, line: Int?)?, old = 0
        func meet(_ time: Int64, _ line: Int?) {
            if let before, isTooNear(before.time, time), let told = line ?? before.line {
                let other = Timestamp(nanoseconds: line == nil ? time : before.time).iso8601
                out.append(RowWarning(
                    line: told, reason: "less than \(timeframe.rawValue) from the bar of \(other); both are kept"))
            }
            before = (time, line)
        }
        for (time, line) in zip(times, lines) {
            while old < stored.count, stored[old] <= time {
                if stored[old] < time { meet(stored[old], nil) }
                old += 1
            }
            meet(time, line)
        }
        if old < stored.count { meet(stored[old], nil) }
        return out
    }

    private func isTooNear(_ a: Int64, _ b: Int64) -> Bool {
        let apart = Timestamp(nanoseconds: b).nanoseconds(since: Timestamp(nanoseconds: a))
        guard timeframe == .day1 else { return apart < timeframe.nanoseconds }
        let day = timeframe.nanoseconds
        func number(_ time: Int64) -> Int64 { (time >= 0 ? time : time - day + 1) / day }
        return apart < Self.shortestDay || number(a) == number(b)
    }
}
