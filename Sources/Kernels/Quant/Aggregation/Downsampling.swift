/// Fewer points that look like all: largest triangle three buckets (Steinarsson 2013).
public enum Downsampling {
    /// Places of `limit` points, rising: the first, the last, and of each of limit − 2 stretches between them the point
    /// that spans the largest triangle with the one chosen before and the mean of the stretch after. All places where
    /// there are no more than `limit`; a value that is NaN is never chosen between the ends.
    ///
    /// - Precondition: `limit` of at least 2; both columns as long.
    public static func largestTriangles(_ times: [Int64], _ values: [Double], limit: Int) -> [Int] {
        precondition(limit >= 2 && times.count == values.count, "two columns of one length, and two points at least")
        let count = values.count
        guard count > limit else { return Array(0..<count) }
        guard limit > 2 else { return [0, count - 1] }
        var chosen = [0]
        chosen.reserveCapacity(limit)
        let origin = times[0], stretch = Double(count - 2) / Double(limit - 2)
        func edge(_ index: Int) -> Int { min(count - 1, 1 + Int(Double(index) * stretch)) }
        func x(_ row: Int) -> Double { TimeSpan.nanoseconds(from: origin, to: times[row]) }
        for index in 0..<(limit - 2) {
            let own = edge(index)..<max(edge(index) + 1, edge(index + 1))
            let after = own.upperBound..<max(own.upperBound + 1, edge(index + 2))
            let (meanX, meanY) = mean(times, values, after.clamped(to: 0..<count), origin)
            let last = chosen[chosen.count - 1]
            let before = values[last] == values[last] ? values[last] : meanY
            var best = own.lowerBound, largest = -1.0
            for row in own {
                let area = ((x(last) - meanX) * (values[row] - before) - (x(last) - x(row)) * (meanY - before)).magnitude
                if area > largest { (best, largest) = (row, area) }
            }
            chosen.append(best)
        }
        chosen.append(count - 1)
        return chosen
    }

    private static func mean(
        _ times: [Int64], _ values: [Double], _ range: Range<Int>, _ origin: Int64
    ) -> (x: Double, y: Double) {
        var x = 0.0, y = 0.0, count = 0.0
        for row in range where values[row] == values[row] {
            x += TimeSpan.nanoseconds(from: origin, to: times[row])
            y += values[row]
            count += 1
        }
        let first = TimeSpan.nanoseconds(from: origin, to: times[range.lowerBound])
        return count == 0 ? (first, 0) : (x / count, y / count)
    }
}
