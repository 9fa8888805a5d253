public import HTTP
public import Market
public import Runtime
import Wire

/// Which bars to replay, how fast.
public struct ReplayRequest: Sendable {
    public let symbol: Symbol, timeframe: Timeframe
    /// Bars a second; 0 is as fast as acknowledged.
    public let speed: Double

    public init(symbol: Symbol, timeframe: Timeframe, speed: Double) {
        self.symbol = symbol
        self.timeframe = timeframe
        self.speed = speed
    }
}

/// What `--sample` and `--replay` do: through the services' own routes, like any caller.
@LoopActor public final class SampleSession {
    /// The rule that the sample strategy trades.
    public nonisolated static let definition = """
        {"symbol":"GOOG","timeframe":"1d","entry":"sma(close,10) > sma(close,30)",\
        "exit":"sma(close,10) < sma(close,30)","commission_bps":5,"slippage_bps":1}
        """
    /// What a sample portfolio starts with.
    public nonisolated static let cash = 100_000
    private static let deadline: Int64 = 60_000_000_000

    private let peers: any PeerClient
    private let assets: Assets
    private let wants: Bool

    public init(_ peers: any PeerClient, assets: Assets, wants: Bool) {
        self.peers = peers
        self.assets = assets
        self.wants = wants
    }

    // MARK: Loading

    /// Loads sample prices that are not stored yet, and a portfolio, a limit and a strategy. Safe to repeat.
    public func load() async throws {
        guard wants else { return }
        let files = try Self.check(assets)
        let stored = try await storedSeries()
        for file in files {
            let parts = file.split(separator: ".").map(String.init)
            guard parts.count == 3, !stored.contains("\(parts[0]).\(parts[1])"),
                let bytes = assets.read("sample/\(file)")
            else { continue }
            _ = try await ask(.marketdata, .post, "/market-data/import",
                query: "symbol=\(parts[0])&timeframe=\(parts[1])",
                              type: "text/csv", bytes)
        }
        try await portfolio("sample", name: "Sample", first: "2004-08-19")
        _ = try await ask(.risk, .put, "/api/v1/risk/limits/sample-gross", allow: [404], """
            {"type":"leverage","threshold":1.5,"scope":"all"}
            """)
        _ = try await ask(.risk, .post, "/api/v1/risk/limits", allow: [409], """
            {"id":"sample-gross","type":"leverage","threshold":1.5,"scope":"all"}
            """)
        _ = try await ask(.strategy, .post, "/api/v1/strategies/versions/sample-cross", """
            {"operation":"commit","message":"10 over 30","definition":\(Self.definition)}
            """)
    }

    /// The engines that it is loaded into.
    public nonisolated static let engines: [EngineName] = [.marketdata, .strategy, .risk, .portfolio]

    /// The files of sample prices. Throws 66 where there are none.
    @discardableResult
    public nonisolated static func check(_ assets: Assets) throws(StartError) -> [String] {
        let files = assets.list("sample").filter { $0.hasSuffix(".csv") }
        if files.isEmpty { throw StartError(.noInput, "there are no sample prices; run scripts/setup.sh run") }
        return files
    }

    private func storedSeries() async throws -> Set<String> {
        let bytes = try await ask(.marketdata, .get, "/market-data/symbols", query: "limit=1000", [])
        return try JSONParser().withDocument(bytes) { root in
            var names: Set<String> = []
            root.member("items")?.forEachElement { item in
                names.insert("\(item.member("symbol")?.string ?? "").\(item.member("timeframe")?.string ?? "")")
            }
            return names
        }
    }

    private func portfolio(_ id: String, name: String, first: String) async throws {
        _ = try await ask(.portfolio, .post, "/portfolios", allow: [409], """
            {"id":"\(id)","name":"\(name)","currency":"USD","watch":["GOOG"]}
            """)
        _ = try await ask(.portfolio, .post, "/portfolios/\(id)/transactions", key: "sample-deposit-\(id)", """
            {"type":"deposit","amount":\(Self.cash),"currency":"USD","ts":"\(first)"}
            """)
    }

    // MARK: Replaying

    /// A replay that runs.
    public struct Begun: Sendable {
        let request: ReplayRequest, id: String, start: Int64
        /// What a fresh deployment trades for; nil where none does.
        let portfolio: String?
    }

    /// Replays stored bars to the end; see `begin` and `end`.
    public func replay(_ request: ReplayRequest) async throws -> String { try await end(of: begin(request)) }

    /// Starts a replay of stored bars. With the sample, a fresh portfolio and deployment trade them. Throws 65 where no
    /// such bars are stored.
    public func begin(_ request: ReplayRequest) async throws -> Begun {
        let start = SystemClock().monotonic
        let trades = wants && request.symbol.text == "GOOG" && request.timeframe == .day1
        let portfolio = trades ? "replay-\(SystemClock().now.nanoseconds / 1_000_000)" : ""
        if trades {
            try await stopOthers()
            try await self.portfolio(portfolio, name: "Replay", first: "2004-08-19")
            _ = try await ask(.strategy, .post, "/api/v1/strategies/deploy", """
                {"strategy_id":"sample-cross","portfolio_id":"\(portfolio)","mode":"direct","trading_mode":"paper","warm_up":false}
                """)
        }
        let body = """
            {"symbol":"\(request.symbol)","timeframe":"\(request.timeframe.rawValue)","speed":\(request.speed)}
            """
        let started = try await answer(.marketdata, .post, "/market-data/replay", allow: [404], Array(body.utf8))
        if started.status == 404 {
            throw StartError(.data, "no \(request.timeframe.rawValue) bars of \(request.symbol) are stored to replay")
        }
        let id = try JSONParser().withDocument(started.body) { $0.member("id")?.string ?? "" }
        return Begun(request: request, id: id, start: start, portfolio: trades ? portfolio : nil)
    }

