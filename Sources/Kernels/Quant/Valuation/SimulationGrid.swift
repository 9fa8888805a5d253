/// Points of time that paths go through: even ones, which the profile tells, and every start of a floating period.
/// Starts within 1e-9 of a year of an even point or of each other are one point.
struct SimulationGrid: Sendable {
    /// Years, rising from 0.
    let times: [Double]
    /// Places in `times` of the even points.
    let reported: [Int]
    /// The place in `times` of each start.
    let starts: [Int]

    /// `starts` rise.
    init(until end: Double, steps: Int, starts: [Double]) {
        let even = (0...steps).map { end * Double($0) / Double(steps) }
        // Of each start: the even point that it is, or the number of the point between that it makes.
        var extra: [Double] = [], own: [(isEven: Bool, place: Int)] = []
        var next = 0
        for start in starts {
            while next + 1 < even.count, even[next + 1] <= start { next += 1 }
            let near = next + 1 < even.count && even[next + 1] - start < abs(start - even[next]) ? next + 1 : next
            if abs(even[near] - start) < 1e-9 {
                own.append((true, near))
            } else {
                if extra.last.map({ start - $0 >= 1e-9 }) ?? true { extra.append(start) }
                own.append((false, extra.count - 1))
            }
        }
        var times: [Double] = [], reported: [Int] = [], between: [Int] = []
        var place = 0
        for time in even {
            while place < extra.count, extra[place] < time {
                between.append(times.count)
                times.append(extra[place])
                place += 1
            }
            reported.append(times.count)
            times.append(time)
        }
        for time in extra[place...] {
            between.append(times.count)
            times.append(time)
        }
        self.times = times
        self.reported = reported
        self.starts = own.map { $0.isEven ? reported[$0.place] : between[$0.place] }
    }
}
