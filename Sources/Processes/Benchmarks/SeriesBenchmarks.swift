import Glibc
import Market
import SeriesLMDB
import Store
import StorePostgres

/// `series.write`, `series.read`, `series.read.sum` in rows a second and `series.range` in µs for 10,000 rows, over a
/// series of `rows` rows with a time and five columns, in a new file in `folder` (removed afterwards). Medians; the
/// write is durable, and is measured three times.
func seriesBenchmarks(rows: Int, folder: String) async throws -> [(name: String, value: Double, unit: String)] {
    let path = folder + "/series-benchmark.lmdb"
    defer {
        unlink(path)
        unlink(path + "-lock")
    }
    return try await seriesBenchmarks(rows: rows, prefix: "series") {
        unlink(path)
        unlink(path + "-lock")
        return try await LMDBSeriesStore.open(LMDBSeriesConfiguration(path: path))
    }
}

/// The same on PostgreSQL, named `series.postgres.…`, in a schema that is emptied before each write and afterwards.
func postgresSeriesBenchmarks(rows: Int, url: String) async throws -> [(name: String, value: Double, unit: String)] {
    let configuration = PostgresSeriesConfiguration(url: url, schema: "nautilus_bench")
    func clean() async throws {
        let store = try await PostgresSeriesStore.open(configuration)
        try await store.remove(benchmarkKey)
        await store.close()
    }
    let figures = try await seriesBenchmarks(rows: rows, prefix: "series.postgres") {
        try await clean()
        return try await PostgresSeriesStore.open(configuration)
    }
    try await clean()
    return figures
}

private let benchmarkKey = SeriesKey(collection: "bars.1m", name: "BENCH")

/// - Parameter open: gives an empty store.
private func seriesBenchmarks(
    rows: Int, prefix: String, open: () async throws -> any SeriesStore
) async throws -> [(name: String, value: Double, unit: String)] {
    let columns = sampleBars(rows)
    let key = benchmarkKey
    let recordedAt = Timestamp(nanoseconds: 0)
    var writes: [Double] = []
    var opened: (any SeriesStore)?
    for _ in 0..<3 {
        await opened?.close()
        let store = try await open()
        opened = store
        writes.append(try await seconds { try await store.write(key, columns, recordedAt: recordedAt) })
    }
    guard let store = opened else { return [] }
    var reads: [Double] = [], sums: [Double] = [], ranges: [Double] = []
    for _ in 0..<7 {
        var read: SeriesColumns?
        reads.append(try await seconds { read = try await store.read(key, range: .all, columns: nil) })
        guard read?.count == rows else { throw StoreError(.corrupted, "benchmark read \(read?.count ?? 0) rows") }
    }
    for _ in 0..<7 {
        sums.append(try await seconds {
            let totals = try await columnSums(store, key, names: columns.names)
            guard totals[0] > 0 else { throw StoreError(.corrupted, "benchmark sum \(totals[0])") }
        })
    }
    let window = min(10_000, rows)
    for index in 0..<201 {
        let start = index * 7_919 * 31 % (rows - window + 1)
        let range = SeriesRange(
            from: Timestamp(nanoseconds: columns.ts[start]), to: Timestamp(nanoseconds: columns.ts[start + window - 1]))
        ranges.append(try await seconds {
            let read = try await store.read(key, range: range, columns: nil)
            guard read.count == window else { throw StoreError(.corrupted, "benchmark range of \(read.count) rows") }
        })
    }
    await store.close()
    return [
        (prefix + ".write", Double(rows) / median(writes), "rows/s"),
        (prefix + ".read", Double(rows) / median(reads), "rows/s"),
        (prefix + ".read.sum", Double(rows) / median(sums), "rows/s"),
        (prefix + ".range", median(ranges) * 1e6, "µs"),
    ]
}

/// The sum of every column, on the stored memory itself.
private func columnSums(_ store: any SeriesStore, _ key: SeriesKey, names: [String]) async throws -> [Double] {
    let zero = [Double](repeating: 0, count: names.count + 1)
    return try await store.visit(key, range: .all, columns: names, into: zero) { totals, chunk in
        var times: Int64 = 0
        for time in chunk.ts { times &+= time >> 16 }
        totals[0] += Double(times)
        for (index, column) in chunk.columns.enumerated() { totals[index + 1] += sum(column) }
    }
}

/// Two eight-wide accumulators: a plain loop waits for each addition.
private func sum(_ values: UnsafeBufferPointer<Double>) -> Double {
    var a = SIMD8<Double>.zero, b = SIMD8<Double>.zero
    let whole = values.count / 16 * 16
    let start = UnsafeRawPointer(values.baseAddress!)
    for index in stride(from: 0, to: whole, by: 16) {
        a += start.loadUnaligned(fromByteOffset: index * 8, as: SIMD8<Double>.self)
        b += start.loadUnaligned(fromByteOffset: index * 8 + 64, as: SIMD8<Double>.self)
    }
    var total = (a + b).sum()
    for index in whole..<values.count { total += values[index] }
    return total
}

/// One-minute bars on a seeded random walk with prices in cents.
private func sampleBars(_ rows: Int) -> SeriesColumns {
    var state: UInt64 = 42
    func step() -> Double {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Double(Int64(bitPattern: state) >> 33) / Double(1 << 30)
    }
    var ts: [Int64] = [], values = [[Double]](repeating: [], count: 5)
    ts.reserveCapacity(rows)
    for column in values.indices { values[column].reserveCapacity(rows) }
    var price = 100.0
    for row in 0..<rows {
        ts.append(1_500_000_000_000_000_000 + Int64(row) * 60_000_000_000)
        let open = price, close = max(1, price + step() * 0.05)
        values[0].append((open * 100).rounded() / 100)
        values[1].append(((max(open, close) + abs(step()) * 0.02) * 100).rounded() / 100)
        values[2].append(((min(open, close) - abs(step()) * 0.02) * 100).rounded() / 100)
        values[3].append((close * 100).rounded() / 100)
        values[4].append((abs(step()) * 100_000).rounded())
        price = close
    }
    return SeriesColumns(ts: ts, names: ["open", "high", "low", "close", "volume"], values: values)
}

private func seconds<T>(_ body: () async throws -> T) async rethrows -> Double {
    let clock = ContinuousClock()
    let start = clock.now
    _ = try await body()
    return (clock.now - start) / .seconds(1)
}

private func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
