import EngineKit
import Glibc
import Market
public import Runtime
import Security
import SeriesLMDB
import Store
import StoreSQLite
import Telemetry

/// Copies of all stores of a platform, taken while it runs. Each store is one version of itself, and those of SQLite lie
/// a moment apart, less than an outbox keeps what is settled: what one takes for delivered the other's copy has, or it
/// is sent again. PostgreSQL's schemas are one version together.
public struct Backup {
    /// Who sends comes before who receives: what a copy takes for delivered, the receiver's later copy has.
    static let order: [EngineName] = [
        .marketdata, .features, .factor, .ml, .strategy, .risk, .portfolio, .analytics, .websocket, .gateway,
    ]

    private let configuration: Configuration
    private let data: String, recordsAlone: Bool
    private let clock: any Clock

    /// - Parameters:
    ///   - folder: the data folder.
    ///   - recordsAlone: a database is backed up also where the bars, which are files, are not in the folder.
    public init(
        _ configuration: Configuration, folder: DataFolder, recordsAlone: Bool = false,
        clock: any Clock = SystemClock()
    ) {
        self.configuration = configuration
        self.recordsAlone = recordsAlone
        data = folder.path
        self.clock = clock
    }

    /// Writes a backup to a folder that is not there yet; it appears under its name when it is whole. Blocks.
    public func write(to target: String) throws(StartError) -> BackupManifest {
        if BackupFolders.isWithin(target, data) {
            throw StartError(.usage, "\(target) is in the data folder \(data): a backup must lie elsewhere")
        }
        guard access(target, F_OK) != 0 else { throw StartError(.cannotCreate, "\(target) is there already") }
        try checkSeries()
        let partial = target + ".partial-\(getpid())"
        BackupLeftovers.remove(target + ".partial-")
        guard mkdir(partial, 0o700) == 0 else { throw BackupFiles.refusal(partial) }
        let hold = BackupLeftovers.hold(partial)
        defer { close(hold) }
        do throws(StartError) {
            guard let manifest = try fill(partial) else {
                throw StartError(.noInput, "there is nothing to back up in \(data)"
                    + DataFolder.sampleHint(data, Self.order, "backup \(target)"))
            }
            try BackupFiles.write(manifest.json, to: "\(partial)/\(BackupManifest.name)")
            guard rename(partial, target) == 0 else { throw BackupFiles.refusal(target) }
            BackupFiles.flush(target + "/..")
            return manifest
        } catch {
            removeFolder(partial)
            throw error
        }
    }

    /// Records in a database and no bars in the folder: most likely the bars are in another one.
    private func checkSeries() throws(StartError) {
        let series = "\(data)/marketdata/series"
        guard !recordsAlone, !configuration.text("DATABASE_URL").isEmpty, configuration.engines.contains(.marketdata),
              Stores.keepsSeriesInFolder(configuration, .marketdata), access(series, F_OK) != 0 else { return }
        throw StartError(.noInput, "\(series) is not there: name the folder of the bars with --data-dir, or leave the bars "
            + "out with --without-series")
    }

