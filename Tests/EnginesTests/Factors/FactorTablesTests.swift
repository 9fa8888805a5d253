import EngineKit
import Factors
import HTTP
import Runtime
import Testing

/// Answers of factor routes as tables: what pyarrow and a reader of CSV find is what the JSON says, nulls included.
@Suite struct FactorTablesTests {
    init() { EventLoop.runInBackground() }

    private static let factors = ["rank(close/delay(close,20)-1)", "alpha101.012", "zscore.63.raw@bars.close"]

    @LoopActor private static func filled() async throws -> EngineFixture {
        try await .factors(over: ["AAPL", "GOOG"], bars: 70)
    }

    /// Rows of a table as CSV gives them: a field that is empty is null.
    private static func rows(_ csv: [UInt8]) -> [[String]] {
        String(decoding: csv, as: UTF8.self).split(separator: "\n").map { line in
            var fields: [String] = [""], isQuoted = false
            for character in line {
                if character == "\"" { isQuoted.toggle() } else if character == ",", !isQuoted { fields.append("") } else {
                    fields[fields.count - 1].append(character)
                }
            }
            return fields
        }
    }

    /// Holds CSV and Arrow to columns of the JSON answer, by name.
    @LoopActor private static func compare(
        _ fixture: EngineFixture, _ method: HTTP.Method, _ path: String, _ body: String = "", query: String = "",
        times: [String], columns: [(name: String, values: [JSONTree])]
    ) async throws {
        let csv = try await fixture.ask(.factor, method, path, body, query: query, accept: "text/csv")
        let rows = rows(csv.body)
        #expect(rows.first == ["ts"] + columns.map(\.name) && rows.dropFirst().map { $0[0] } == times)
        for (place, column) in columns.enumerated() {
            let found = rows.dropFirst().map { row in Double(row[place + 1]).map { JSONTree.number($0) } ?? .null }
            #expect(found == column.values, "\(column.name)")
        }
        if ArrowReader.python == nil { return }
        let arrow = try await fixture.ask(.factor, method, path, body, query: query,
                                          accept: "application/vnd.apache.arrow.stream")
        let table = try ArrowReader.read(arrow.body)
        #expect(table["names"]?.elements.compactMap(\.text) == ["ts"] + columns.map(\.name))
        #expect(table["ts"]?.elements.compactMap { $0.text?.prefix(10) } == times.map { $0.prefix(10) })
        for column in columns { #expect(table["columns"]?[column.name]?.elements == column.values, "\(column.name)") }
    }

    @Test(.enabled(if: ArrowReader.python != nil, "no Python with pyarrow; run scripts/setup.sh test"))
    @LoopActor func pyarrowReadsFactors() async throws {
        let fixture = try await Self.filled(), list = Self.factors.map { "\"\($0)\"" }.joined(separator: ",")
        let body = "{\"symbols\":[\"AAPL\",\"GOOG\"],\"factors\":[\(list)]}"
        let answer = try await fixture.json(.factor, .post, "/factors/calculate", body)
        let columns = Self.factors.flatMap { factor in
            ["AAPL", "GOOG"].enumerated().map { place, symbol in
                (name: "\(factor)/\(symbol)",
                 values: answer["values"]?[factor]?.elements.compactMap { $0[place] } ?? [])
            }
        }
        #expect(columns.allSatisfy { $0.values.count == 70 && $0.values.contains(.null) && $0.values.last != .null })
        try await Self.compare(fixture, .post, "/factors/calculate", body,
                               times: answer["ts"]?.elements.compactMap(\.text) ?? [], columns: columns)
        await fixture.stop()
    }

    /// The values of a job, and the history of one of its factors.
    @Test @LoopActor func valuesOfJobsAreTables() async throws {
        let fixture = try await Self.filled(), list = Self.factors.map { "\"\($0)\"" }.joined(separator: ",")
        var path = ""
        for day in ["2020-03-04", "2020-03-06"] {
            let job = try await fixture.json(
                .factor, .post, "/factors/batch",
                "{\"universe\":\"stored\",\"factors\":[\(list)],\"as_of\":\"\(day)\"}", status: 202)
            path = "/factors/jobs/" + (try #require(job["job_id"]?.text))
            try await fixture.until("the job is done") {
                try await fixture.json(.factor, .get, path)["state"]?.text == "finished"
            }
        }
        let page = try await fixture.json(.factor, .get, path + "/values")
        let items = page["items"]?.elements ?? []
        try await Self.compare(
            fixture, .get, path + "/values", times: [page["ts"]?.text ?? ""],
            columns: items.flatMap { item in
                ["AAPL", "GOOG"].enumerated().map { place, symbol in
                    (name: "\(item["factor"]?.text ?? "")/\(symbol)", values: [item["values"]?[place] ?? .null])
                }
            })
        let query = "factor=zscore.63.raw@bars.close"
        let history = try await fixture.json(.factor, .get, path + "/values", query: query)
        #expect(history["ts"]?.elements.count == 2 && history["values"]?[1]?[0]?.double != nil)
        try await Self.compare(
            fixture, .get, path + "/values", query: query, times: history["ts"]?.elements.compactMap(\.text) ?? [],
            columns: ["AAPL", "GOOG"].enumerated().map { place, symbol in
                (name: symbol, values: history["values"]?.elements.compactMap { $0[place] } ?? [])
            })
        await fixture.stop()
    }
}
