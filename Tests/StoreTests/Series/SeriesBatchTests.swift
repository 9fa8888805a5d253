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

/// What every series store must do when many series are read at once.
@Suite struct SeriesBatchReadTests {
    private let collection = "factors.1d"

    /// Three series of different lengths and columns.
    private func fill(_ store: any SeriesStore) async throws {
        var batch = SeriesBatch(collection: collection)
        batch.add("a", SeriesColumns(ts: [10, 20, 30], names: ["x", "y"], values: [[1, .nan, 3], [4, 5, 6]]))
        batch.add("b'", SeriesColumns(ts: [20, 30, 40, 50], names: ["x"], values: [[7, 8, 9, .nan]]))
        batch.add("c", SeriesColumns(ts: [5], names: ["y", "x"], values: [[-1], [-2]]))
        try await store.write(batch, recordedAt: someTime)
    }

    private func range(_ from: Int64?, _ to: Int64?, _ limit: Int? = nil, _ keep: SeriesRange.Keep = .oldest) -> SeriesRange {
        SeriesRange(from: from.map { Timestamp(nanoseconds: $0) }, to: to.map { Timestamp(nanoseconds: $0) }, limit: limit,
                    keep: keep)
    }

    @Test(arguments: SeriesBackend.allCases)
    func eachComesAsIfItWereAlone(_ backend: SeriesBackend) async throws {
        let ranges = [
            SeriesRange.all, range(20, 40), range(nil, 20), range(25, nil), range(31, 39), range(40, 20), range(nil, nil, 2),
            range(nil, nil, 2, .newest), range(15, 45, 1, .newest), range(15, 45, 1), range(nil, nil, 0),
        ]
        try await backend.withStore { store in
            try await fill(store)
            for range in ranges {
                for columns in [["x"], ["x", "y"], ["y"], [], ["z"]] {
                    // One that is not there, one that comes twice, and those that have not every column.
                    let names = ["c", "nobody", "a", "b'", "a"]
                    var expected = SeriesRows(columns: columns.count)
                    for name in names {
                        let key = SeriesKey(collection: collection, name: name)
                        if let rows = try? await store.read(key, range: range, columns: columns) {
                            expected.ts += rows.ts
                            for place in columns.indices { expected.values[place] += rows.values[place] }
                        }
                        expected.ends.append(expected.ts.count)
                    }
                    let found = try await store.read(
                        collection: collection, names: names, range: range, columns: columns)
                    #expect(found == expected, "\(range) \(columns)")
                    #expect(found.count == 5 && found[0].upperBound == found.ends[0])
                }
            }
        }
    }

    @Test(arguments: SeriesBackend.allCases)
    func nothingIsReadOfNothing(_ backend: SeriesBackend) async throws {
        try await backend.withStore { store in
            let none = try await store.read(collection: "no.1d", names: [], range: .all, columns: ["x"])
            #expect(none.count == 0 && none.ts.isEmpty && none.values == [[]])
            let missing = try await store.read(collection: "no.1d", names: ["a", "b"], range: .all, columns: ["x"])
            #expect(missing.ends == [0, 0] && missing.values == [[]])
            let names = (0...SeriesBatch.limit).map { "\($0)" }
            #expect(await code {
                _ = try await store.read(collection: "no.1d", names: names, range: .all, columns: [])
            } == .invalidInput)
        }
    }

    /// Many series, long enough for several chunks, which are read while they are written: all of one version.
    @Test(arguments: SeriesBackend.allCases)
    func allAreOfOneVersion(_ backend: SeriesBackend) async throws {
        let names = (0..<200).map { "f\($0)" }, size = 300
        @Sendable func batch(_ version: Int) -> SeriesBatch {
            var batch = SeriesBatch(collection: "factors.1d")
            for name in names {
                batch.add(name, SeriesColumns(
                    ts: (0..<Int64(size)).map { Int64(version * size) + $0 }, names: ["value"],
                    values: [[Double](repeating: Double(version), count: size)]))
            }
            return batch
        }
        try await backend.withStore { store in
            try await store.write(batch(0), recordedAt: someTime)
            async let written: Void = {
                for version in 1...4 { try await store.write(batch(version), recordedAt: someTime) }
            }()
            var last = 0
            while last < 5 * size {
                let rows = try await store.read(collection: "factors.1d", names: names, range: .all, columns: ["value"])
                #expect(Set((0..<rows.count).map { rows[$0].count }).count == 1)
                last = rows[0].count
                #expect(rows.values[0][rows[199].upperBound - 1] == Double(last / size - 1))
            }
            try await written
        }
    }
}
