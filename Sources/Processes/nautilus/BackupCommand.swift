import Hosting
import Runtime
import Wire

/// `nautilus backup` and `nautilus restore`.
struct BackupCommand {
    private static let backupHelp = """
        usage: nautilus backup DIR [--data-dir DIR] [--without-series]

        Copies every store to the new folder DIR while the engines run: SQLite and LMDB from the data folder, or
        PostgreSQL's schemas by pg_dump where NAUTILUS_DATABASE_URL is set. manifest.json in it has the versions, the
        time, a digest of each file and the digest of the ledger. Prints the manifest. Where the records are in PostgreSQL
        and the data folder has no bars, which are files, it is refused; --without-series backs the database up alone.
        """
    private static let restoreHelp = """
        usage: nautilus restore DIR [--data-dir DIR] [--force]

        Puts a backup in the place of the stores; the engines must not run. Every digest is checked before anything is
        touched, and the ledger's digest afterwards. A data folder that is not empty, or a database that has the schemas,
        is refused; --force replaces them, and keeps the old folder beside the new one. Prints the manifest.
        """

    private let options: Options
    private let isRestore: Bool

    init(_ arguments: ArraySlice<String>, restores: Bool) throws {
        isRestore = restores
        options = try Options(arguments, values: ["data-dir"], flags: restores ? ["force"] : ["without-series"])
    }

    func run() throws -> Int32 {
        if options.wantsHelp {
            ProcessRunner.writeOutput(isRestore ? Self.restoreHelp : Self.backupHelp)
            return 0
        }
        guard options.rest.count == 1 else {
            throw StartError(.usage, "\(isRestore ? "restore" : "backup") takes one folder; see --help")
        }
        let environment = ProcessRunner.environment
        var configuration = try Configuration(environment: environment)
        if let folder = options["data-dir"] { configuration = try configuration.replacing(["DATA_DIR": folder]) }
        let manifest: BackupManifest
        if isRestore {
            let folder = try DataFolder.path(configuration, environment: environment)
            manifest = try Restore(configuration, folder: folder).run(from: options.rest[0], force: options.has("force"))
        } else {
            let folder = try DataFolder(configuration, environment: environment)
            manifest = try Backup(configuration, folder: folder, recordsAlone: options.has("without-series"))
                .write(to: options.rest[0])
        }
        ProcessRunner.writeOutput(String(decoding: manifest.json, as: UTF8.self))
        return 0
    }
}
