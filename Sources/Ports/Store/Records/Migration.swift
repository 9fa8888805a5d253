/// A SQL dialect an adapter speaks.
public enum SQLDialect: Sendable, Hashable {
    /// SQLite 3.
    case sqlite
    /// PostgreSQL.
    case postgres
}

/// One step of a schema. Applied in rising order of version, each once, all pending ones in one transaction.
public struct Migration: Sendable, Equatable {
    /// A positive number, unique and rising in the list.
    public let version: Int
    /// A short name for people, part of the checksum.
    public let name: String
    /// Statements both dialects take: BIGINT, DOUBLE PRECISION, TEXT, BYTEA.
    public let statements: [String]
    /// Statements that replace `statements` in one dialect.
    public let overrides: [SQLDialect: [String]]

    /// Makes a migration.
    public init(version: Int, name: String, statements: [String], overrides: [SQLDialect: [String]] = [:]) {
        self.version = version
        self.name = name
        self.statements = statements
        self.overrides = overrides
    }

    /// The statements to run in a dialect.
    public func statements(for dialect: SQLDialect) -> [String] { overrides[dialect] ?? statements }

    /// FNV-1a, 64 bits, of the name and of the dialect's statements: tells that an applied migration was edited.
    public func checksum(for dialect: SQLDialect) -> Int64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for part in [name] + statements(for: dialect) {
            for byte in part.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
            hash = (hash ^ 0xff) &* 0x100_0000_01b3
        }
        return Int64(bitPattern: hash)
    }
}

/// Decides what a store has left to apply. Pure; the adapters run what it answers.
public struct MigrationPlan: Sendable, Equatable {
    /// The migrations to apply, in order.
    public let pending: [Migration]

    /// Compares the list with what a database has recorded (version to checksum). Versions in the database that the
    /// list does not know are left alone: an older process may start beside a newer one. Throws `.migration` where
    /// versions do not rise, an applied one was changed, or a pending one is older than an applied one.
    public init(_ migrations: [Migration], applied: [Int: Int64], dialect: SQLDialect) throws(StoreError) {
        var pending: [Migration] = []
        var previous = 0
        let newest = applied.keys.max() ?? 0
        for migration in migrations {
            let label = "migration \(migration.version) (\(migration.name))"
            guard migration.version > previous else {
                throw StoreError(.migration, "\(label): versions must be positive and rise")
            }
            previous = migration.version
            if let checksum = applied[migration.version] {
                guard checksum == migration.checksum(for: dialect) else {
                    throw StoreError(.migration, "\(label) was changed after it was applied")
                }
            } else {
                guard migration.version > newest else {
                    throw StoreError(.migration, "\(label) is older than the applied version \(newest)")
                }
                pending.append(migration)
            }
        }
        self.pending = pending
    }

    /// The table that records what was applied, in SQL of both dialects.
    public static let table = """
        CREATE TABLE IF NOT EXISTS schema_migrations \
        (version BIGINT PRIMARY KEY, name TEXT NOT NULL, checksum BIGINT NOT NULL)
        """
    /// Reads what was applied.
    public static let select = "SELECT version, checksum FROM schema_migrations"
    /// Records one applied migration.
    public static let insert = "INSERT INTO schema_migrations (version, name, checksum) VALUES ($1, $2, $3)"

    /// What `select` gave, as version to checksum.
    public static func applied(from result: ResultSet) throws(StoreError) -> [Int: Int64] {
        var applied: [Int: Int64] = [:]
        for row in result.records { applied[try row.value(0)] = try row.value(1, as: Int64.self) }
        return applied
    }

    /// The statement that records a migration as applied.
    public static func record(_ migration: Migration, dialect: SQLDialect) -> Statement {
        Statement(insert, [
            .integer(Int64(migration.version)), .text(migration.name), .integer(migration.checksum(for: dialect)),
        ])
    }
}
