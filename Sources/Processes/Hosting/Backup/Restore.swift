import Glibc
public import Runtime
import Store
import StoreSQLite

/// Puts a backup in the place of a platform's stores. Nothing is touched before every digest is right; the new folder
/// takes its name at once, and the database changes in one transaction.
public struct Restore {
    private static let ledger = "portfolio/records.sqlite"
    private let configuration: Configuration
    private let data: String

    /// - Parameter folder: the path of the data folder, which need not be there.
    public init(_ configuration: Configuration, folder: String) {
        self.configuration = configuration
        data = folder.count > 1 && folder.hasSuffix("/") ? String(folder.dropLast()) : folder
    }

    /// Restores a backup. With `force` what is there is replaced: the old folder stays beside the new one under a name
    /// of its own. Throws where engines run, where stores are there already, or where the backup is damaged. Blocks.
    public func run(from source: String, force: Bool) throws(StartError) -> BackupManifest {
        guard let bytes = Assets.read(file: "\(source)/\(BackupManifest.name)") else {
            throw StartError(.noInput, "\(source) has no \(BackupManifest.name)")
        }
        let manifest = try BackupManifest(bytes: bytes, path: "\(source)/\(BackupManifest.name)")
        for file in manifest.files { try BackupFiles.check(file, in: source) }
        let hasLedger = manifest.files.contains { [Self.ledger, DatabaseBackup.file].contains($0.path) }
        if !hasLedger && !LedgerDigest(lines: []).isTold(by: manifest) {
            throw StartError(.noInput, "\(source) is damaged: its manifest tells of \(manifest.ledgerEntries) ledger "
                + "entries, and of no file that has them")
        }
        let locks = try hold(force: force)
        defer { withExtendedLifetime(locks) {} }
        let hasDump = manifest.files.contains { $0.path == DatabaseBackup.file }
        let database = configuration.text("DATABASE_URL")
        if hasDump == database.isEmpty {
            throw StartError(.configuration, hasDump
                ? "the backup holds a PostgreSQL database; set NAUTILUS_DATABASE_URL"
                : "the backup holds no PostgreSQL database; leave NAUTILUS_DATABASE_URL empty")
        }
        let new = "\(data).restoring-\(getpid())"
        BackupLeftovers.remove(data + ".restoring-")
        guard mkdir(new, 0o755) == 0 else { throw BackupFiles.refusal(new) }
        let hold = BackupLeftovers.hold(new)
        defer { close(hold) }
        do throws(StartError) {
            try checkPlace()
            try copy(manifest, from: source, to: new)
            var digest: LedgerDigest?
            if hasDump {
                let backup = try DatabaseBackup(url: database)
                _ = try backup.check("pg_restore", folder: new)
                try backup.restore("\(source)/\(DatabaseBackup.file)", replacing: force, folder: new)
                digest = try backup.digest(folder: new)
            } else if access("\(new)/\(Self.ledger)", F_OK) == 0 {
                do throws(StoreError) {
                    digest = try Backup.digest("\(new)/\(Self.ledger)")
                } catch { throw StartError(error) }
            }
            if let digest, !digest.isTold(by: manifest) {
                throw StartError(.software, "the restored ledger is \(digest.hash), the manifest's \(manifest.ledgerHash)")
            }
            try place(new)
        } catch {
            removeFolder(new)
            throw error
        }
        return manifest
    }

    /// Refuses a folder in use, and one with something in it unless it is to be replaced.
    private func hold(force: Bool) throws(StartError) -> [DataFolderLock] {
        let names = BackupFolders.names(data)
        if names.isEmpty { return [] }
        if !force { throw StartError(.cannotCreate, "\(data) is not empty; --force replaces it and keeps it beside") }
        var locks: [DataFolderLock] = []
        do throws(StoreError) {
            locks.append(try DataFolderLock(folder: data))
            for engine in EngineName.allCases where access("\(data)/\(engine.rawValue)", F_OK) == 0 {
                locks.append(try DataFolderLock(folder: "\(data)/\(engine.rawValue)"))
            }
        } catch { throw StartError(error) }
        return locks
    }

    private func copy(_ manifest: BackupManifest, from source: String, to new: String) throws(StartError) {
        for file in manifest.files where file.path != DatabaseBackup.file {
            if let slash = file.path.lastIndex(of: "/") { mkdir("\(new)/\(file.path[..<slash])", 0o755) }
            try BackupFiles.copy("\(source)/\(file.path)", to: "\(new)/\(file.path)")
            try BackupFiles.check(file, in: new)
        }
        BackupFiles.flush(new)
    }

    /// A folder that cannot get another name, as a mount point cannot, is found before the database is replaced.
    private func checkPlace() throws(StartError) {
        guard access(data, F_OK) == 0 else { return }
        let aside = "\(data).replaced-\(getpid())"
        guard rename(data, aside) == 0, rename(aside, data) == 0 else { throw BackupFiles.refusal(data) }
    }

    private func place(_ new: String) throws(StartError) {
        if !BackupFolders.names(data).isEmpty {
            let old = "\(data).replaced-\(getpid())"
            guard rename(data, old) == 0 else { throw BackupFiles.refusal(data) }
            guard rename(new, data) == 0 else {
                let refusal = BackupFiles.refusal(data)
                rename(old, data)
                throw refusal
            }
        } else {
            guard rename(new, data) == 0 else { throw BackupFiles.refusal(data) }
        }
        BackupFiles.flush(data + "/..")
    }
}
