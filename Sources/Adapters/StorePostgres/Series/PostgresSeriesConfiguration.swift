public import Store

/// How series are kept in a PostgreSQL database.
public struct PostgresSeriesConfiguration: Sendable, Hashable {
    /// A connection URI or `key=value` string, as libpq takes it.
    public var url: String
    /// The schema that holds the tables; made where it is missing. Lower-case letters, digits and `_`.
    public var schema: String
    /// Threads that read and threads that write; each has a link of its own.
    public var readers: Int, writers: Int
    /// How many requests may wait for the readers, and how many for the writers; more are refused with `.busy`.
    public var queueCapacity: Int
    /// How long one attempt to connect may take, in milliseconds.
    public var connectTimeoutMilliseconds: Int
    /// The first and the longest pause between attempts, in milliseconds; each failure doubles it.
    public var backOffMilliseconds: ClosedRange<Int>
    /// The server ends a statement that runs so long, in milliseconds; 0 is never.
    public var statementTimeoutMilliseconds: Int
    /// How old rows may grow.
    public var ages: SeriesAges

    /// Makes a configuration.
    public init(
        url: String, schema: String = "series", readers: Int = 2, writers: Int = 2, queueCapacity: Int = 1_024,
        connectTimeoutMilliseconds: Int = 3_000, backOffMilliseconds: ClosedRange<Int> = 100...5_000,
        statementTimeoutMilliseconds: Int = 300_000, ages: SeriesAges = SeriesAges()
    ) {
        self.url = url
        self.schema = schema
        self.readers = readers
        self.writers = writers
        self.queueCapacity = queueCapacity
        self.connectTimeoutMilliseconds = connectTimeoutMilliseconds
        self.backOffMilliseconds = backOffMilliseconds
        self.statementTimeoutMilliseconds = statementTimeoutMilliseconds
        self.ages = ages
    }

    /// Throws `.invalidInput` for a URL libpq does not take, a bad schema name or a number out of range.
    public func check() throws(StoreError) {
        try PostgresConfiguration(
            url: url, schema: schema, connections: min(readers, writers), queueCapacity: queueCapacity,
            connectTimeoutMilliseconds: connectTimeoutMilliseconds, backOffMilliseconds: backOffMilliseconds).check()
        guard ages.retentionDays >= 0, ages.compressionDays >= 0, statementTimeoutMilliseconds >= 0 else {
            throw StoreError(.invalidInput, "ages and time-outs of series must not be below 0")
        }
    }
}

/// Ages in days at which stored rows change; 0 is never.
public struct SeriesAges: Sendable, Hashable {
    /// Rows older than this are dropped.
    public var retentionDays: Int
    /// Rows older than this are compressed, where TimescaleDB is there.
    public var compressionDays: Int

    /// Makes ages.
    public init(retentionDays: Int = 0, compressionDays: Int = 0) {
        self.retentionDays = retentionDays
        self.compressionDays = compressionDays
    }
}