    /// Nil where there are no stores.
    private func fill(_ folder: String) throws(StartError) -> BackupManifest? {
        let database = configuration.text("DATABASE_URL")
        var paths: [String] = [], ledger = LedgerDigest(lines: []), server = ""
        do throws(StoreError) {
            var snapshots: [EngineName: SQLiteSnapshot] = [:]
            defer { for snapshot in snapshots.values { snapshot.close() } }
            for engine in Self.order where database.isEmpty && access(records(of: engine), F_OK) == 0 {
                snapshots[engine] = try SQLiteSnapshot(of: records(of: engine))
            }
            for engine in Self.order {
                let own = "\(data)/\(engine.rawValue)", name = engine.rawValue
                let hasSeries = Stores.keepsSeriesInFolder(configuration, engine) && access(own + "/series", F_OK) == 0
                if snapshots[engine] != nil || hasSeries { mkdir("\(folder)/\(name)", 0o700) }
                if let snapshot = snapshots[engine] {
                    try snapshot.copy(to: "\(folder)/\(name)/records.sqlite")
                    paths.append("\(name)/records.sqlite")
                    if engine == .portfolio { ledger = try Self.digest("\(folder)/\(name)/records.sqlite") }
                }
                // After the records: what they say is done is in the copy of the series.
                if hasSeries {
                    try LMDBBackup.copy(from: own + "/series", to: "\(folder)/\(name)/series")
                    paths.append("\(name)/series")
                }
            }
        } catch { throw StartError(error) }
        if !database.isEmpty {
            let backup = try DatabaseBackup(url: database)
            server = try backup.check("pg_dump", folder: folder)
            try backup.dump(to: "\(folder)/\(DatabaseBackup.file)")
            ledger = try backup.digest(ofDump: "\(folder)/\(DatabaseBackup.file)", folder: folder)
            paths.append(DatabaseBackup.file)
        }
        if paths.isEmpty { return nil }
        var files: [BackupManifest.File] = []
        for path in paths { files.append(try BackupFiles.describe(path, in: folder)) }
        return BackupManifest(
            version: Version.text, created: clock.now, ledgerHash: ledger.hash, ledgerEntries: ledger.entries,
            postgres: server, files: files)
    }

    private func records(of engine: EngineName) -> String { "\(data)/\(engine.rawValue)/records.sqlite" }

    /// The ledger of a file; an engine that never ran its migrations has none.
    static func digest(_ path: String) throws(StoreError) -> LedgerDigest {
        let tables = try SQLiteBackup.rows(of: path, "SELECT name FROM sqlite_master WHERE name = 'transactions'")
        return LedgerDigest(rows: tables.isEmpty ? [] : try SQLiteBackup.rows(of: path, LedgerDigest.query))
    }
}

/// Files of a backup.
enum BackupFiles {
    static func refusal(_ path: String) -> StartError {
        StartError(errno == EACCES || errno == EPERM ? .noPermission : .cannotCreate,
                   "\(path): \(String(cString: strerror(errno)))")
    }

    /// What the manifest says of a file, which is flushed to disk.
    static func describe(_ path: String, in folder: String) throws(StartError) -> BackupManifest.File {
        let whole = "\(folder)/\(path)"
        flush(whole)
        var info = stat()
        guard stat(whole, &info) == 0, let digest = Digest.sha256(file: whole) else { throw refusal(whole) }
        return BackupManifest.File(path: path, bytes: Int(info.st_size), sha256: hexadecimal(digest))
    }

    /// Throws unless the file is the one the manifest tells of.
    static func check(_ file: BackupManifest.File, in folder: String) throws(StartError) {
        let found = try describe(file.path, in: folder)
        guard found.bytes == file.bytes, found.sha256 == file.sha256 else {
            throw StartError(.noInput, "\(folder)/\(file.path) is damaged: its digest is not the manifest's")
        }
    }

    /// Brings a file or folder to the disk.
    static func flush(_ path: String) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        if descriptor >= 0 {
            fsync(descriptor)
            close(descriptor)
        }
    }

    static func write(_ bytes: [UInt8], to path: String) throws(StartError) {
        guard let file = fopen(path, "we") else { throw refusal(path) }
        let written = fwrite(bytes, 1, bytes.count, file)
        guard fclose(file) == 0, written == bytes.count else { throw refusal(path) }
        flush(path)
    }

    static func copy(_ source: String, to target: String) throws(StartError) {
        guard let input = fopen(source, "re") else { throw refusal(source) }
        defer { fclose(input) }
        guard let output = fopen(target, "wxe") else { throw refusal(target) }
        var part = [UInt8](repeating: 0, count: 1 << 20), isWhole = true
        while isWhole {
            let count = fread(&part, 1, part.count, input)
            if count == 0 { break }
            isWhole = fwrite(part, 1, count, output) == count
        }
        guard fclose(output) == 0, isWhole, ferror(input) == 0 else { throw refusal(target) }
    }
}
