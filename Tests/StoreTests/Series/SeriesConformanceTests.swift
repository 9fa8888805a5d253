import Market
import Store
import Testing

/// What every series store must do.
@Suite struct SeriesConformanceTests {
    @Test(arguments: SeriesBackend.allCases)
    func rowsComeBackAsTheyWent(_ backend: SeriesBackend) async throws {
        try await backend.withStore { store in
            let rows = SeriesColumns(
                ts: [Int64.min, -5, 0, 7, .max - 1], names: ["open", "close"],
                values: [[1, .nan, -0.5, .infinity, 5e-300], [9, 8, 7, 6, 5]])
            let written = try await store.write(apple, rows, recordedAt: someTime)
            #expect(written == SeriesWrite(appended: 5, version: 1))
            #expect(try await store.read(apple, range: .all, columns: nil) == rows)
            #expect(try await store.visited(apple, .all, ["open", "close"]) == rows)
            let close = try await store.read(apple, range: .all, columns: ["close"])
            #expect(close == SeriesColumns(ts: rows.ts, names: ["close"], values: [rows.values[1]]))
            let info = try #require(try await store.info(apple))
            #expect(info == SeriesInfo(
                key: apple, first: Timestamp(nanoseconds: .min), last: Timestamp(nanoseconds: .max - 1), rows: 5,
                version: 1, columns: ["open", "close"], recordedAt: someTime))
        }
    }

    @Test(arguments: SeriesBackend.allCases)
    func writesAreCountedAsWhatTheyAre(_ backend: SeriesBackend) async throws {
        try await backend.withStore { store in
            try await store.write(apple, SeriesColumns(close: [10, 20, 30]), recordedAt: someTime)
            let mixed = SeriesColumns(ts: [5, 10, 20, 25, 40], names: ["close"], values: [[5, 10, -20, 25, 40]])
            let written = try await store.write(apple, mixed, recordedAt: someTime.adding(nanoseconds: 1))
            #expect(written == SeriesWrite(appended: 1, inserted: 2, restated: 1, unchanged: 1, version: 2))
            let again = try await store.write(apple, mixed, recordedAt: someTime.adding(nanoseconds: 2))
            #expect(again == SeriesWrite(unchanged: 5, version: 2))
            let info = try await store.info(apple)
            #expect(info?.recordedAt == someTime.adding(nanoseconds: 1))
            #expect(info?.rows == 6)
            let all = try await store.read(apple, range: .all, columns: nil)
            #expect(all == SeriesColumns(
                ts: [5, 10, 20, 25, 30, 40], names: ["close"], values: [[5, 10, -20, 25, 30, 40]]))
            let nothing = try await store.write(apple, SeriesColumns(close: []), recordedAt: someTime)
            #expect(nothing == SeriesWrite(version: 2))
        }
    }

    @Test(arguments: SeriesBackend.allCases)
    func columnsMayComeLaterAndMayBeLeftOut(_ backend: SeriesBackend) async throws {
        try await backend.withStore { store in
            try await store.write(apple, SeriesColumns(close: [1, 2, 3]), recordedAt: someTime)
            let volume = SeriesColumns(ts: [2, 4], names: ["volume"], values: [[200, 400]])
            let written = try await store.write(apple, volume, recordedAt: someTime)
            #expect(written == SeriesWrite(appended: 1, restated: 1, version: 2))
            let all = try await store.read(apple, range: .all, columns: nil)
            #expect(all == SeriesColumns(
                ts: [1, 2, 3, 4], names: ["close", "volume"],
                values: [[1, 2, 3, .nan], [.nan, 200, .nan, 400]]))
            #expect(try await store.visited(apple, .all, ["volume", "close"]).values[0].prefix(1).allSatisfy(\.isNaN))
        }
    }

    @Test(arguments: SeriesBackend.allCases)
    func rangesAndLimits(_ backend: SeriesBackend) async throws {
        try await backend.withStore { store in
            let tens = (1...10).map { Int64($0 * 10) }
            try await store.write(apple, SeriesColumns(close: tens), recordedAt: someTime)
            func times(
                _ from: Int64?, _ to: Int64?, _ limit: Int? = nil, _ keep: SeriesRange.Keep = .oldest
            ) async throws -> [Int64] {
                let range = SeriesRange(
                    from: from.map(Timestamp.init(nanoseconds:)), to: to.map(Timestamp.init(nanoseconds:)),
                    limit: limit, keep: keep)
                let rows = try await store.read(apple, range: range, columns: ["close"])
                #expect(try await store.visited(apple, range, ["close"]) == rows)
                return rows.ts
            }
            #expect(try await times(20, 40) == [20, 30, 40])
            #expect(try await times(21, 39) == [30])
            #expect(try await times(nil, 25) == [10, 20])
            #expect(try await times(95, nil) == [100])
            #expect(try await times(101, nil) == [])
            #expect(try await times(nil, 9) == [])
            #expect(try await times(40, 20) == [])
            #expect(try await times(nil, nil, 2) == [10, 20])
            #expect(try await times(nil, nil, 2, .newest) == [90, 100])
            #expect(try await times(20, 80, 3, .newest) == [60, 70, 80])
            #expect(try await times(20, 80, 0, .newest) == [])
            #expect(try await times(nil, nil, 99, .newest).count == 10)
        }
    }

    @Test(arguments: SeriesBackend.allCases)
    func badInputIsRefused(_ backend: SeriesBackend) async throws {
        try await backend.withStore { store in
            let bad = [
                SeriesColumns(close: [2, 1]), SeriesColumns(close: [1, 1]),
                SeriesColumns(ts: [1], names: ["a", "a"], values: [[1], [1]]),
                SeriesColumns(ts: [1], names: ["a"], values: [[1, 2]]),
                SeriesColumns(ts: [1], names: [""], values: [[1]]),
            ]
            for rows in bad {
                let refused = await code { try await store.write(apple, rows, recordedAt: someTime) }
                #expect(refused == .invalidInput)
            }
            for key in [SeriesKey(collection: "", name: "a"), SeriesKey(collection: "a", name: "b\0")] {
                let refused = await code { try await store.write(key, SeriesColumns(close: [1]), recordedAt: someTime) }
                #expect(refused == .invalidInput)
            }
            #expect(try await store.info(apple) == nil)
            let missing = await code { _ = try await store.read(apple, range: .all, columns: nil) }
            #expect(missing == .notFound)
            try await store.write(apple, SeriesColumns(close: [1]), recordedAt: someTime)
            let column = await code { _ = try await store.read(apple, range: .all, columns: ["open"]) }
            #expect(column == .notFound)
            #expect(store.isAvailable)
        }
    }

    @Test(arguments: SeriesBackend.allCases)
    func listingIsOrderedAndPaged(_ backend: SeriesBackend) async throws {
        try await backend.withStore { store in
            for name in ["MSFT", "AAPL", "AMZN", "A", "GOOG", "Ä"] {
                let key = SeriesKey(collection: "bars.1d", name: name)
                try await store.write(key, SeriesColumns(close: [1]), recordedAt: someTime)
            }
            let other = SeriesKey(collection: "bars.1dx", name: "NO")
            try await store.write(other, SeriesColumns(close: [1]), recordedAt: someTime)
            func names(_ prefix: String, _ limit: Int, _ after: String?) async throws -> [String] {
                try await store.list(collection: "bars.1d", prefix: prefix, limit: limit, after: after).map(\.key.name)
            }
            #expect(try await names("", 100, nil) == ["A", "AAPL", "AMZN", "GOOG", "MSFT", "Ä"])
            #expect(try await names("A", 2, nil) == ["A", "AAPL"])
            #expect(try await names("A", 2, "AAPL") == ["AMZN"])
            #expect(try await names("", 2, "AMZN") == ["GOOG", "MSFT"])
            #expect(try await names("M", 2, "A") == ["MSFT"])
            #expect(try await store.remove(SeriesKey(collection: "bars.1d", name: "A")))
            #expect(try await store.remove(SeriesKey(collection: "bars.1d", name: "A")) == false)
            #expect(try await names("A", 9, nil) == ["AAPL", "AMZN"])
        }
    }

    @Test(arguments: SeriesBackend.allCases)
    func gapsAreListed(_ backend: SeriesBackend) async throws {
        try await backend.withStore { store in
            let day: Int64 = 86_400_000_000_000
            // Day 4 is a Monday. Present: Mon Tue Thu Fri, Mon, then the second Thursday after.
            let days: [Int64] = [4, 5, 7, 8, 11, 21]
            try await store.write(apple, SeriesColumns(close: days.map { $0 * day }), recordedAt: someTime)
            func gaps(_ calendar: SeriesCalendar) async throws -> [[Int64]] {
                try await store.gaps(apple, step: day, calendar: calendar).map {
                    [$0.first.nanoseconds / day, $0.last.nanoseconds / day, Int64($0.missing)]
                }
            }
            #expect(try await gaps(.everyDay) == [[6, 6, 1], [9, 10, 2], [12, 20, 9]])
            #expect(try await gaps(.weekdays) == [[6, 6, 1], [12, 20, 7]])
        }
    }
}
