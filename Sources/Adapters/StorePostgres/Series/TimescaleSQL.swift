/// What TimescaleDB is asked for, where the server has it. Times are whole nanoseconds, so the extension is told what
/// "now" is. These statements are tested as text: no server with the extension has run them yet.
enum TimescaleSQL {
    static let isAvailable = "SELECT count(*) > 0 FROM pg_available_extensions WHERE name = 'timescaledb'"
    static let createExtension = "CREATE EXTENSION IF NOT EXISTS timescaledb"

    /// The function that tells the time in the table's unit.
    static let now = """
        CREATE OR REPLACE FUNCTION nautilus_now() RETURNS BIGINT LANGUAGE SQL STABLE AS \
        $$ SELECT (extract(epoch FROM now()) * 1000000000)::bigint $$
        """

    /// A collection's table becomes a hypertable, with the policies the ages ask for and the aggregates above it.
    static func table(_ collection: String, _ ages: SeriesAges) -> [String] {
        let table = SeriesSQL.table(collection), name = SeriesSQL.quote(table)
        var out = [
            now,
            """
            SELECT create_hypertable(\(name), 'ts', chunk_time_interval => \(SeriesSQL.width(collection)), \
            if_not_exists => TRUE, create_default_indexes => FALSE)
            """,
            "SELECT set_integer_now_func(\(name), 'nautilus_now', replace_if_exists => TRUE)",
        ]
        if ages.compressionDays > 0 {
            out.append("""
                ALTER TABLE \(table) SET (timescaledb.compress, timescaledb.compress_segmentby = 'series', \
                timescaledb.compress_orderby = 'ts')
                """)
            out.append("""
                SELECT add_compression_policy(\(name), BIGINT '\(nanoseconds(ages.compressionDays))', \
                if_not_exists => TRUE)
                """)
        }
        if ages.retentionDays > 0 {
            out.append("""
                SELECT add_retention_policy(\(name), BIGINT '\(nanoseconds(ages.retentionDays))', \
                if_not_exists => TRUE)
                """)
        }
        return out
    }

    /// Continuous aggregates above the minutes: hours from minutes, days from hours. They need the five columns of bars.
    static func aggregates(of collection: String) -> [String] {
        guard collection == "bars.1m" else { return [] }
        return SeriesRollup.all.flatMap { rollup in
            let view = SeriesSQL.table(rollup.view)
            let create = """
                CREATE MATERIALIZED VIEW IF NOT EXISTS \(view) WITH (timescaledb.continuous) AS \
                SELECT series, time_bucket(BIGINT '\(rollup.step)', ts) AS ts, first(open, ts) AS open, \
                max(high) AS high, min(low) AS low, last(close, ts) AS close, sum(volume) AS volume \
                FROM \(SeriesSQL.table(rollup.source)) GROUP BY 1, 2 WITH NO DATA
                """
            let policy = """
                SELECT add_continuous_aggregate_policy(\(SeriesSQL.quote(view)), \
                start_offset => BIGINT '\(3 * max(rollup.step, SeriesSQL.day))', \
                end_offset => BIGINT '\(rollup.step)', \
                schedule_interval => INTERVAL '15 minutes', if_not_exists => TRUE)
                """
            return [create, policy]
        }
    }

    private static func nanoseconds(_ days: Int) -> Int64 { Int64(days) * SeriesSQL.day }
}

/// One step of aggregation.
struct SeriesRollup {
    /// What is read, and the view that holds the sums.
    let source: String, view: String
    /// The length of a row of the view, in nanoseconds.
    let step: Int64

    /// Hours from minutes, then days from hours.
    static let all = [
        SeriesRollup(source: "bars.1m", view: "continuous.1h", step: SeriesSQL.day / 24),
        SeriesRollup(source: "continuous.1h", view: "continuous.1d", step: SeriesSQL.day),
    ]
}