    /// Waits for the end of a replay; one line tells it, and what a portfolio that traded came to.
    public func end(of begun: Begun) async throws -> String {
        let request = begun.request, end = try await wait(for: begun.id)
        var json = JSONWriter()
        json.beginObject()
        json.key("replay")
        json.beginObject()
        json.key("symbol")
        json.string(request.symbol.text)
        json.key("timeframe")
        json.string(request.timeframe.rawValue)
        json.key("state")
        json.string(end.state)
        json.key("bars")
        json.int(end.sent)
        json.key("seconds")
        json.double(Double(SystemClock().monotonic - begun.start) / 1e9)
        json.endObject()
        if let portfolio = begun.portfolio { try await settle(portfolio, bars: end.sent, &json) }
        json.endObject()
        return String(decoding: json.bytes, as: UTF8.self)
    }

    /// Deployments of the sample strategy from earlier replays stop, so that only the new one trades.
    private func stopOthers() async throws {
        let bytes = try await ask(.strategy, .get, "/api/v1/strategies/deployments", query: "limit=1000", [])
        var running: [String] = []
        try JSONParser().withDocument(bytes) { root in
            root.member("items")?.forEachElement { item in
                if item.member("strategy_id")?.string == "sample-cross", item.member("state")?.string == "running",
                   let id = item.member("id")?.string { running.append(id) }
            }
        }
        for id in running { _ = try await ask(.strategy, .post, "/api/v1/strategies/deployments/\(id)/stop", []) }
    }

    private func wait(for id: String) async throws -> (state: String, sent: Int) {
        while true {
            let bytes = try await ask(.marketdata, .get, "/market-data/replay/\(id)", [])
            let (state, sent) = try JSONParser().withDocument(bytes) { root in
                (root.member("state")?.string ?? "", root.member("sent")?.int ?? 0)
            }
            if state != "running" { return (state, sent) }
            await SystemClock().sleep(nanoseconds: 50_000_000)
            try Task.checkCancellation()
        }
    }

    /// Waits until the books have folded the last bar and every fill, then writes what the portfolio came to.
    private func settle(_ portfolio: String, bars: Int, _ json: inout JSONWriter) async throws {
        for _ in 0..<600 {
            let summary = try await ask(
                .analytics, .get, "/api/v1/sprint3/analytics/portfolio/\(portfolio)/summary", allow: [404], [])
            let book = try await ask(.portfolio, .get, "/portfolios/\(portfolio)", [])
            let trades = try JSONParser().withDocument(book) { $0.member("trades")?.int ?? 0 }
            let filled = try await self.filled(portfolio)
            let (points, told) = try JSONParser().withDocument(summary) { root in
                (root.member("points")?.int ?? 0, root.member("pnl")?.member("trades")?.int ?? 0)
            }
            if trades == filled && told == filled && points >= bars {
                json.key("portfolio")
                json.raw(book)
                json.key("analytics")
                json.raw(summary)
                return
            }
            await SystemClock().sleep(nanoseconds: 50_000_000)
            try Task.checkCancellation()
        }
        throw StartError(.temporary, "the books of \(portfolio) did not settle in 30 s")
    }

    private func filled(_ portfolio: String) async throws -> Int {
        var count = 0, cursor: String?
        repeat {
            let query = "limit=1000" + (cursor.map { "&cursor=\($0)" } ?? "")
            let bytes = try await ask(.strategy, .get, "/orders", query: query, [])
            cursor = try JSONParser().withDocument(bytes) { root in
                root.member("items")?.forEachElement { order in
                    if order.member("portfolio_id")?.string == portfolio,
                        order.member("state")?.string == "filled" { count += 1 }
                }
                return root.member("next_cursor")?.string
            }
        } while cursor != nil
        return count
    }

    // MARK: Asking

    private func ask(
        _ engine: EngineName, _ method: HTTP.Method, _ path: String, query: String = "", key: String? = nil,
        allow: [Int] = [], _ body: String
    ) async throws -> [UInt8] {
        try await ask(engine, method, path, query: query, key: key, allow: allow, Array(body.utf8))
    }

    private func ask(
        _ engine: EngineName, _ method: HTTP.Method, _ path: String, query: String = "",
            type: String = "application/json",
        key: String? = nil, allow: [Int] = [], _ body: [UInt8]
    ) async throws -> [UInt8] {
        try await answer(engine, method, path, query: query, type: type, key: key, allow: allow, body).body
    }

    private func answer(
        _ engine: EngineName, _ method: HTTP.Method, _ path: String, query: String = "",
        type: String = "application/json", key: String? = nil, allow: [Int] = [], _ body: [UInt8]
    ) async throws -> Response {
        var headers: Headers = ["Host": "localhost"]
        if !body.isEmpty { headers.add("Content-Type", type) }
        if let key { headers.add("Idempotency-Key", key) }
        let request = Request(method: method, path: path, query: query, headers: headers, body: body)
        let response: Response
        do throws(PeerError) {
            response = try await peers.send(request, to: engine, deadlineNanoseconds: Self.deadline)
        } catch {
            throw StartError(.unavailable, "\(method.rawValue) \(path) of \(engine.rawValue) failed: \(error)")
        }
        if response.status == 401 { throw StartError.noKey }
        if response.status >= 300 && !allow.contains(response.status) {
            throw StartError(.software, "\(method.rawValue) \(path) of \(engine.rawValue) answered \(response.status): "
                + String(decoding: response.body.prefix(500), as: UTF8.self))
        }
        return response
    }
}
