import Numerics
@testable import Quant
import Testing

@Suite struct CorrelationTests {
    /// Groups of columns around common drivers, with nulls in front or here and there, and some of the other sign.
    private static func columns(_ count: Int, rows: Int, groups: Int, holes: Bool, noise: Double = 0.2) -> [[Double]] {
        let random = Philox(seed: 9)
        return (0..<count).map { index in
            let group = UInt64(index % groups), sign = index % 7 == 3 ? -1.0 : 1
            let width = noise * (0.1 + random.uniforms(UInt64(index), stream: 70_000).x)
            return (0..<rows).map { row in
                if holes, row < (index % 3) * 4 { return .nan }
                if holes, index % 11 == 5, row == index % rows { return .nan }
                return sign * random.normal(UInt64(row), stream: group)
                    + width * random.normal(UInt64(row), stream: 1000 + UInt64(index))
            }
        }
    }

    /// The definition, pair by pair.
    private static func naive(_ columns: [[Double]], _ method: CorrelationMethod, _ top: Int) -> [CorrelatedPair] {
        var pairs: [CorrelatedPair] = []
        for x in columns.indices {
            for y in (x + 1)..<max(x + 1, columns.count) {
                if let pair = CorrelationSearch.pair(columns, x, y, method) { pairs.append(pair) }
            }
        }
        return Array(pairs.sorted(by: CorrelatedPair.isBefore).prefix(top))
    }

    @Test(arguments: CorrelationMethod.allCases, [false, true])
    func blocksGiveWhatTheDefinitionGives(_ method: CorrelationMethod, _ holes: Bool) {
        for (count, rows) in [(2, 5), (67, 30), (131, 41)] {
            let columns = Self.columns(count, rows: rows, groups: 9, holes: holes)
            let found = CorrelationMatrix(columns, method: method).strongest(10_000)
            let expected = Self.naive(columns, method, 10_000)
            #expect(found.count == expected.count)
            let places = Dictionary(uniqueKeysWithValues: expected.map { ([$0.first, $0.second], $0) })
            for pair in found {
                guard let other = places[[pair.first, pair.second]] else {
                    Issue.record("\(pair) is not expected")
                    continue
                }
                #expect(abs(pair.correlation - other.correlation) < 1e-12 && pair.observations == other.observations)
            }
            #expect(zip(found, found.dropFirst()).allSatisfy { abs($0.correlation) >= abs($1.correlation) })
            #expect(CorrelationMatrix(columns, method: method).strongest(7) == Array(found.prefix(7)))
        }
    }

    @Test func constantAndEmptyColumnsHaveNoPairs() {
        let columns: [[Double]] = [[1, 1, 1], [1, 2, 3], [.nan, .nan, .nan], [.infinity, 2, 3], [3, 2, 1]]
        let found = CorrelationMatrix(columns, method: .pearson).strongest(10)
        #expect(found.map { [$0.first, $0.second] } == [[1, 3], [1, 4], [3, 4]])
        #expect(found.map(\.observations) == [2, 3, 2] && found.allSatisfy { abs(abs($0.correlation) - 1) < 1e-12 })
        #expect(CorrelationMatrix([], method: .pearson).strongest(3).isEmpty)
    }

    /// The approximation against the exact answer: what is listed is exact, and nearly all strong pairs are.
    @Test func theSearchFindsNearlyAllStrongPairs() {
        let columns = Self.columns(3000, rows: 200, groups: 300, holes: true, noise: 0.5), top = 2000
        let exact = CorrelationMatrix(columns, method: .pearson).strongest(top)
        let search = CorrelationSearch(seed: 4), found = search.strongest(columns, method: .pearson, top: top)
        let expected = Set(exact.map { [$0.first, $0.second] })
        let met = found.pairs.count { expected.contains([$0.first, $0.second]) }
        let recall = Double(met) / Double(top)
        print("correlation search: recall \(recall) of the \(top) strongest pairs (weakest "
            + "\(abs(exact[top - 1].correlation))), \(found.compared) of \(3000 * 2999 / 2) pairs compared")
        #expect(recall >= 0.95)
        #expect(found.compared < 3000 * 2999 / 2 / 5)
        #expect(search.strongest(columns, method: .pearson, top: top) == found)
        // What an answer says of itself, from a sample, is near what it is.
        let told = search.recall(of: found, columns, method: .pearson, sample: 300)
        #expect(told.pairs > 100 && abs(told.share - recall) < 0.05)
        let poor = CorrelationSearch(signs: 12, bands: 1, seed: 4), few = poor.strongest(columns, method: .pearson, top: top)
        let missed = poor.recall(of: few, columns, method: .pearson, sample: 300)
        #expect(missed.pairs > 100 && missed.share < 0.7)
        #expect(search.recall(of: .init(pairs: [], compared: 0), columns, method: .pearson, sample: 9).share.isNaN)
        for pair in found.pairs.prefix(50) {
            #expect(CorrelationSearch.pair(columns, pair.first, pair.second, .pearson) == pair)
        }
    }
}
