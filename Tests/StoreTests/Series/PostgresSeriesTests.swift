import Market
import Store
@testable import StorePostgres
import TestKit
import Testing

/// What only the series of PostgreSQL do: partitions, retention, a server that goes, and the text of the extension.
@Suite struct PostgresSeriesTests {
    private static let day: Int64 = 86_400_000_000_000

    @Test func oldPartitionsAreDroppedAndTheHeadersFollow() async throws {
        var configuration = try SeriesBackend.postgresConfiguration()
        configuration.ages = SeriesAges(retentionDays: 100)
        let store = try await PostgresSeriesStore.open(configuration)
        let minutes = SeriesKey(collection: "bars.1m", name: "A"), old = SeriesKey(collection: "bars.1m", name: "OLD")
        let days = (0..<40).map { Int64($0) * 10 * Self.day }
        try await store.write(minutes, SeriesColumns(close: days), recordedAt: someTime)
        try await store.write(old, SeriesColumns(close: [1, 2]), recordedAt: someTime)
        let now = Timestamp(nanoseconds: 400 * Self.day)
        // A partition is 31 days; those that end by day 300 lie before the retention: nine of them.
        let left = days.filter { $0 >= 9 * 31 * Self.day }, gone = days.filter { $0 < 9 * 31 * Self.day }
        #expect(try await store.dropOld(now: now).changes == [
            SeriesChange(key: minutes, first: Timestamp(nanoseconds: 0), last: Timestamp(nanoseconds: gone.last ?? 0),
                         rows: gone.count, version: 10),
            SeriesChange(key: old, first: Timestamp(nanoseconds: 1), last: Timestamp(nanoseconds: 2), rows: 2, version: 2),
        ])
        #expect(try await store.dropOld(now: now).changes.isEmpty)
        #expect(try await store.read(minutes, range: .all, columns: nil) == SeriesColumns(close: left))
        let info = try #require(try await store.info(minutes))
        #expect(info.rows == left.count)
        #expect(info.first.nanoseconds == left[0])
        #expect(try await store.info(old) == nil)
        // The writer knew the partition that was dropped.
        let again = try await store.write(minutes, SeriesColumns(close: [3]), recordedAt: someTime)
        #expect(again.inserted == 1)
        await store.close()
    }

    @Test func longerBarsFollowTheShorterOnes() async throws {
        let store = try await PostgresSeriesStore.open(SeriesBackend.postgresConfiguration())
        let minute: Int64 = 60_000_000_000, minutes = SeriesKey(collection: "bars.1m", name: "A")
        let hours = SeriesKey(collection: "rollup.1h", name: "A"), days = SeriesKey(collection: "rollup.1d", name: "A")
        func bars(_ range: Range<Int64>, volume: Double) -> SeriesColumns {
            let prices = range.map(Double.init)
            return SeriesColumns(
                ts: range.map { $0 * minute }, names: ["open", "high", "low", "close", "volume"],
                values: [prices, prices.map { $0 + 2 }, prices.map { $0 - 2 }, prices.map { $0 + 1 },
                         prices.map { _ in volume }])
        }
        try await store.write(minutes, bars(0..<1_500, volume: 1), recordedAt: someTime)
        // 25 hours and two days.
        let made = try await store.refresh(now: someTime).changes
        #expect(made == [
            SeriesChange(key: hours, first: Timestamp(nanoseconds: 0), last: Timestamp(nanoseconds: 1_440 * minute),
                         rows: 25, version: 1),
            SeriesChange(key: days, first: Timestamp(nanoseconds: 0), last: Timestamp(nanoseconds: 1_440 * minute),
                         rows: 2, version: 1),
        ])
        let first = try await store.read(hours, range: SeriesRange(limit: 1), columns: nil)
        #expect(first.values == [[0], [61], [-2], [60], [60]])
        let daily = try await store.read(days, range: .all, columns: nil)
        #expect(daily.ts == [0, 1_440 * minute])
        #expect(daily.values == [[0, 1_440], [1_441, 1_501], [-2, 1_438], [1_440, 1_500], [1_440, 60]])
        #expect(try await store.refresh(now: someTime).changes.isEmpty)
        // A restated stretch changes its hour and its day, no other.
        try await store.write(minutes, bars(70..<80, volume: 3), recordedAt: someTime)
        let again = try await store.refresh(now: someTime).changes
        #expect(again.map(\.key) == [hours, days] && again.map(\.rows) == [1, 1] && again.map(\.version) == [2, 2])
        #expect(try await store.read(days, range: .all, columns: ["volume"]).values == [[1_460, 60]])
        #expect(try await store.remove(minutes))
        #expect(try await store.info(days) == nil)
        await store.close()
    }

    @Test func aServerThatGoesIsToldAndComesBack() async throws {
        let server = try PostgresServer()
        let store = try await PostgresSeriesStore.open(
            PostgresSeriesConfiguration(url: server.url, backOffMilliseconds: 1...5))
        #expect(store.isAvailable)
        try await store.write(apple, SeriesColumns(close: [1, 2]), recordedAt: someTime)
        server.kill()
        let away = await code { _ = try await store.read(apple, range: .all, columns: nil) }
        #expect(away == .unavailable)
        #expect(!store.isAvailable)
        try server.start()
        var rows: SeriesColumns?
        for _ in 0..<2_000 where rows == nil { rows = try? await store.read(apple, range: .all, columns: nil) }
        #expect(rows == SeriesColumns(close: [1, 2]))
        #expect(store.isAvailable)
        // Links that died while they lay idle are made anew without a word.
        try server.restart()
        try await store.write(apple, SeriesColumns(close: [3]), recordedAt: someTime)
        #expect(try await store.info(apple)?.rows == 3)
        await store.close()
    }

    @Test func oddNamesAreKeptApart() async throws {
        let store = try await PostgresSeriesStore.open(SeriesBackend.postgresConfiguration())
        let long = String(repeating: "n", count: 100)
        let names = ["ts", "series", "xmin", "a\"b", "it's", "Ä", "~", long, long + "x", "\\n"]
        for collection in ["series", "odd \"name\"", "it's.1d", String(repeating: "c", count: 200)] {
            let key = SeriesKey(collection: collection, name: "a'b\\")
            let rows = SeriesColumns(ts: [1], names: names, values: names.indices.map { [Double($0)] })
            try await store.write(key, rows, recordedAt: someTime)
            #expect(try await store.read(key, range: .all, columns: nil) == rows)
            let listed = try await store.list(collection: collection, prefix: "", limit: 9, after: nil)
            #expect(listed.map(\.key) == [key])
        }
        await store.close()
    }

    @Test func writersOfOneSeriesTakeTurns() async throws {
        let store = try await PostgresSeriesStore.open(SeriesBackend.postgresConfiguration())
        let failures = await codes(16) {
            for number in 1...8 {
                try await store.write(apple, SeriesColumns(close: [Int64(number)]), recordedAt: someTime)
            }
        }
        #expect(failures.allSatisfy { $0 == nil })
        let info = try await store.info(apple)
        #expect(info?.rows == 8)
        #expect(info?.version == 8)
        await store.close()
    }

    @Test func partitionsCoverEveryInstantOnce() {
        let width = SeriesSQL.width("bars.1m")
        #expect(width == 31 * Self.day)
        #expect(SeriesSQL.partition(0, width: width) == 0)
        #expect(SeriesSQL.partition(-1, width: width) == -1)
        #expect(SeriesSQL.partition(width, width: width) == 1)
        #expect(SeriesSQL.createPartition("bars.1m", 2) == """
            CREATE TABLE IF NOT EXISTS "~bars.1m.p2" PARTITION OF "bars.1m" \
            FOR VALUES FROM ('\(2 * width)') TO ('\(3 * width)')
            """)
        let last = SeriesSQL.partition(.max, width: width), first = SeriesSQL.partition(.min, width: width)
        #expect(SeriesSQL.createPartition("bars.1m", last).hasSuffix("TO (MAXVALUE)"))
        #expect(SeriesSQL.createPartition("bars.1m", first).contains("FROM (MINVALUE)"))
    }

    @Test func theExtensionIsAskedForPoliciesAndAggregates() {
        let ages = SeriesAges(retentionDays: 365, compressionDays: 7)
        let sql = SeriesSQL.createTable("bars.1m", .timescale, ages)
        #expect(!sql.contains { $0.contains("PARTITION BY") })
        #expect(sql.contains("""
            SELECT create_hypertable('"bars.1m"', 'ts', chunk_time_interval => 2678400000000000, \
            if_not_exists => TRUE, create_default_indexes => FALSE)
            """))
        #expect(sql.contains("""
            ALTER TABLE "bars.1m" SET (timescaledb.compress, timescaledb.compress_segmentby = 'series', \
            timescaledb.compress_orderby = 'ts')
            """))
        #expect(sql.contains(
            "SELECT add_compression_policy('\"bars.1m\"', BIGINT '604800000000000', if_not_exists => TRUE)"))
        #expect(sql.contains(
            "SELECT add_retention_policy('\"bars.1m\"', BIGINT '31536000000000000', if_not_exists => TRUE)"))
        let plain = SeriesSQL.createTable("bars.1m", .timescale, SeriesAges())
        #expect(!plain.contains { $0.contains("policy") || $0.contains("compress") })
        let aggregates = TimescaleSQL.aggregates(of: "bars.1m")
        #expect(aggregates.count == 4)
        #expect(aggregates[0].contains("time_bucket(BIGINT '3600000000000', ts) AS ts, first(open, ts) AS open"))
        #expect(aggregates[0].contains("FROM \"bars.1m\" GROUP BY 1, 2 WITH NO DATA"))
        #expect(aggregates[2].contains("FROM \"continuous.1h\" GROUP BY 1, 2 WITH NO DATA"))
        #expect(TimescaleSQL.aggregates(of: "bars.1d").isEmpty)
    }
}
