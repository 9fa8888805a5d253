/// The values in order, as far as the two tails need them: Hoare's selection, then a sort of each tail.
struct OrderStatistics {
    /// Sorted below `low` and from `high` on; in between merely not outside.
    private(set) var values: [Double]

    /// Orders the `low` smallest and the values from index `high` on.
    init(_ values: [Double], low: Int, high: Int) {
        self.values = values
        let count = values.count
        self.values.withUnsafeMutableBufferPointer { buffer in
            let first = min(max(low, 0), count)
            let second = max(min(high, count), first)
            if first > 0, first < count { Self.select(buffer, from: 0, to: count - 1, rank: first - 1) }
            if second > first, second < count { Self.select(buffer, from: first, to: count - 1, rank: second) }
            buffer[0..<first].sort()
            buffer[second..<count].sort()
        }
    }

    /// Quantile with linear interpolation, numpy's default; `fraction` must lie in an ordered tail.
    func linear(_ fraction: Double) -> Double { Percentile.linear(values, fraction) }

    /// Moves the value of a rank to its place, the smaller ones before it and the larger ones after.
    private static func select(_ buffer: UnsafeMutableBufferPointer<Double>, from: Int, to: Int, rank: Int) {
        var left = from
        var right = to
        while left < right {
            let pivot = median(buffer[left], buffer[(left + right) / 2], buffer[right])
            var i = left
            var j = right
            while i <= j {
                while buffer[i] < pivot { i += 1 }
                while buffer[j] > pivot { j -= 1 }
                if i <= j {
                    buffer.swapAt(i, j)
                    i += 1
                    j -= 1
                }
            }
            if j < rank { left = i }
            if rank < i { right = j }
        }
    }

    private static func median(_ a: Double, _ b: Double, _ c: Double) -> Double {
        max(min(a, b), min(max(a, b), c))
    }
}
