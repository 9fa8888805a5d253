import Boosting
import Bus
import EngineKit
import HTTP
import Market
import MarketData
import Reports
import Runtime
import Security
import Store
import StorePostgres
import StoreSQLite
import Synchronization
import Telemetry
import Testing
import TestKit
import Wire

/// Where the engines of a fixture keep their records.
enum EngineRecords: CaseIterable, Sendable {
    case sqlite, postgres

    private static let fixtures = Atomic<Int>(0)

    /// Those that this machine has.
    static var here: [EngineRecords] { PostgresServer.programs == nil ? [.sqlite] : allCases }

    /// The number of the next fixture: each has schemas of its own.
    static func next() -> Int { fixtures.wrappingAdd(1, ordering: .relaxed).newValue }

    @LoopActor func open(_ name: EngineName, _ fixture: Int) async throws -> any RecordStore {
        switch self {
        case .sqlite:
            return try await SQLiteRecordStore.open(SQLiteConfiguration(path: ":memory:"))
        case .postgres:
            return try await PostgresRecordStore.open(PostgresConfiguration(
                url: PostgresServer.shared().url, schema: "fixture_\(fixture)_\(name.rawValue)"))
        }
    }
}

/// Engines of a fixture, and what answers in place of others.
@LoopActor private final class FixturePeers: PeerClient {
    let engines = LocalPeers()
    var standIns: [EngineName: @LoopActor (Request) async -> Response?] = [:]

    func send(
        _ request: Request, to engine: EngineName, deadlineNanoseconds: Int64
    ) async throws(PeerError) -> Response {
        guard let standIn = standIns[engine] else {
            return try await engines.send(request, to: engine, deadlineNanoseconds: deadlineNanoseconds)
        }
        guard let response = await standIn(request) else { throw .timedOut }
        return response
    }
}

/// Engines in one process without sockets: a bus and stores in memory, a clock by hand, the same identifiers every run.
/// Market data always runs, with bars in memory; what engines publish for people is kept.
@LoopActor final class EngineFixture {
    let clock = ManualClock()
    let bus: MemoryBus
    private(set) var hosts: [EngineName: EngineHost] = [:]
    private(set) var published: [Message] = []
    private let identifiers = SeededIdentifiers(seed: 11)
    private let peers = FixturePeers()
    private let logger: Logger
    let log = MemoryLogSink()

    /// Brings up market data and `types` and waits until all are ready. `wrap` may put something between `types` and
    /// their records.
    static func make(
        _ types: [any Engine.Type], records: EngineRecords = .sqlite, courier: any NoticeCourier = NoCourier(),
        wrap: (any RecordStore) -> any RecordStore = { $0 }
    ) async throws -> EngineFixture {
        let all: [any Engine.Type] = [MarketDataEngine.self] + types
        let fixture = EngineFixture(all.map { $0.name })
        let number = EngineRecords.next()
        for type in all {
            let isMarketData = type.name == .marketdata
            let store = try await (isMarketData ? .sqlite : records).open(type.name, number)
            try await fixture.add(type, isMarketData ? store : wrap(store), courier)
        }
        await fixture.bus.start()
        for host in fixture.hosts.values { host.start() }
        for host in fixture.hosts.values { await host.ready() }
        return fixture
    }

    private init(_ names: [EngineName]) {
        let clock = clock, log = log
        logger = Logger(engine: "test", level: .warning, sink: log, now: { clock.now })
        bus = MemoryBus(families: Topics.all, groups: Topics.groups(of: names), clock: clock, identifiers: identifiers,
                        metrics: MetricsRegistry(), logger: logger)
    }

    private func add(
        _ type: any Engine.Type, _ records: any RecordStore, _ courier: any NoticeCourier
    ) async throws {
        let name = type.name
        let context = EngineContext(
            name: name, configuration: try Configuration(environment: [:]), clock: clock, identifiers: identifiers,
            logger: logger.named(name.rawValue), registry: MetricsRegistry(), bus: bus,
            records: records,
            series: [.marketdata, .factor].contains(name) ? MemorySeriesStore() : nil, peers: peers, digest: { Digest.sha256($0) },
            press: ReportPress(), booster: XGBoostBooster(), courier: courier)
        let host = EngineHost(type, context, access: AccessPolicy())
        hosts[name] = host
        peers.engines.add(name, host.application)
    }

