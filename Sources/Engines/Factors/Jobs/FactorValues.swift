import EngineKit
import Market
import Store

/// Values of factors over time, in the series store: a series for each factor over each universe.
///
/// The rows of a date follow each other a nanosecond apart. The first bears the number of the run that made the date;
/// the rows behind it are the values of that run's symbols, in their order (`JobRun`). So a factor's history is one
/// range of one series, whatever symbols came and went, and each date says what it was made of.
struct FactorValues: Sendable {
    /// Beyond every row of a date, in nanoseconds: more than a job has values (`FactorJob.valueLimit`), and less than
    /// there is between two dates of the shortest timeframe.
    static let span: Int64 = 1 << 26

    /// One date of a factor.
    struct Day: Sendable, Equatable {
        let time: Timestamp
        /// Number of the run that wrote it.
        let run: Int
        /// An item a symbol of the run, and what an earlier run over more symbols left.
        let values: [Double]
    }

    let store: any SeriesStore

    private static let columns = ["value"]

    private static func collection(_ timeframe: Timeframe) -> String { "factors.\(timeframe.rawValue)" }

    /// The name of a factor's series; of a long expression its digest stands in it.
    static func name(_ universe: String, _ factor: String, _ digest: ([UInt8]) -> [UInt8]) -> String {
        let isPlain = factor.utf8.count <= 300 && !factor.utf8.contains(0) && !factor.hasPrefix("#")
        return universe + "/" + (isPlain ? factor : "#" + hexadecimal(digest(Array(factor.utf8))))
    }

    /// Writes one date of some factors, all or none, and durably: over what an earlier run left there.
    func write(
        _ values: [[Double]], of names: [String], _ timeframe: Timeframe, at time: Timestamp, run: Int,
        recordedAt: Timestamp
    ) async throws(StoreError) {
        var batch = SeriesBatch(collection: Self.collection(timeframe)), times: [Int64] = []
        batch.names = names
        batch.rows = values.map { values in
            // Most often the same memory for all of them.
            if times.count != values.count + 1 { times = (0...Int64(values.count)).map { time.nanoseconds + $0 } }
            return SeriesColumns(ts: times, names: Self.columns, values: [[Double(run)] + values])
        }
        try await store.write(batch, recordedAt: recordedAt)
    }

    /// One date of many factors, in the order of their names; nil where it is not there.
    func days(
        _ names: [String], _ timeframe: Timeframe, at time: Timestamp
    ) async throws(StoreError) -> [Day?] {
        let rows = try await store.read(
            collection: Self.collection(timeframe), names: names,
            range: SeriesRange(from: time, to: time.adding(nanoseconds: Self.span - 1)), columns: Self.columns)
        return (0..<rows.count).map { place in
            let found = rows[place]
            guard let first = found.first, rows.ts[first] == time.nanoseconds, let run = Int(exactly: rows.values[0][first])
            else { return nil }
            return Day(time: time, run: run, values: Array(rows.values[0][(first + 1)..<found.upperBound]))
        }
    }

    /// The dates of a factor from one to another, both included; none where nothing is stored.
    func days(
        _ name: String, _ timeframe: Timeframe, from: Timestamp?, to: Timestamp?
    ) async throws(StoreError) -> [Day] {
        let range = SeriesRange(
            from: from.map { $0.adding(nanoseconds: -Self.span) }, to: to.map { $0.adding(nanoseconds: Self.span) })
        let rows: SeriesColumns
        do throws(StoreError) {
            rows = try await store.read(SeriesKey(collection: Self.collection(timeframe), name: name), range: range,
                                        columns: Self.columns)
        } catch {
            if error.code == .notFound { return [] }
            throw error
        }
        return Self.days(rows.ts, rows.values.first ?? []).filter { day in
            day.time >= from ?? day.time && day.time <= to ?? day.time
        }
    }

    /// Rows in their groups, a date each.
    private static func days(_ times: [Int64], _ values: [Double]) -> [Day] {
        var days: [Day] = [], start = 0
        while start < times.count {
            var end = start + 1
            while end < times.count, times[end] == times[end - 1] + 1 { end += 1 }
            if let run = Int(exactly: values[start]) {
                days.append(Day(time: Timestamp(nanoseconds: times[start]), run: run,
                                values: Array(values[(start + 1)..<end])))
            }
            start = end
        }
        return days
    }
}

/// What one pass of a job over one state of the data was made of. Kept for as long as the values are.
struct JobRun: Sendable, Equatable {
    let number: Int, job: String, dataVersion: String
    /// Of every value.
    let time: Timestamp
    /// Whose values they are, in order.
    let symbols: [Symbol]
}
