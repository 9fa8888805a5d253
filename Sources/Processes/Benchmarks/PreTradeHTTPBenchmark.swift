import EngineKit
import HTTP
import Hosting
import Quant
import Runtime
import Wire

/// `risk.pretrade.http`: ms for a whole POST of the pre-trade check, up to the answer's last byte, over a socket to a
/// risk engine in a process of its own, on a portfolio of 1,000 positions under 18 limits. The portfolio engine beside
/// it has booked the positions, and the market data engine holds a year of daily bars of each and has told the last
/// two: risk hears of all that and asks for returns as in life.
@LoopActor func preTradeHTTPBenchmark(
    folder: String, positions: Int = 1000, runs: Int = 5000
) async throws -> Measurement {
    let server = try await EngineServer(.risk, with: [.portfolio, .marketdata], folder: folder)
    defer { server.stop() }
    try await book(positions, server)
    for (index, limit) in judgeableLimits.enumerated() {
        try await server.post("/api/v1/risk/limits", #"{"id":"l\#(index)","warn_at":1,\#(limit)}"#)
    }
    try await waitUntilTold(positions, server)
    var times: [Double] = [], bytes = 0
    let stolen = StolenTime()
    for index in 0..<(runs + runs / 10) {
        let request = preTradeRequest("S\(index * 37 % positions)", index % 2 == 0 ? "buy" : "sell")
        let start = SystemClock().monotonic
        let response = try await server.send(request)
        times.append(Double(SystemClock().monotonic - start) / 1e6)
        let judged = try JSONParser().withDocument(response.body) { json in
            var count = 0
            json.member("checks")?.forEachElement { _ in count += 1 }
            return json.member("allowed")?.bool == true ? count : 0
        }
        guard judged == judgeableLimits.count else {
            throw StartError(.software, "a pre-trade check answered \(String(decoding: response.body, as: UTF8.self))")
        }
        bytes = response.body.count
    }
    times.removeFirst(runs / 10)
    return Measurement(
        "risk.pretrade.http", middle(times), "ms", runs: runs, p50: middle(times), p99: quantile(times, 0.99),
        context: [("positions", "\(positions)"), ("limits", "\(judgeableLimits.count)"), ("returns", "252"),
                  ("bytes_out", "\(bytes)"), ("stolen_percent", stolen.percent)])
}

/// Eighteen limits on what a portfolio engine and bars tell: 15 types on the whole portfolio, one of them by another
/// method too, one on an instrument too, and arithmetic.
private let judgeableLimits: [String] = [
    "gross_exposure", "net_exposure", "leverage", "position_size", "position_weight", "sector_concentration",
    "herfindahl", "value_at_risk", "expected_shortfall", "max_drawdown", "daily_loss", "volatility", "turnover", "order_size",
    "order_rate",
].map { #""type":"\#($0)","threshold":1e12"# } + [
    #""type":"value_at_risk","threshold":1e12,"method":"historical","confidence":0.95"#,
    #""type":"gross_exposure","threshold":1e12,"scope":"symbol:S1""#,
    #""type":"expression","threshold":1e12,"expression":"max(gross_exposure, order_size) / equity""#,
]

private func preTradeRequest(_ symbol: String, _ side: String) -> Request {
    let body = """
        {"portfolio_id":"bench","order":{"symbol":"\(symbol)","side":"\(side)","quantity":100,"price":25}}
        """
    return Request(
        method: .post, path: "/api/v1/sprint3/risk/pre-trade-check",
        headers: ["Host": "localhost", "Content-Type": "application/json"], body: Array(body.utf8))
}

/// The bars of an instrument, days from 2020-01-02 on.
private func preTradeBars(_ index: Int) -> Bars { walkBars(253, seed: UInt64(index)) }

/// What is bought of an instrument.
private func preTradeQuantity(_ index: Int) -> Int { 100 + index % 7 * 100 }

/// Buys each instrument in a portfolio, stores a year of its daily bars, and has the last two told.
@LoopActor private func book(_ positions: Int, _ server: EngineServer) async throws {
    try await server.post("/portfolios", #"{"id":"bench","name":"Bench","currency":"USD"}"#, to: .portfolio)
    let path = "/portfolios/bench/transactions"
    try await server.post(path, #"{"type":"deposit","amount":100000000,"ts":"2020-01-02"}"#, to: .portfolio)
    for index in 0..<positions {
        try await server.post(path, """
            {"type":"buy","symbol":"S\(index)","quantity":\(preTradeQuantity(index)),"price":25,"ts":"2020-01-02"}
            """, to: .portfolio)
        let bars = preTradeBars(index)
        var json = JSONWriter(capacity: 253 * 64)
        json.object { json in
            json.field("symbol", "S\(index)")
            json.field("timeframe", "1d")
            json.object("bars") { json in
                json.array("ts", 0..<253) { json, day in json.int(1_577_923_200_000 + day * 86_400_000) }
                for (name, column) in [
                    ("open", bars.open), ("high", bars.high), ("low", bars.low), ("close", bars.close),
                    ("volume", bars.volume),
                ] {
                    json.key(name)
                    json.doubles(column)
                }
            }
        }
        try await server.post("/market-data/import", String(decoding: json.bytes, as: UTF8.self), to: .marketdata)
        let from = 1_577_923_200_000 + 251 * 86_400_000
        let replay = #"{"symbol":"S\#(index)","timeframe":"1d","speed":0,"from":\#(from)}"#
        try await server.post("/market-data/replay", replay, to: .marketdata)
    }
}

/// Returns when risk counts all that was bought at its last close.
@LoopActor private func waitUntilTold(_ positions: Int, _ server: EngineServer) async throws {
    let wanted = (0..<positions).reduce(0) { $0 + Double(preTradeQuantity($1)) * preTradeBars($1).close[252] }
    let deadline = SystemClock().monotonic + 60_000_000_000
    while SystemClock().monotonic < deadline {
        let response = try await server.send(Request(
            method: .get, path: "/api/v1/sprint3/risk/realtime/bench", headers: ["Host": "localhost"]))
        let found = try JSONParser().withDocument(response.body) {
            $0.member("metrics")?.member("gross_exposure")?.double
        }
        if let found, abs(found / wanted - 1) < 1e-9 { return }
        await SystemClock().sleep(nanoseconds: 100_000_000)
    }
    throw StartError(.unavailable, "risk was not told of all positions within 60 s")
}
