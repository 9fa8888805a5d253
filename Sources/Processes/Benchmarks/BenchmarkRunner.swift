public import Runtime
import Glibc

/// Finds and runs benchmarks by name.
@LoopActor public struct BenchmarkRunner {
    /// Names, and parts of names before a dot, that can be asked for.
    public nonisolated static let names = [
        "bus.memory.throughput", "bus.redis.throughput", "bus.redis.latency", "series.write", "series.read",
        "series.read.sum", "series.range", "series.postgres", "indicators", "indicators.stream", "features.calculate",
        "analytics.performance",
        "analytics.revaluation", "backtest.sweep",
        "var.monte_carlo", "factors.panel", "factors.catalogue", "factors.correlation", "factors.job",
        "risk.pretrade", "risk.pretrade.http", "risk.montecarlo", "risk.historical", "risk.views", "risk.capital",
        "ml.inference", "ws.fanout", "ws.idle",
        "e2e.tick_to_order",
    ]
    /// Named in the contract, measured when what they measure is built.
    public nonisolated static let later = [
        "optimize",
    ]

    private let redisURL: String?
    private let databaseURL: String?
    private let folder: String
    private let say: (String) -> Void

    /// - Parameters:
    ///   - redisURL: where the bus benchmarks write keys of their own, which they delete; nil skips them.
    ///   - databaseURL: the PostgreSQL that series are measured on, in a schema of their own; nil skips it.
    ///   - folder: for files, removed afterwards.
    ///   - say: progress, for people.
    public init(
        redisURL: String?, databaseURL: String? = nil, folder: String, say: @escaping (String) -> Void
    ) {
        self.redisURL = redisURL
        self.databaseURL = databaseURL
        self.folder = folder
        self.say = say
    }

    /// Whether a name stands for anything. Of indicators each is known; below others a name stands for the whole.
    public nonisolated static func knows(_ name: String) -> Bool {
        if name.hasPrefix("indicators.") { return name == "indicators.stream" || indicators.contains(name) }
        return (names + later).contains { $0 == name || $0.hasPrefix(name + ".") || name.hasPrefix($0 + ".") }
    }

    /// Whether a name asks for a benchmark: the same, or all below it.
    private func isAsked(_ name: String, _ asked: [String]) -> Bool {
        asked.isEmpty || asked.contains { name == $0 || name.hasPrefix($0 + ".") || $0.hasPrefix(name + ".") }
    }

    /// Runs what was asked for, all for none, and hands each measurement over as it is made.
    public func run(_ asked: [String], _ each: (Measurement) -> Void) async throws {
        if isAsked("bus.memory.throughput", asked) {
            say("bus.memory.throughput")
            each(Measurement(try await busMemoryThroughput()))
        }
        try await redis(asked, each)
        if ["series.write", "series.read", "series.read.sum", "series.range"].contains(where: { isAsked($0, asked) }) {
            say("series")
            for figure in try await seriesBenchmarks(rows: 5_000_000, folder: folder) where isAsked(figure.name,
                asked) {
                each(Measurement(figure.name, figure.value, figure.unit, runs: figure.name == "series.write" ? 3 : 7,
                    context: [
                    ("rows", "5000000"), ("columns", "5"), ("durability", "the commit is flushed to disk")]))
            }
        }
        if isAsked("series.postgres", asked) { try await database(each) }
        if isAsked("indicators", asked) {
            say("indicators")
            for figure in try indicatorBenchmarks(asked: { isAsked($0, asked) }) { each(figure) }
        }
        if isAsked("features.calculate", asked) {
            say("features.calculate")
            for figure in try await calculateBenchmarks(folder: folder) { each(figure) }
        }
        if isAsked("analytics.performance", asked) { each(try performanceBenchmark()) }
        if isAsked("analytics.revaluation", asked) { for figure in try revaluationBenchmarks() { each(figure) } }
        if isAsked("backtest.sweep", asked) { each(try sweepBenchmark()) }
        if isAsked("var.monte_carlo", asked) { each(try monteCarloBenchmark()) }
        if isAsked("factors.panel", asked) {
            say("factors.panel")
            for figure in try await panelBenchmarks() { each(figure) }
        }
        if isAsked("factors.catalogue", asked) {
            say("factors.catalogue")
            each(await catalogueBenchmark())
        }
        if isAsked("factors.correlation", asked) {
            say("factors.correlation")
            each(await correlationBenchmark())
        }
        if isAsked("factors.job", asked) {
            say("factors.job")
            for figure in try await jobBenchmarks(folder: folder) where isAsked(figure.name, asked) { each(figure) }
        }
        if isAsked("risk.pretrade", asked) { for figure in preTradeBenchmarks() { each(figure) } }
        if isAsked("risk.pretrade.http", asked) {
            say("risk.pretrade.http")
            each(try await preTradeHTTPBenchmark(folder: folder))
        }
        if isAsked("risk.montecarlo", asked) { for figure in try await pathBenchmarks() { each(figure) } }
        if isAsked("risk.historical", asked) { each(try historicalBenchmark()) }
        if isAsked("risk.views", asked) { for figure in viewBenchmarks() { each(figure) } }
        if isAsked("risk.capital", asked) { for figure in try capitalBenchmarks() { each(figure) } }
        if isAsked("ml.inference", asked) { for figure in try inferenceBenchmarks() { each(figure) } }
        try await sockets(asked, each)
        if isAsked("e2e.tick_to_order", asked) {
            say("e2e.tick_to_order")
            // At a pace that leaves time between orders, and as fast as quotes are taken: then a quote waits for others.
            for (quotes, pause) in [(2200, Int64(5)), (4200, 1)] {
                each(try await tickToOrderBenchmark(
                    folder: folder, redisURL: nil, quotes: quotes, pauseMilliseconds: pause))
                guard let redisURL else { continue }
                each(try await tickToOrderBenchmark(
                    folder: folder, redisURL: redisURL, quotes: quotes, pauseMilliseconds: pause))
            }
        }
    }