    /// Answers in place of an engine that does not run; nil is an answer that gets lost.
    func stand(in name: EngineName, _ answer: @escaping @LoopActor (Request) async -> Response?) {
        peers.standIns[name] = answer
    }

    /// Keeps what is published in these families from now on.
    func listen(_ families: [TopicFamily]) throws {
        try bus.subscribe(Subscription(group: "test", families: families) { [weak self] in self?.published += $0 })
    }

    func stop() async {
        for host in hosts.values { await host.stop() }
        await bus.stop()
        for host in hosts.values { await host.context.records.close() }
    }

    // MARK: Asking

    /// One request straight to an engine's application.
    func ask(
        _ engine: EngineName, _ method: HTTP.Method, _ path: String, _ body: String = "", query: String = "",
        accept: String? = nil, headers given: Headers = Headers()
    ) async throws -> Response {
        var headers = given
        headers.add("Host", "localhost")
        if !body.isEmpty { headers.add("Content-Type", "application/json") }
        if let accept { headers.add("Accept", accept) }
        let host = try #require(hosts[engine])
        return await host.application.respond(
            Request(method: method, path: path, query: query, headers: headers, body: Array(body.utf8)))
    }

    /// The JSON answer of a request; an unexpected status is an issue that shows the body.
    func json(
        _ engine: EngineName, _ method: HTTP.Method, _ path: String, _ body: String = "", query: String = "",
        status: Int = 200, location: SourceLocation = #_sourceLocation
    ) async throws -> JSONTree {
        let response = try await ask(engine, method, path, body, query: query)
        if response.status != status {
            Issue.record("\(path) answered \(response.status): \(String(decoding: response.body, as: UTF8.self))",
                         sourceLocation: location)
        }
        return try JSONTree(response.body)
    }

    // MARK: Bars

    /// Stores bars the way a user does.
    func store(_ bars: BarColumns, _ symbol: String, timeframe: String = "1d") async throws {
        let body = #"{"symbol":"\#(symbol)","timeframe":"\#(timeframe)","bars":\#(bars.json)}"#
        _ = try await json(.marketdata, .post, "/market-data/import", body)
    }

