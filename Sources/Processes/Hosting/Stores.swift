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
            let profile = PostgresProfile(rawValue: configuration.text("DATABASE_PROFILE")) ?? .conservative
            return try await PostgresRecordStore.open(
                PostgresConfiguration(url: database, schema: name.rawValue, profile: profile), clock: clock)
        }
        // The ledger waits for the disk: an acknowledged transaction survives a power cut.
        let isFull = name == .portfolio || configuration.text("SQLITE_SYNCHRONOUS") == "full"
        return try await SQLiteRecordStore.open(
            SQLiteConfiguration(path: own + "/records.sqlite", synchronous: isFull ? .full : .normal))
    }

    /// The series: LMDB in the engine's folder, or the schema `series` of the database.
    static func series(
        _ configuration: Configuration, _ own: String, clock: any Clock
    ) async throws -> any SeriesStore {
        guard configuration.text("SERIES") == "postgres" else {
            return try await LMDBSeriesStore.open(LMDBSeriesConfiguration(path: own + "/series"))
        }
        let database = configuration.text("DATABASE_URL")
        if database.isEmpty {
            throw StartError(.configuration, "NAUTILUS_SERIES=postgres needs NAUTILUS_DATABASE_URL")
        }
        let ages = SeriesAges(
            retentionDays: configuration.int("SERIES_RETENTION_DAYS"),
            compressionDays: configuration.int("SERIES_COMPRESSION_DAYS"))
        return try await PostgresSeriesStore.open(PostgresSeriesConfiguration(url: database, ages: ages), clock: clock)
    }
}
