import Glibc
public import Runtime
import Store
public import StoreSQLite

/// The folder of embedded stores: one folder an engine in it, each locked by whoever runs the engine.
public struct DataFolder: Sendable {
    public let path: String

    /// `NAUTILUS_DATA_DIR`, or `$XDG_DATA_HOME/nautilus`, or `~/.local/share/nautilus`; created where it is missing.
    public init(_ configuration: Configuration, environment: [String: String]) throws(StartError) {
        path = try Self.path(configuration, environment: environment)
        try Self.create(path)
    }

    /// Where the folder is or would be.
    public static func path(
        _ configuration: Configuration, environment: [String: String]
    ) throws(StartError) -> String {
        let named = configuration.text("DATA_DIR")
        if !named.isEmpty { return named }
        // Set to nothing, as by a script's variable that is not set: the user's own folder is not what was meant.
        if environment["NAUTILUS_DATA_DIR"] == "" {
            throw StartError(.configuration, "NAUTILUS_DATA_DIR is empty: name a folder, or do not set it")
        }
        if let data = environment["XDG_DATA_HOME"], !data.isEmpty { return data + "/nautilus" }
        if let home = environment["HOME"], !home.isEmpty { return home + "/.local/share/nautilus" }
        throw StartError(.configuration, "neither NAUTILUS_DATA_DIR nor XDG_DATA_HOME nor HOME is set")
    }

    /// An engine's own folder, created where it is missing.
    public func folder(of engine: EngineName) throws(StartError) -> String {
        let folder = "\(path)/\(engine.rawValue)"
        try Self.create(folder)
        return folder
    }

    /// Where a process keeps lossless messages while Redis is away.
    func spool(of process: String) throws(StartError) -> String {
        let folder = "\(path)/spool/\(process)"
        try Self.create(folder)
        return folder
    }

    /// What to add where a folder has no stores: a sample's lie in it, and this is the command for them. Empty where
    /// there are none.
    static func sampleHint(_ folder: String, _ engines: [EngineName], _ command: String) -> String {
        let sample = (folder.hasSuffix("/") ? String(folder.dropLast()) : folder) + "/sample"
        let hasRecords = engines.contains { access("\(sample)/\($0.rawValue)/records.sqlite", R_OK) == 0 }
        return hasRecords ? "; the sample's are in \(sample): nautilus \(command) --data-dir \(sample)" : ""
    }

    /// Locks the whole folder for one supervisor.
    public func lock() throws(StartError) -> DataFolderLock {
        do throws(StoreError) { return try DataFolderLock(folder: path) } catch { throw StartError(error) }
    }

    private static func create(_ path: String) throws(StartError) {
        var partial = path.hasPrefix("/") ? "" : "."
        for part in path.split(separator: "/") {
            partial += "/" + part
            if mkdir(partial, 0o755) == 0 || errno == EEXIST { continue }
            throw refusal(partial, errno)
        }
        var info = stat()
        guard stat(path, &info) == 0, info.st_mode & UInt32(S_IFMT) == UInt32(S_IFDIR) else {
            throw StartError(.cannotCreate, "\(path) is not a folder")
        }
        let probe = path + "/.probe-\(getpid())"
        let file = open(probe, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw refusal(path, errno) }
        close(file)
        unlink(probe)
    }

    private static func refusal(_ path: String, _ code: Int32) -> StartError {
        let denied = code == EACCES || code == EPERM || code == EROFS
        return StartError(denied ? .noPermission : .cannotCreate,
                          "the data folder \(path) cannot be written: \(String(cString: strerror(code)))")
    }
}
