import EngineKit
import Glibc
import HTTP
import Hosting
import Market
import Runtime
import Wire

/// `e2e.tick_to_order`: µs from a quote's receive time to the approved order, through market data, strategy and risk
/// with their records, embedded or over Redis (the engines in one process, every message through Redis). Every quote
/// asks for an order, which is filled and booked meanwhile; `pauseMilliseconds` after each answer the next one comes.
/// In a pause that is long enough a `BareLoop` runs.
@LoopActor func tickToOrderBenchmark(
    folder: String, redisURL: String?, quotes: Int, pauseMilliseconds: Int64
) async throws -> Measurement {
    let data = "\(folder)/tick-to-order-\(getpid())"
    // Of a process that was killed and had the same number.
    removeFolder(data)
    var settings = ["NAUTILUS_DATA_DIR": data, "NAUTILUS_LOG_LEVEL": "error",
                    "NAUTILUS_ENGINES": "marketdata,strategy,risk,portfolio"]
    if let redisURL { settings["NAUTILUS_REDIS_URL"] = redisURL }
    for (index, name) in EngineName.allCases.enumerated() {
        settings["NAUTILUS_\(name.rawValue.uppercased())_PORT"] = "\(18_900 + index)"
    }
    let configuration = try Configuration(environment: settings)
    let platform = Platform(configuration, configuration.engines,
        folder: try DataFolder(configuration, environment: [:]))
    try await platform.start()
    await platform.ready()
    let peers = platform.peers
    try await prepare(peers)
    let histogram = TickProbe(peers)
    let before = try await histogram.latencies()
    precondition(before.isEmpty)
    let base = SystemClock().now
    let start = SystemClock().monotonic, stolenTime = StolenTime()
    var bareLoop = BareLoop()
    for index in 0..<quotes {
        // The price alternates, so that every quote crosses the strategy's line and asks for an order.
        let price = index % 2 == 0 ? 101.0 : 99.0
        let body = """
            {"symbol":"TICK","ts":"\(base.adding(nanoseconds: Int64(index) * 1_000_000).iso8601)","bid":\(price - 0.01),"ask":\(price + 0.01)}
            """
        _ = try await peers.send(Request(
            method: .post, path: "/market-data/quotes",
                headers: ["Host": "localhost", "Content-Type": "application/json"],
            body: Array(body.utf8)), to: .marketdata, deadlineNanoseconds: 5_000_000_000)
        await SystemClock().sleep(nanoseconds: pauseMilliseconds * 1_000_000)
        if pauseMilliseconds < 5 { continue }
        // Late, as an order that is still on its way would wait for it.
        bareLoop.run()
        await SystemClock().sleep(nanoseconds: 1_000_000)
    }
    let rate = Double(quotes) * 1e9 / Double(SystemClock().monotonic - start)
    let stolen = stolenTime.percent
    let times = try await histogram.latencies()
    await platform.stop()
    removeFolder(data)
    let warm = Array(times.dropFirst(100))
    guard warm.count > 100 else {
        throw StartError(.software, "tick_to_order saw only \(times.count) orders")
    }
    return Measurement(
        "e2e.tick_to_order", quantile(warm, 0.5), "µs", runs: warm.count, p50: quantile(warm, 0.5),
        p99: quantile(warm, 0.99), context: [
            ("transport", redisURL == nil ? "embedded" : "redis"), ("orders", "\(warm.count)"),
            ("quotes_per_second", "\(Int(rate.rounded()))"), ("stolen_percent", stolen),
        ] + bareLoop.context + [
            ("durability", "each engine's commit is in SQLite's log: it survives a killed process")])
}

@LoopActor private func prepare(_ peers: any PeerClient) async throws {
    func post(_ engine: EngineName, _ path: String, _ body: String) async throws {
        let response = try await peers.send(Request(
            method: .post, path: path, headers: ["Host": "localhost", "Content-Type": "application/json"],
            body: Array(body.utf8)), to: engine, deadlineNanoseconds: 10_000_000_000)
        guard response.status < 300 else {
            throw StartError(.software,
                "\(path) answered \(response.status): \(String(decoding: response.body, as: UTF8.self))")
        }
    }
    try await post(.portfolio, "/portfolios", #"{"id":"bench","name":"Bench","currency":"USD"}"#)
    try await post(.portfolio, "/portfolios/bench/transactions",
        #"{"type":"deposit","amount":1000000,"currency":"USD"}"#)
    try await post(.risk, "/api/v1/risk/limits", #"{"type":"leverage","threshold":3,"scope":"all"}"#)
    try await post(.risk, "/api/v1/risk/limits", #"{"type":"gross_exposure","threshold":100000000,"scope":"all"}"#)
    try await post(.strategy, "/api/v1/strategies/versions/tick", """
        {"operation":"commit","definition":{"symbol":"TICK","timeframe":"1m","trigger":"quote","entry":"close > 100",\
        "exit":"close < 100","sizing":{"cash_fraction":0.1}}}
        """)
    try await post(.strategy, "/api/v1/strategies/deploy",
        #"{"strategy_id":"tick","portfolio_id":"bench","capital":10000}"#)
}

/// Reads the strategy engine's own record of tick-to-order times.
@LoopActor private struct TickProbe {
    let peers: any PeerClient
    init(_ peers: any PeerClient) { self.peers = peers }

    /// Microseconds of every order so far, oldest first.
    func latencies() async throws -> [Double] {
        let response = try await peers.send(
            Request(method: .get, path: "/api/v1/strategies/latencies", headers: ["Host": "localhost"]), to: .strategy,
            deadlineNanoseconds: 5_000_000_000)
        return try JSONParser().withDocument(response.body) { root in
            var out: [Double] = []
            root.member("tick_to_order_micros")?.forEachElement { out.append($0.double ?? 0) }
            return out
        }
    }
}
