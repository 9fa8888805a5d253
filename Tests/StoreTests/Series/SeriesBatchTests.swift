import Market
import Store
import Testing

/// What every series store must do with rows of many series at once.
@Suite struct SeriesBatchTests {
    private let collection = "factors.1d"

    private func key(_ name: String) -> SeriesKey { SeriesKey(collection: collection, name: name) }

    @Test(arguments: SeriesBackend.allCases)
    func rowsOfManySeriesComeBack(_ backend: SeriesBackend) async throws {
        try await backend.withStore { store in
            var batch = SeriesBatch(collection: collection)
            for number in 0..<300 {
                batch.add("f'\(number)", SeriesColumns(
                    ts: [1, 2, 3], names: ["value"], values: [[Double(number), .nan, -0.5]]))
            }
            let written = try await store.write(batch, recordedAt: someTime)
            #expect(written.count == 300 && written.allSatisfy { $0 == SeriesWrite(appended: 3, version: 1) })
            for (name, rows) in zip(batch.names, batch.rows) {
                #expect(try await store.read(key(name), range: .all, columns: nil) == rows)
            }
            #expect(try await store.info(key("f'7"))?.recordedAt == someTime)
            #expect(try await store.write(SeriesBatch(collection: collection), recordedAt: someTime).isEmpty)
        }
    }

    /// Appended, inserted, restated and unchanged rows, other columns, and a series without rows: as one by one.
    @Test(arguments: SeriesBackend.allCases)
    func eachIsCountedAsIfItWereAlone(_ backend: SeriesBackend) async throws {
        let one = SeriesColumns(close: [10, 20, 30])
        let batch = SeriesBatch(collection: collection, names: ["d", "a", "b", "c", "e"], rows: [
            SeriesColumns(ts: [1, 20], names: ["open"], values: [[1, 2]]), SeriesColumns(close: [40, 50]),
            SeriesColumns(ts: [5, 10, 20, 40], names: ["close"], values: [[5, 10, -20, 40]]),
            SeriesColumns(close: [1]), SeriesColumns(close: []),
        ])
        let plain = MemorySeriesStore()
        var expected: [SeriesWrite] = []
        for name in ["a", "b", "d", "e"] { try await plain.write(key(name), one, recordedAt: someTime) }
        for (key, rows) in zip(batch.keys, batch.rows) {
            expected.append(try await plain.write(key, rows, recordedAt: someTime))
        }
        try await backend.withStore { store in
            for name in ["a", "b", "d", "e"] { try await store.write(key(name), one, recordedAt: someTime) }
            #expect(try await store.write(batch, recordedAt: someTime) == expected)
            for key in batch.keys {
                #expect(try await store.read(key, range: .all, columns: nil)
                    == plain.read(key, range: .all, columns: nil), "\(key)")
                #expect(try await store.info(key) == plain.info(key))
            }
            let again = try await store.write(batch, recordedAt: someTime.adding(nanoseconds: 1))
            #expect(again.allSatisfy { $0.changedRows == 0 } && again.map(\.version) == expected.map(\.version))
        }
    }

    @Test(arguments: SeriesBackend.allCases)
    func oneThatIsRefusedRefusesAll(_ backend: SeriesBackend) async throws {
        let one = SeriesColumns(close: [1])
        let refused: [(names: [String], rows: [SeriesColumns])] = [
            (["a", "a"], [one, one]), (["a", ""], [one, one]), (["a", "b"], [one, SeriesColumns(close: [2, 1])]),
            (["a"], []),
        ]
        try await backend.withStore { store in
            for (names, rows) in refused {
                let batch = SeriesBatch(collection: collection, names: names, rows: rows)
                #expect(await code { _ = try await store.write(batch, recordedAt: someTime) } == .invalidInput)
            }
            let kept = try await store.info(key("a"))
            #expect(kept == nil)
            #expect(store.isAvailable)
        }
    }

    /// A series that would have too many columns is found before any of the others is written.
    @Test func columnsTooManyRefuseAll() async throws {
        try await SeriesBackend.lmdb.withStore { store in
            let names = (0..<SeriesColumns.columnLimit).map { "c\($0)" }
            try await store.write(
                key("full"), SeriesColumns(ts: [1], names: names, values: names.map { _ in [0] }), recordedAt: someTime)
            let batch = SeriesBatch(
                collection: collection, names: ["a", "full"], rows: [SeriesColumns(close: [1]), SeriesColumns(close: [2])])
            #expect(await code { _ = try await store.write(batch, recordedAt: someTime) } == .invalidInput)
            #expect(try await store.info(key("a")) == nil)
            #expect(try await store.info(key("full"))?.rows == 1)
        }
    }
}
