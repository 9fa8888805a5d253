public import Market
import Wire

/// What a backup holds, in `manifest.json`.
public struct BackupManifest: Sendable {
    /// One file of the backup.
    public struct File: Sendable {
        /// From the backup's folder.
        public let path: String
        public let bytes: Int
        /// SHA-256, in hexadecimal.
        public let sha256: String
    }

    static let format = 1
    static let name = "manifest.json"
    /// The version of Nautilus that wrote it.
    public let version: String
    public let created: Timestamp
    /// Digest over all ledger entries in order, and how many there are; see `LedgerDigest`.
    public let ledgerHash: String, ledgerEntries: Int
    /// The database server's version where records were in PostgreSQL; empty otherwise.
    public let postgres: String
    public let files: [File]

    public var json: [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.key("format")
        json.int(Self.format)
        json.key("version")
        json.string(version)
        json.key("created")
        json.time(created)
        json.key("ledger_hash")
        json.string(ledgerHash)
        json.key("ledger_entries")
        json.int(ledgerEntries)
        json.key("postgres")
        json.string(postgres)
        json.key("files")
        json.beginArray()
        for file in files {
            json.beginObject()
            json.key("path")
            json.string(file.path)
            json.key("bytes")
            json.int(file.bytes)
            json.key("sha256")
            json.string(file.sha256)
            json.endObject()
        }
        json.endArray()
        json.endObject()
        return json.bytes
    }
}

extension BackupManifest {
    /// Reads `manifest.json`; throws for what is no manifest of this format, or names a file outside its folder.
    init(bytes: [UInt8], path: String) throws(StartError) {
        let refusal = StartError(.noInput, "\(path) is not the manifest of a backup that this version reads")
        let parsed = try? JSONParser().withDocument(bytes) { root -> BackupManifest? in
            guard root.member("format")?.int == Self.format, let version = root.member("version")?.string,
                let created = root.member("created")?.string.flatMap({ Timestamp(iso8601: $0) }),
                let hash = root.member("ledger_hash")?.string, let entries = root.member("ledger_entries")?.int,
                let postgres = root.member("postgres")?.string, let list = root.member("files")
            else { return nil }
            var files: [File] = [], isWhole = true
            list.forEachElement { item in
                guard let path = item.member("path")?.string, let bytes = item.member("bytes")?.int,
                    let sha256 = item.member("sha256")?.string, !path.hasPrefix("/"), !path.contains("..")
                else {
                    isWhole = false
                    return
                }
                files.append(File(path: path, bytes: bytes, sha256: sha256))
            }
            guard isWhole else { return nil }
            return BackupManifest(
                version: version, created: created, ledgerHash: hash, ledgerEntries: entries, postgres: postgres,
                files: files)
        }
        guard let manifest = parsed ?? nil else { throw refusal }
        self = manifest
    }
}
