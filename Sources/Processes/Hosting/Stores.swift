import Runtime
import SeriesLMDB
import Store
import StorePostgres
import StoreSQLite

/// The stores an engine is given, as the settings say.
enum Stores {
    /// An engine's records: a schema of its own name where there is a database, otherwise a file in its folder.
    static func records(
        _ configuration: Configuration, _ name: EngineName, _ own: String, clock: any Clock
    ) async throws -> any RecordStore {
        let database = configuration.text("DATABASE_URL")
        if !database.isEmpty {
            return try await PostgresRecordStore.open(try connection(configuration, name, database), clock: clock)
        }
        // The ledger waits for the disk: an acknowledged transaction survives a power cut.
        let isFull = name == .portfolio || configuration.text("SQLITE_SYNCHRONOUS") == "full"
        return try await SQLiteRecordStore.open(
            SQLiteConfiguration(path: own + "/records.sqlite", synchronous: isFull ? .full : .normal))
    }

    /// How an engine reaches its schema. Apart from its caller: the optimiser crashes where a typed `catch` is inlined
    /// into an async function.
    @inline(never) private static func connection(
        _ configuration: Configuration, _ name: EngineName, _ database: String
    ) throws(StartError) -> PostgresConfiguration {
        let profile = PostgresProfile(rawValue: configuration.text("DATABASE_PROFILE")) ?? .conservative
        let wanted = PostgresConfiguration(url: database, schema: name.rawValue, profile: profile)
        do throws(StoreError) {
            try wanted.check()
        } catch {
            throw StartError(.configuration, "NAUTILUS_DATABASE_URL: \(error.description)")
        }
        return wanted
    }

    /// The engines that own series, and the schema of each in a database: bars, and values of factors.
    static let seriesSchemas: [EngineName: String] = [.marketdata: "series", .factor: "factor_series"]

    /// Whether an engine's series lie in its folder: bars as the settings say, values of factors where the records are
    /// that say what is done, so that neither is ever without the other.
    static func keepsSeriesInFolder(_ configuration: Configuration, _ name: EngineName) -> Bool {
        guard seriesSchemas[name] != nil else { return false }
        return name == .marketdata ? configuration.text("SERIES") != "postgres" : configuration.text("DATABASE_URL").isEmpty
    }

    /// An engine's series: LMDB in its folder, or a schema of the database; nil for an engine without any.
    static func series(
        _ configuration: Configuration, _ name: EngineName, _ own: String, clock: any Clock
    ) async throws -> (any SeriesStore)? {
        guard let schema = seriesSchemas[name] else { return nil }
        if keepsSeriesInFolder(configuration, name) {
            return try await LMDBSeriesStore.open(LMDBSeriesConfiguration(path: own + "/series"))
        }
        let database = configuration.text("DATABASE_URL")
        if database.isEmpty {
            throw StartError(.configuration, "NAUTILUS_SERIES=postgres needs NAUTILUS_DATABASE_URL")
        }
        var settings = PostgresSeriesConfiguration(url: database, schema: schema)
        if name == .marketdata {
            settings.ages = SeriesAges(
                retentionDays: configuration.int("SERIES_RETENTION_DAYS"),
                compressionDays: configuration.int("SERIES_COMPRESSION_DAYS"))
        } else {
            // One job runs at a time, and values are kept.
            (settings.readers, settings.writers) = (1, 1)
        }
        return try await PostgresSeriesStore.open(settings, clock: clock)
    }
}
