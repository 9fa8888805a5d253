import CPostgres
public import Store

/// How a PostgreSQL store connects.
public struct PostgresConfiguration: Sendable, Hashable {
    /// A connection URI or `key=value` string, as libpq takes it.
    public var url: String
    /// The schema that holds the engine's tables; created by `migrate`. Lower-case letters, digits and `_`.
    public var schema: String
    /// Connections at most; the first is made at once, the others when they are needed.
    public var connections: Int
    /// Connections that are kept once they were made; more are closed when they have had nothing to do.
    public var kept: Int
    /// How long a call waits for a connection, in milliseconds.
    public var waitMilliseconds: Int
    /// The server ends a statement that runs so long, in milliseconds; 0 is never. Migrations are not ended.
    public var statementTimeoutMilliseconds: Int
    /// How many calls may wait for a connection; more are refused with `.busy`.
    public var queueCapacity: Int
    /// How long one attempt to connect may take, in milliseconds.
    public var connectTimeoutMilliseconds: Int
    /// The first and the longest pause between attempts, in milliseconds; each failure doubles it.
    public var backOffMilliseconds: ClosedRange<Int>

    /// Makes a configuration.
    public init(
        url: String, schema: String, connections: Int = 4, kept: Int = 4, waitMilliseconds: Int = 15_000,
        statementTimeoutMilliseconds: Int = 0, queueCapacity: Int = 1_024, connectTimeoutMilliseconds: Int = 3_000,
        backOffMilliseconds: ClosedRange<Int> = 100...5_000
    ) {
        self.url = url
        self.schema = schema
        self.connections = connections
        self.kept = kept
        self.waitMilliseconds = waitMilliseconds
        self.statementTimeoutMilliseconds = statementTimeoutMilliseconds
        self.queueCapacity = queueCapacity
        self.connectTimeoutMilliseconds = connectTimeoutMilliseconds
        self.backOffMilliseconds = backOffMilliseconds
    }

    /// Throws `.invalidInput` for a URL libpq does not take, a bad schema name or a number out of range.
    public func check() throws(StoreError) {
        let letters = Set("abcdefghijklmnopqrstuvwxyz_"), digits = Set("0123456789")
        guard let first = schema.first, letters.contains(first), schema.count <= 63,
            schema.allSatisfy({ letters.contains($0) || digits.contains($0) })
        else { throw StoreError(.invalidInput, "schema name \(schema)") }
        let numbers = [connections, kept, waitMilliseconds, queueCapacity, connectTimeoutMilliseconds, backOffMilliseconds.lowerBound]
        guard numbers.allSatisfy({ $0 > 0 }), statementTimeoutMilliseconds >= 0 else {
            throw StoreError(.invalidInput, "PostgreSQL pool sizes and times must be above 0")
        }
        var message: UnsafeMutablePointer<CChar>?
        let options = PQconninfoParse(url, &message)
        defer { PQconninfoFree(options) }
        if options == nil {
            // What libpq says repeats the URL, password and all.
            PQfreemem(message)
            throw StoreError(.invalidInput, "the PostgreSQL URL is not one that libpq takes")
        }
    }
}
