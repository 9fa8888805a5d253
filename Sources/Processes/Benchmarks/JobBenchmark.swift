import EngineKit
import HTTP
import Hosting
import Quant
import Runtime
import Wire

/// `factors.job`, `.date` and `.read`: seconds of a job of 10,000 factors over 21 instruments from its POST until it is
/// finished, of another date of the same factors over the same instruments, and of reading all its values in pages of
/// 1,000. Over sockets to a factor engine and a market data engine in a process of their own.
@LoopActor func jobBenchmarks(
    folder: String, factors count: Int = 10_000, symbols: Int = 21, bars: Int = 2520, runs: Int = 5
) async throws -> [Measurement] {
    let server = try await EngineServer(.factor, with: [.marketdata], folder: folder)
    defer { server.stop() }
    for index in 0..<symbols {
        try await storeBars(index, bars, server)
        try await storeFacts(index, server)
    }
    let names = try await factorNames(count, server)
    var first: [Double] = [], again: [Double] = [], reads: [Double] = [], small: [Double] = [], bytes = 0
    for run in 0..<runs {
        // Another group makes another universe: each first job makes its series.
        let newest = try await job(names, symbols, group: "g\(run)", daysBack: 0, server)
        first.append(newest.seconds)
        again.append(try await job(names, symbols, group: "g\(run)", daysBack: 7, server).seconds)
        let read = try await readValues(newest.id, page: 1000, server)
        guard read.items == count else { throw StartError(.software, "\(read.items) items of \(count) factors") }
        reads.append(read.seconds)
        bytes = read.bytes
        small.append(try await readValues(newest.id, page: 100, server).seconds)
    }
    let context = [
        ("factors", "\(count)"), ("symbols", "\(symbols)"), ("bars", "\(bars)"),
        ("durability", "the values are flushed to disk"),
    ]
    func figure(_ name: String, _ times: [Double], _ more: [(String, String)] = []) -> Measurement {
        Measurement(name, middle(times), "s", runs: runs, context: context + more + [
            ("least", "\(times.min() ?? 0)"), ("most", "\(times.max() ?? 0)"),
        ])
    }
    return [
        figure("factors.job", first), figure("factors.job.date", again),
        figure("factors.job.read", reads, [("bytes", "\(bytes)"), ("pages_of_100", "\(middle(small))")]),
    ]
}

/// The day of a benchmark's bar, in epoch milliseconds, from 2010-01-01 on.
private func day(_ row: Int) -> Int { 1_262_304_000_000 + row * 86_400_000 }

@LoopActor private func storeBars(_ index: Int, _ count: Int, _ server: EngineServer) async throws {
    let bars = walkBars(count, seed: UInt64(index + 1))
    var json = JSONWriter(capacity: count * 96)
    json.object { json in
        json.field("symbol", "S\(index)")
        json.field("timeframe", "1d")
        json.object("bars") { json in
            json.array("ts", 0..<count) { json, row in json.int(day(row)) }
            for (name, column) in [
                ("open", bars.open), ("high", bars.high), ("low", bars.low), ("close", bars.close), ("volume", bars.volume),
            ] {
                json.key(name)
                json.doubles(column)
            }
        }
    }
    try await server.post("/market-data/import", String(decoding: json.bytes, as: UTF8.self), to: .marketdata)
}

/// Ten years' figures of an instrument, filed 60 days after each year's end.
@LoopActor private func storeFacts(_ index: Int, _ server: EngineServer) async throws {
    var json = JSONWriter(capacity: 1 << 16)
    json.object { json in
        json.array("facts", 0..<10 * FactConcept.allCases.count) { json, place in
            let year = place / FactConcept.allCases.count, row = (year - 2) * 365
            let concept = FactConcept.allCases[place % FactConcept.allCases.count]
            json.object { json in
                json.field("symbol", "S\(index)")
                json.field("concept", concept.rawValue)
                json.field("period_end", day(row))
                json.field("filed_at", day(row + 60))
                json.field("value", 1000 + (place * 37 + index * 11) % 500)
            }
        }
    }
    try await server.post("/market-data/facts", String(decoding: json.bytes, as: UTF8.self), to: .marketdata)
}

