import Market
import SeriesLMDB
import Store
import TestKit
import Testing

/// Random writes and reads: each store against the plain one in memory.
@Suite struct SeriesPropertyTests {
    @Test(arguments: [.lmdb, .postgres] as [SeriesBackend], [1, 2, 3, 4, 5, 6] as [UInt64])
    func storesAgree(_ backend: SeriesBackend, _ seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let plain = MemorySeriesStore(chunkRows: 7)
        try await backend.withStore { store in
            for step in 0..<40 {
                let rows = Self.rows(&random, step)
                let at = Timestamp(seconds: Int64(step))
                let expected = try await plain.write(apple, rows, recordedAt: at)
                #expect(try await store.write(apple, rows, recordedAt: at) == expected, "seed \(seed) step \(step)")
                let range = Self.range(&random)
                let wanted = try await plain.read(apple, range: range, columns: nil)
                #expect(try await store.read(apple, range: range, columns: nil) == wanted, "seed \(seed) step \(step)")
                #expect(try await store.visited(apple, range, wanted.names) == wanted, "seed \(seed) step \(step)")
                #expect(try await store.info(apple) == plain.info(apple))
            }
        }
    }

    /// Mostly appended or mixed small batches, now and then a few thousand rows; times on a small grid so they meet.
    private static func rows(_ random: inout SeededGenerator, _ step: Int) -> SeriesColumns {
        let count = Int.random(in: 0..<10, using: &random) == 0 ? 3_000 : Int.random(in: 1...40, using: &random)
        let start = Int64.random(in: 0...Int64(step + 1) * 300, using: &random)
        var times: Set<Int64> = []
        for _ in 0..<count { times.insert(start + Int64.random(in: 0...Int64(count) * 2, using: &random)) }
        let ts = times.sorted()
        let names = ["a", "b", "c"].filter { _ in Int.random(in: 0..<3, using: &random) > 0 }
        let values = names.map { _ in
            ts.map { _ in
                let value = Int.random(in: 0..<4, using: &random)
                return value == 0 ? Double.nan : Double(value)
            }
        }
        return SeriesColumns(ts: ts, names: names, values: values)
    }

    private static func range(_ random: inout SeededGenerator) -> SeriesRange {
        func bound(_ random: inout SeededGenerator) -> Timestamp? {
            Bool.random(using: &random) ? nil : Timestamp(nanoseconds: Int64.random(in: -10...20_000, using: &random))
        }
        return SeriesRange(
            from: bound(&random), to: bound(&random),
            limit: Bool.random(using: &random) ? nil : Int.random(in: 0...500, using: &random),
            keep: Bool.random(using: &random) ? .oldest : .newest)
    }
}
