import CPostgres
import Glibc
import Runtime
import Store

/// One link of one thread; its calls block that thread. Series move megabytes: turning them into bytes on the event loop
/// would hold up everything else.
final class SeriesLink {
    private let configuration: PostgresSeriesConfiguration
    private let layouts: SeriesLayouts
    private let clock: any Clock
    private var handle: OpaquePointer?
    private var failures = 0
    private var retryAt: Int64 = .min
    private var lastFailure = StoreError(.unavailable, "connecting to PostgreSQL")

    init(_ configuration: PostgresSeriesConfiguration, _ layouts: SeriesLayouts, clock: any Clock) {
        self.configuration = configuration
        self.layouts = layouts
        self.clock = clock
    }

    deinit { close() }

    func close() {
        if let handle { PQfinish(handle) }
        handle = nil
    }

    // MARK: Connecting

    /// The link, made anew where there is none. Throws `.unavailable` at once while a pause after a failure lasts.
    private func connected() throws(StoreError) -> OpaquePointer {
        if let handle { return handle }
        if clock.monotonic < retryAt { throw lastFailure }
        do throws(StoreError) {
            try connect()
            failures = 0
        } catch {
            close()
            let range = configuration.backOffMilliseconds
            let pause = min(range.upperBound, range.lowerBound << min(failures, 20))
            failures += 1
            retryAt = clock.monotonic + Int64(pause) * 1_000_000
            lastFailure = error
            throw error
        }
        guard let handle else { throw lastFailure }
        return handle
    }

    private func connect() throws(StoreError) {
        // Before `dbname`, which the URL is given as: what the URL says wins.
        let seconds = max(2, (configuration.connectTimeoutMilliseconds + 999) / 1_000)
        let defaults = PostgresConnection.defaults + [
            ("application_name", "nautilus-\(configuration.schema)"), ("connect_timeout", "\(seconds)"),
            ("dbname", configuration.url), ("client_encoding", "UTF8"),
        ]
        let keys = CStrings(defaults.map(\.0)), values = CStrings(defaults.map(\.1))
        defer {
            keys.free()
            values.free()
        }
        handle = PQconnectdbParams(keys.pointers, values.pointers, 1)
        guard let handle, PQstatus(handle) == CONNECTION_OK else {
            throw StoreError(.unavailable, "connecting to PostgreSQL", underlying: text)
        }
        PQsetNoticeReceiver(handle, { _, _ in }, nil)
        try execute("""
            SET search_path TO "\(configuration.schema)", public; SET standard_conforming_strings TO on; \
            SET statement_timeout TO \(configuration.statementTimeoutMilliseconds)
            """)
        if layouts.layout == nil { layouts.layout = try setUp() }
    }

    /// Makes the schema, and finds out once and for all who keeps the parts of its tables.
    private func setUp() throws(StoreError) -> SeriesSQL.Layout {
        try transaction("BEGIN") { _ throws(StoreError) in
            try lock()
            try execute("CREATE SCHEMA IF NOT EXISTS \"\(configuration.schema)\"")
            try execute(SeriesSQL.headers)
            try execute(SeriesSQL.layouts)
            try execute(SeriesSQL.changes)
            let known = try execute("SELECT kind FROM \"~layout\"").first?.first ?? nil
            if let known, let layout = SeriesSQL.Layout(rawValue: known) { return layout }
            var layout = SeriesSQL.Layout.partitions
            if try execute(TimescaleSQL.isAvailable).first?.first == "t" {
                try execute("SAVEPOINT extension")
                // It may be there and not be allowed, or not be loaded by the server.
                do throws(StoreError) {
                    try execute(TimescaleSQL.createExtension)
                    layout = .timescale
                } catch {
                    try execute("ROLLBACK TO SAVEPOINT extension")
                }
            }
            try execute("INSERT INTO \"~layout\" VALUES ('\(layout.rawValue)')")
            return layout
        }
    }

    /// Who keeps the parts of tables; known once connected.
    var layout: SeriesSQL.Layout { layouts.layout ?? .partitions }

    /// Waits for others that change tables; held to the end of the transaction.
    func lock() throws(StoreError) {
        try execute("SELECT pg_advisory_xact_lock(hashtextextended('nautilus.\(configuration.schema)', 0))")
    }

    // MARK: Statements

