import HTTP
import Hosting
import Quant
import Runtime
import Wire

/// `features.calculate.json` and `.arrow`: ms for a whole request of POST /features/calculate with 2,520 bars sent
/// along and 50 features, over a socket to a server in a process of its own, up to the answer's last byte.
@LoopActor func calculateBenchmarks(
    folder: String, bars count: Int = 2520, runs: Int = 500
) async throws -> [Measurement] {
    let server = try await EngineServer(.features, folder: folder)
    defer { server.stop() }
    let names = ["sma", "ema", "wma", "rsi", "mom", "roc", "stddev", "linearreg", "ts_zscore", "ts_rank"]
    let features = names.flatMap { name in [5, 10, 14, 20, 50].map { "\(name)(close,\($0))" } }
    let body = calculateBody(features, bars: count)
    var figures: [Measurement] = []
    for (name, type) in [("json", "application/json"), ("arrow", "application/vnd.apache.arrow.stream")] {
        let request = Request(
            method: .post, path: "/features/calculate",
            headers: ["Host": "localhost", "Content-Type": "application/json", "Accept": type], body: body)
        var times: [Double] = [], bytes = 0
        let stolen = StolenTime()
        for _ in 0..<(runs + runs / 10) {
            let start = SystemClock().monotonic
            let response = try await server.send(request)
            times.append(Double(SystemClock().monotonic - start) / 1e6)
            guard response.status == 200 else {
                throw StartError(.software, "features/calculate answered \(response.status)")
            }
            bytes = response.body.count
        }
        times.removeFirst(runs / 10)
        figures.append(Measurement(
            "features.calculate.\(name)", middle(times), "ms", runs: runs, p50: middle(times),
            p99: quantile(times, 0.99), context: [
                ("bars", "\(count)"), ("features", "\(features.count)"), ("bytes_in", "\(body.count)"),
                ("bytes_out", "\(bytes)"), ("stolen_percent", stolen.percent),
            ]))
    }
    return figures
}

/// The request's body: bars of a walk, their prices in hundredths of a cent.
private func calculateBody(_ features: [String], bars count: Int) -> [UInt8] {
    let bars = walkBars(count)
    var json = JSONWriter(capacity: count * 64)
    json.beginObject()
    json.key("bars")
    json.beginObject()
    json.key("ts")
    json.beginArray()
    for row in 0..<count { json.int(1_000_000_000_000 + row * 86_400_000) }
    json.endArray()
    for (name, column) in [("open", bars.open), ("high", bars.high), ("low", bars.low), ("close", bars.close),
                           ("volume", bars.volume)] {
        json.key(name)
        json.doubles(column.map { ($0 * 1e4).rounded() / 1e4 })
    }
    json.endObject()
    json.key("features")
    json.beginArray()
    for feature in features { json.string(feature) }
    json.endArray()
    json.endObject()
    return json.bytes
}