/// Factors of the catalogue that stored bars and facts can compute, bars first.
@LoopActor private func factorNames(_ count: Int, _ server: EngineServer) async throws -> [String] {
    var names: [String] = [], seen: Set<String> = []
    for source in ["bars", "facts"] {
        var cursor: String?
        repeat {
            let query = "source=\(source)&limit=1000" + (cursor.map { "&cursor=\($0)" } ?? "")
            let page = try await get("/factors/catalog", query, server)
            cursor = try JSONParser().withDocument(page) { json in
                json.member("items")?.forEachElement { item in
                    guard item.member("computable")?.bool == true, let id = item.member("id")?.string else { return }
                    if seen.insert(id).inserted { names.append(id) }
                }
                return json.member("next_cursor")?.string
            }
        } while names.count < count && cursor != nil
    }
    guard names.count >= count else { throw StartError(.software, "\(names.count) factors can be computed") }
    return Array(names.prefix(count))
}

/// Runs a job to its end.
@LoopActor private func job(
    _ names: [String], _ symbols: Int, group: String, daysBack: Int, _ server: EngineServer
) async throws -> (id: String, seconds: Double) {
    var json = JSONWriter(capacity: names.count * 48)
    json.object { json in
        json.strings("symbols", (0..<symbols).map { "S\($0)" })
        json.object("groups") { json in json.object("S0") { json in json.field("sector", group) } }
        json.strings("factors", names)
        json.field("as_of", day(2519 - daysBack))
    }
    let clock = SystemClock(), start = clock.monotonic
    let response = try await server.send(Request(
        method: .post, path: "/factors/batch", headers: ["Host": "localhost", "Content-Type": "application/json"],
        body: json.bytes))
    let id = try JSONParser().withDocument(response.body) { $0.member("job_id")?.string }
    guard response.status == 202, let id else {
        throw StartError(.software, "/factors/batch answered \(String(decoding: response.body, as: UTF8.self))")
    }
    while true {
        let state = try JSONParser().withDocument(try await get("/factors/jobs/\(id)", "", server)) {
            $0.member("state")?.string ?? ""
        }
        if state == "finished" { return (id, Double(clock.monotonic - start) / 1e9) }
        guard ["queued", "running"].contains(state) else { throw StartError(.software, "the job is \(state)") }
        await clock.sleep(nanoseconds: 2_000_000)
    }
}

/// Reads every value of a job.
@LoopActor private func readValues(
    _ id: String, page: Int, _ server: EngineServer
) async throws -> (seconds: Double, items: Int, bytes: Int) {
    let clock = SystemClock()
    var cursor: String?, items = 0, bytes = 0, spent: Int64 = 0
    repeat {
        let query = "limit=\(page)" + (cursor.map { "&cursor=\($0)" } ?? ""), start = clock.monotonic
        let body = try await get("/factors/jobs/\(id)/values", query, server)
        spent += clock.monotonic - start
        bytes += body.count
        cursor = try JSONParser().withDocument(body) { json in
            json.member("items")?.forEachElement { _ in items += 1 }
            return json.member("next_cursor")?.string
        }
    } while cursor != nil
    return (Double(spent) / 1e9, items, bytes)
}

@LoopActor private func get(_ path: String, _ query: String, _ server: EngineServer) async throws -> [UInt8] {
    let response = try await server.send(Request(
        method: .get, path: path, query: query, headers: ["Host": "localhost"]))
    guard response.status == 200 else {
        throw StartError(.software, "\(path) answered \(String(decoding: response.body, as: UTF8.self))")
    }
    return response.body
}