    /// Runs a transaction; `body` is given the rows of the last statement of `begin`. A link that died while it lay idle
    /// is made anew once. Throws `.outcomeUnknown` where the link broke at COMMIT.
    func transaction<T>(
        _ begin: String, _ body: ([[String?]]) throws(StoreError) -> T
    ) throws(StoreError) -> T {
        let rows = try query(begin)
        let value: T
        do throws(StoreError) {
            value = try body(rows)
        } catch {
            if handle != nil { _ = try? execute("ROLLBACK") }
            throw error
        }
        do throws(StoreError) {
            try execute("COMMIT")
        } catch {
            guard handle == nil else { throw error }
            throw StoreError(.outcomeUnknown, "the link broke after COMMIT was sent", underlying: error.underlying)
        }
        return value
    }

    /// Runs the first statements of a piece of work: on a new link where the old one broke before it answered.
    func query(_ sql: String) throws(StoreError) -> [[String?]] {
        let wasOpen = handle != nil
        do throws(StoreError) {
            return try execute(sql)
        } catch {
            guard wasOpen, handle == nil else {
                if handle != nil { _ = try? execute("ROLLBACK") }
                throw error
            }
            return try execute(sql)
        }
    }

    /// Runs statements; the rows of the last, as text. A link that broke is closed.
    @discardableResult
    func execute(_ sql: String) throws(StoreError) -> [[String?]] {
        let handle = try connected()
        let result = try check(PQexec(handle, sql), sql)
        defer { PQclear(result) }
        return (0..<PQntuples(result)).map { row in
            (0..<PQnfields(result)).map { field in
                PQgetisnull(result, row, field) != 0 ? nil : String(cString: PQgetvalue(result, row, field))
            }
        }
    }

    private func check(_ result: OpaquePointer?, _ context: String) throws(StoreError) -> OpaquePointer {
        switch PQresultStatus(result) {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_EMPTY_QUERY:
            if let result { return result }
        default: break
        }
        defer { PQclear(result) }
        let failure = result.map { PostgresFailure(result: $0) }
        let isLost = handle.map { PQstatus($0) != CONNECTION_OK } ?? true
        let words = failure?.message ?? text
        if isLost || failure?.state.isEmpty ?? true || failure?.isShutdown ?? true {
            close()
            throw StoreError(.unavailable, "PostgreSQL", underlying: words)
        }
        throw failure?.error(context) ?? StoreError(.io, context)
    }

    private var text: String {
        let message = handle.flatMap { PQerrorMessage($0) }.map { String(cString: $0) } ?? "closed"
        return String(message.prefix { $0 != "\n" })
    }

    // MARK: Bulk

    /// Sends rows of series, all with the same columns, in the binary format.
    func copyIn(_ sql: String, _ copies: [SeriesCopy]) throws(StoreError) {
        let handle = try connected()
        PQclear(try check(PQexec(handle, sql), sql))
        let rowBytes = SeriesBinary.rowBytes(copies.first?.rows.names.count ?? 0)
        let step = max(1, (1 << 18) / rowBytes)
        let bytes = UnsafeMutableRawPointer.allocate(byteCount: step * rowBytes, alignment: 8)
        defer { bytes.deallocate() }
        var isSent = Self.put(handle, SeriesBinary.header)
        for copy in copies {
            for start in stride(from: 0, to: copy.rows.count, by: step) where isSent {
                let range = start..<min(copy.rows.count, start + step)
                let count = SeriesBinary.encode(series: copy.series, copy.rows, range, into: bytes)
                isSent = PQputCopyData(handle, bytes.assumingMemoryBound(to: CChar.self), Int32(count)) == 1
            }
        }
        _ = Self.put(handle, SeriesBinary.trailer) && PQputCopyEnd(handle, nil) == 1
        try end(handle, sql)
    }

    private static func put(_ handle: OpaquePointer, _ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBytes {
            PQputCopyData(handle, $0.baseAddress?.assumingMemoryBound(to: CChar.self), Int32($0.count)) == 1
        }
    }

    /// Takes every message of a COPY. What `body` throws ends the link, as the rest of the rows is not wanted.
    func copyOut(_ sql: String, _ body: (UnsafeRawBufferPointer) throws(StoreError) -> Void) throws(StoreError) {
        let handle = try connected()
        PQclear(try check(PQexec(handle, sql), sql))
        while true {
            var message: UnsafeMutablePointer<CChar>?
            let count = PQgetCopyData(handle, &message, 0)
            guard count > 0 else { break }
            do throws(StoreError) {
                try body(UnsafeRawBufferPointer(start: message, count: Int(count)))
            } catch {
                PQfreemem(message)
                close()
                throw error
            }
            PQfreemem(message)
        }
        try end(handle, sql)
    }

    /// The server's word after a COPY.
    private func end(_ handle: OpaquePointer, _ sql: String) throws(StoreError) {
        PQclear(try check(PQgetResult(handle), sql))
        while let more = PQgetResult(handle) { PQclear(more) }
    }
}