    private func sockets(_ asked: [String], _ each: (Measurement) -> Void) async throws {
        if isAsked("ws.fanout", asked) {
            say("ws.fanout")
            each(try await fanOutBenchmark(folder: folder))
        }
        if isAsked("ws.idle", asked) {
            say("ws.idle")
            each(try await idleSocketsBenchmark(folder: folder))
        }
    }

    private func database(_ each: (Measurement) -> Void) async throws {
        guard let databaseURL else { return say("series.postgres skipped: NAUTILUS_DATABASE_URL is not set") }
        say("series.postgres")
        for figure in try await postgresSeriesBenchmarks(rows: 1_000_000, url: databaseURL) {
            each(Measurement(figure.name, figure.value, figure.unit, runs: figure.name.hasSuffix("write") ? 3 : 7,
                context: [("rows", "1000000"), ("columns", "5"), ("durability", "the commit is flushed to disk")]))
        }
    }

    private func redis(_ asked: [String], _ each: (Measurement) -> Void) async throws {
        let names = ["bus.redis.throughput", "bus.redis.latency"].filter { isAsked($0, asked) }
        guard !names.isEmpty else { return }
        guard let redisURL else {
            say("bus.redis.* skipped: no redis-server here and NAUTILUS_REDIS_URL is not set")
            return
        }
        let run = ProcessIdentifiers().nextText().suffix(8)
        if names.contains("bus.redis.throughput") {
            for framed in [false, true] {
                say("bus.redis.throughput framed=\(framed)")
                each(Measurement(try await busRedisThroughput(
                    url: redisURL, folder: folder, run: "\(run)t\(framed)", framed: framed, messages: framed ? 4_000_000 : 500_000)))
            }
        }
        if names.contains("bus.redis.latency") {
            for saturated in [false, true] {
                for lane in ["critical", "high", "normal", "low"] where !(saturated && lane == "low") {
                    say("bus.redis.latency \(lane) saturated=\(saturated)")
                    each(Measurement(try await busRedisLatency(
                        url: redisURL, folder: folder, run: "\(run)l\(lane)\(saturated)", laneNamed: lane,
                        saturated: saturated)))
                }
            }
        }
    }
}

extension Measurement {
    init(_ figure: BusMeasurement) {
        self.init(figure.name, figure.value, figure.unit, runs: figure.runs, p50: figure.p50, p99: figure.p99,
                  p999: figure.p999, context: figure.context)
    }
}
