// MarketData: parses once, refuses what is corrupt, stores, then publishes. The only writer of bars and quotes.
import Bus
public import EngineKit
import HTTP
import Market
public import Runtime
public import Store
import Telemetry
import Wire

/// Owns stored bars and latest quotes.
@LoopActor public final class MarketDataEngine: Engine {
    public nonisolated static var name: EngineName { .marketdata }
    let context: EngineContext
    let idempotency: Idempotency
    let audit: AuditTrail
    let replays: ReplayRunner
    var quotes = QuoteBoard()
    private let upkeep: BarUpkeep
    let rejectedRows: Counter
    let storedRows: Counter

    public init(_ context: EngineContext) {
        self.context = context
        idempotency = Idempotency(context)
        audit = AuditTrail(context)
        replays = ReplayRunner(context)
        upkeep = BarUpkeep(context)
        rejectedRows = context.registry.counter(
            "nautilus_marketdata_rejected_rows_total", "Rows and quotes refused as corrupt.")
        storedRows = context.registry.counter("nautilus_marketdata_stored_rows_total",
            "Bars appended, inserted or restated.")
        measureQuotes()
    }

    public nonisolated static var migrations: [Migration] { 
        [Idempotency.migration(version: 2), AuditTrail.migration(version: 3), FactRecords.migration(version: 4),
         Outbox.byPosition(version: 5), Idempotency.byAge(version: 6), Outbox.lives(version: 7)]
    }

    public func start() async throws {
        audit.start()
        upkeep.start()
    }

    public func stop() async {
        audit.stop()
        await upkeep.stop()
        replays.cancelAll()
    }

    /// Where an instrument's bars are.
    nonisolated static func key(_ symbol: Symbol, _ timeframe: Timeframe) -> SeriesKey {
        SeriesKey(collection: "bars.\(timeframe.rawValue)", name: symbol.text)
    }

    /// Where bars are that the store made of an instrument's shorter ones.
    nonisolated static func rolledUpKey(_ symbol: Symbol, _ timeframe: Timeframe) -> SeriesKey {
        SeriesKey(collection: "rollup.\(timeframe.rawValue)", name: symbol.text)
    }

    /// What is known of an instrument's stored bars: where none of that length were imported, of those made of shorter ones.
    func stored(_ symbol: Symbol, _ timeframe: Timeframe) async throws -> SeriesInfo? {
        if let info = try await series.info(Self.key(symbol, timeframe)) { return info }
        return try await series.info(Self.rolledUpKey(symbol, timeframe))
    }

    var series: any SeriesStore {
        get throws(Problem) {
            guard let series = context.series else {
                throw Problem.unavailable("series", "this process has no series store")
            }
            return series
        }
    }

    // MARK: Importing

    /// What an import did.
    struct ImportResult: Sendable {
        let symbol: Symbol, timeframe: Timeframe, rows: Int, write: SeriesWrite, rejected: [RejectedRow]
        let unused: [String], warnings: [RowWarning]
    }

    /// Stores a file's good rows in one transaction and tells who computes from them.
    func store(_ file: BarFile, _ symbol: Symbol, _ timeframe: Timeframe, strict: Bool, _ request: Request) async throws
        -> ImportResult {
        try context.checkTakesNewWork()
        rejectedRows.add(file.rejected.count)
        if strict && !file.rejected.isEmpty {
            throw Problem.invalid(file.rejected.prefix(100).map {
                FieldError(pointer: "line \($0.line)", message: $0.reason)
            })
        }
        var write = SeriesWrite(), warnings: [RowWarning] = []
        if file.rows.count > 0 {
            let key = Self.key(symbol, timeframe)
            let spacing = BarSpacing(timeframe: timeframe)
            let near = try await stored(near: file, key, spacing)
            warnings = spacing.warnings(file.rows.ts, lines: file.lines, stored: near)
            write = try await series.write(key, try await whole(file.rows, key), recordedAt: context.clock.now)
            storedRows.add(write.changedRows)
        }
        if write.changedRows > 0, let first = file.rows.ts.first, let last = file.rows.ts.last {
            let notice = HistoryNotice(symbol: symbol, timeframe: timeframe, first: first, last: last,
                                       rows: write.changedRows, version: write.version)
            // The bars are stored: their readers must hear of it.
            let message = notice.message(context, trace: request.headers["traceparent"])
            try await context.commit([], [message], unrefusable: true)
        }
        context.logger.with(requestID: request.requestID, traceID: request.traceID).info("bars imported", [
            "symbol": .string(symbol.text), "timeframe": .string(timeframe.rawValue),
            "stored": .int(write.changedRows), "rejected": .int(file.rejected.count),
        ])
        return ImportResult(symbol: symbol, timeframe: timeframe, rows: file.total, write: write,
            rejected: file.rejected, unused: file.unused, warnings: warnings)
    }

    /// The times of stored bars that rows of a file may be too near to; none are read for rows that
    /// come long after them.
    private func stored(near file: BarFile, _ key: SeriesKey, _ spacing: BarSpacing) async throws -> [Int64] {
        guard let first = file.rows.ts.first, let last = file.rows.ts.last else { return [] }
        let (from, to) = spacing.neighbours(first: first, last: last)
        guard let info = try await series.info(key), info.last >= from, info.first <= to else { return [] }
        return try await series.read(key, range: SeriesRange(from: from, to: to), columns: []).ts
    }

    /// A row replaces a stored bar as a whole: where bars of the series have a price of their own and these have none,
    /// the stored one must not stay beside other prices.
    private func whole(_ rows: SeriesColumns, _ key: SeriesKey) async throws -> SeriesColumns {
        guard !rows.names.contains(BarFile.vwap),
              try await series.info(key)?.columns.contains(BarFile.vwap) ?? false else { return rows }
        var rows = rows
        rows.names.append(BarFile.vwap)
        rows.values.append([Double](repeating: .nan, count: rows.count))
        return rows
    }

    // MARK: Quotes

    /// A quote that is older than this counts as stale.
    static let staleNanoseconds: Int64 = 60_000_000_000

    private func measureQuotes() {
        let registry = context.registry
        registry.computed("nautilus_marketdata_quoted_instruments", "Instruments that a quote came for.") {
            [weak self] in LoopActor.assumeIsolated { Double(self?.quotes.count ?? 0) }
        }
        registry.computed("nautilus_marketdata_stale_instruments",
                          "Instruments whose latest quote is older than a minute.") { [weak self] in
            LoopActor.assumeIsolated {
                guard let self else { return 0 }
                let now = self.context.clock.now.nanoseconds
                return Double(self.quotes.count(before: Timestamp(nanoseconds: now - Self.staleNanoseconds)))
            }
        }
        registry.computed("nautilus_marketdata_newest_quote_timestamp_seconds",
                          "When the newest quote was made, since the epoch; 0 before the first.") { [weak self] in
            LoopActor.assumeIsolated { Double(self?.quotes.newest?.nanoseconds ?? 0) / 1e9 }
        }
    }

    /// Takes a quote or says why not. Crossed books, NaN, times that go back and times to come are refused and counted.
    func take(_ quote: Quote) throws {
        let now = context.clock.now
        if let fault = quotes.fault(in: quote, at: now) {
            rejectedRows.increment()
            quotes.quarantine(quote, fault, at: now)
            throw Problem(422, "the quote is refused: \(fault)")
        }
        quotes.take(quote)
        context.publish([context.message(Topics.quote, quote.symbol.text, time: quote.time, quote)])
    }
}