    /// Makes a portfolio and pays cash in, before all bars.
    func fund(_ id: String = "p", cash: Int = 10_000, _ more: String = "") async throws {
        _ = try await json(
            .portfolio, .post, "/portfolios", #"{"id":"\#(id)","name":"P","currency":"USD"\#(more)}"#, status: 201)
        _ = try await json(
            .portfolio, .post, "/portfolios/\(id)/transactions",
            #"{"type":"deposit","amount":\#(cash),"ts":"2019-12-01"}"#, status: 201)
    }

    /// Writes bars to the store without a word on the bus, as a feed does before it publishes them one by one.
    func write(_ bars: BarColumns, _ symbol: String, _ timeframe: Timeframe = .day1) async throws {
        let series = try #require(hosts[.marketdata]?.context.series)
        let key = SeriesKey(collection: "bars.\(timeframe.rawValue)", name: symbol)
        let columns = SeriesColumns(ts: bars.times, names: ["open", "high", "low", "close", "volume"],
                                    values: [bars.open, bars.high, bars.low, bars.close, bars.volume])
        _ = try await series.write(key, columns, recordedAt: clock.now)
    }

    /// Publishes a bar as market data does and returns when every engine has handled it.
    func publish(_ bar: Bar) async throws {
        let context = try #require(hosts[.marketdata]).context
        let message = context.message(Topics.bar, bar.symbol.text, time: bar.closeTime, bar)
        try await context.commit([], [message])
        try await context.outbox.settlement(of: message.id, deadlineNanoseconds: 20_000_000_000)
    }

    /// Publishes any lossless message as `source` does and returns when every engine has handled it.
    func publish(_ family: TopicFamily, _ key: String, _ value: some WireValue, from source: EngineName) async throws {
        let context = try #require(hosts[.marketdata]).context
        var message = context.message(family, key, time: clock.now, value)
        message.source = source.rawValue
        try bus.publish([message])
        await until("\(family.name) is handled") { await self.bus.lag().allSatisfy { $0.waiting == 0
            && $0.pending == 0 } }
    }

    /// Tells of a portfolio that holds cash and nothing else.
    func publishCash(_ cash: Int, of portfolio: String = "p") async throws {
        try await publish(Topics.value, portfolio, PortfolioValue(
            portfolioID: portfolio, time: clock.now, cash: FixedPoint(cash), marketValue: .zero, realized: .zero,
            unrealized: .zero, netDeposits: FixedPoint(cash), trades: 0), from: .portfolio)
    }

    /// Waits until every engine has handled what is on the bus.
    func settle() async {
        await until("the bus is empty") { await self.bus.lag().allSatisfy { $0.waiting == 0 && $0.pending == 0 } }
    }

    /// Stores one bar of GOOG and publishes it, as a feed does.
    func feed(_ bars: BarColumns, _ row: Int) async throws {
        try await write(bars.prefix(row + 1).suffix(1), "GOOG")
        try await publish(bars.bar(row, "GOOG"))
    }

    /// Waits until a condition holds; an issue when it does not within 20 s.
    func until(
        _ what: String, location: SourceLocation = #_sourceLocation, _ condition: @LoopActor () async throws -> Bool
    ) async rethrows {
        let time = SystemClock(), deadline = time.monotonic + 20_000_000_000
        while try await !condition() {
            if time.monotonic > deadline {
                Issue.record("never happened: \(what)", sourceLocation: location)
                return
            }
            await time.sleep(nanoseconds: 1_000_000)
        }
    }
}

extension BarColumns {
    /// A seeded walk of daily bars with all columns, from 2020-01-01 (day 18262 of the epoch) unless said.
    static func walk(_ count: Int, seed: UInt64 = 1, start: Double = 100, firstDay: Int = 18_262) -> BarColumns {
        var bars = BarColumns(), state = seed &* 0x9E37_79B9_7F4A_7C15 | 1, price = start
        func draw() -> Double {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return Double(state >> 11) / Double(1 << 53)
        }
        for day in 0..<count {
            let open = price * (1 + (draw() - 0.5) * 0.01)
            price = open * (1 + (draw() - 0.49) * 0.03)
            bars.times.append(Int64(firstDay + day) * 86_400_000_000_000)
            bars.open.append(open)
            bars.close.append(price)
            bars.high.append(max(open, price) * (1 + draw() * 0.01))
            bars.low.append(min(open, price) * (1 - draw() * 0.01))
            bars.volume.append((draw() * 1e6).rounded())
        }
        return bars
    }

    /// The first so many bars.
    func prefix(_ count: Int) -> BarColumns {
        var bars = BarColumns()
        bars.times = Array(times.prefix(count))
        bars.open = Array(open.prefix(count))
        bars.high = Array(high.prefix(count))
        bars.low = Array(low.prefix(count))
        bars.close = Array(close.prefix(count))
        bars.volume = Array(volume.prefix(count))
        return bars
    }

    /// Row `row` as a bar.
    func bar(_ row: Int, _ symbol: String, timeframe: Timeframe = .day1, replay: String? = nil) -> Bar {
        Bar(symbol: Symbol(symbol)!, timeframe: timeframe, time: Timestamp(nanoseconds: times[row]), open: open[row],
            high: high[row], low: low[row], close: close[row], volume: volume[row], replay: replay)
    }

    /// Columnar JSON; a column that is all NaN is left out.
    var json: String {
        var json = JSONWriter()
        json.beginObject()
        json.key("ts")
        json.beginArray()
        for time in times { json.time(Timestamp(nanoseconds: time)) }
        json.endArray()
        for (name, column) in [("open", open), ("high", high), ("low", low), ("close", close), ("volume", volume)]
        where column.contains(where: \.isFinite) {
            json.key(name)
            json.doubles(column)
        }
        json.endObject()
        return String(decoding: json.bytes, as: UTF8.self)
    }
}

extension BarColumns {
    /// The last so many bars.
    func suffix(_ count: Int) -> BarColumns {
        var bars = BarColumns()
        bars.times = Array(times.suffix(count))
        bars.open = Array(open.suffix(count))
        bars.high = Array(high.suffix(count))
        bars.low = Array(low.suffix(count))
        bars.close = Array(close.suffix(count))
        bars.volume = Array(volume.suffix(count))
        return bars
    }
}
