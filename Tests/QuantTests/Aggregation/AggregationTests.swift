import Quant
import Testing

@Suite struct AggregationTests {
    /// Values of both signs over twelve orders of magnitude, with zeros among them.
    private func wide(_ count: Int, seed: UInt64) -> [Double] {
        var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
        func draw() -> Double {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return Double(state >> 11) / Double(1 << 53)
        }
        return (0..<count).map { index in
            if index % 17 == 0 { return 0 }
            var value = draw() + 0.1
            for _ in 0..<Int(draw() * 12) { value *= 10 }
            return draw() < 0.4 ? -value : value
        }
    }

    @Test(arguments: [1, 2, 7, 1000, 20_000] as [Int]) func quantilesAreWithinTheAccuracy(count: Int) {
        let values = wide(count, seed: UInt64(count)), sorted = values.sorted()
        var sketch = QuantileSketch(accuracy: 0.01)
        for value in values { sketch.insert(value) }
        for q in [0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1] {
            let exact = sorted[Int(q * Double(count - 1))]
            #expect((sketch.quantile(q) - exact).magnitude <= 0.0100001 * exact.magnitude)
        }
    }

    /// No quantile lies outside of the values, and few values are not estimated at all.
    @Test func quantilesStayAmongTheValues() {
        for (values, median, p95) in [
            ([10.2], 10.2, 10.2), ([10, 20], 15, 19.5), ([-3, -2, -1], -2, -1.1), ([0, 0], 0, 0),
            ([4, 1, 3, 2], 2.5, 3.85),
        ] as [([Double], Double, Double)] {
            #expect((BucketFunction.p95.value(values[0...]) - p95).magnitude < 1e-12)
            #expect(BucketFunction.median.value(values[0...]) == median)
            var sketch = QuantileSketch()
            for value in values { sketch.insert(value) }
            for q in [0, 0.05, 0.5, 0.95, 1] {
                let answer = sketch.quantile(q)
                #expect(answer >= values.min()! && answer <= values.max()!, "\(q) of \(values)")
            }
        }
        for count in [BucketFunction.exactCount, BucketFunction.exactCount + 1] {
            let values = wide(count, seed: 5), sorted = values.sorted(), middle = (count - 1) / 2
            let exact = count % 2 == 1 ? sorted[middle] : (sorted[middle] + sorted[middle + 1]) / 2
            let error = (BucketFunction.median.value(values[0...]) - exact).magnitude
            #expect(error <= (count > BucketFunction.exactCount ? 0.0100001 * exact.magnitude : 0))
        }
    }

    @Test func sketchesOfPartsMergeIntoThatOfTheWhole() {
        let values = wide(5000, seed: 3)
        var whole = QuantileSketch(), merged = QuantileSketch(), part = QuantileSketch()
        for (index, value) in values.enumerated() {
            whole.insert(value)
            part.insert(value)
            if index % 777 == 776 {
                merged.merge(part)
                part = QuantileSketch()
            }
        }
        merged.merge(part)
        #expect(merged == whole)
        #expect(QuantileSketch().quantile(0.5).isNaN)
    }

    @Test func bucketsCountFromTheEpochAndEmptyOnesAreLeftOut() {
        let buckets = TimeBuckets([-11, -10, -1, 0, 9, 30, 31], length: 10)
        #expect(buckets.starts == [-20, -10, 0, 30])
        #expect(buckets.ranges == [0..<1, 1..<3, 3..<5, 5..<7])
        #expect(TimeBuckets([], length: 10).starts.isEmpty)
    }

    @Test func functionsPassOverNulls() {
        let values: [Double] = [.nan, 3, 1, .nan, 2, .nan]
        func value(_ function: BucketFunction) -> Double { function.value(values[0...]) }
        #expect(value(.first) == 3 && value(.last) == 2 && value(.min) == 1 && value(.max) == 3)
        #expect(value(.sum) == 6 && value(.mean) == 2 && value(.stddev) == 1 && value(.count) == 3)
        #expect((value(.median) - 2).magnitude <= 0.02)
        let none: [Double] = [.nan]
        #expect(BucketFunction.count.value(none[0...]) == 0)
        #expect(BucketFunction.allCases.filter { $0 != .count }.allSatisfy { $0.value(none[0...]).isNaN })
    }

    /// Sums and counts of the buckets are those of the whole, whatever the buckets' length.
    @Test func partsSumToTheWhole() {
        let values = wide(1000, seed: 9).map { ($0 * 1000).rounded(.towardZero).remainder(dividingBy: 4096) }
        let times = (0..<1000).map { Int64($0 * $0) }
        for length in [1, 7, 1000, 100_000, 1 << 40] as [Int64] {
            let buckets = TimeBuckets(times, length: length)
            #expect(buckets.ranges.reduce(0.0) { $0 + BucketFunction.sum.value(values[$1]) } == values.reduce(0, +))
            #expect(buckets.ranges.reduce(0) { $0 + $1.count } == 1000)
        }
    }

    @Test func fewerPointsKeepTheEndsAndThePeaks() {
        let times = (0..<1000).map { Int64($0) * 1_000_000_000 }
        var values = times.map { Double($0 / 1_000_000_000) * 0.001 }
        values[417] = 50
        values[600] = -50
        values[10] = .nan
        let kept = Downsampling.largestTriangles(times, values, limit: 50)
        #expect(kept.count == 50 && kept.first == 0 && kept.last == 999)
        #expect(kept.contains(417) && kept.contains(600) && !kept.contains(10))
        #expect(zip(kept, kept.dropFirst()).allSatisfy { $0 < $1 })
        #expect(Downsampling.largestTriangles(times, values, limit: 2) == [0, 999])
        #expect(Downsampling.largestTriangles(Array(times.prefix(3)), [1, 2, 3], limit: 5) == [0, 1, 2])
        for limit in 3...999 {
            let kept = Downsampling.largestTriangles(times, values, limit: limit)
            #expect(kept.count == limit && zip(kept, kept.dropFirst()).allSatisfy { $0 < $1 })
        }
    }
}
