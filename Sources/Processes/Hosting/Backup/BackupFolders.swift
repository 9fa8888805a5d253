import Glibc

/// What is in folders.
enum BackupFolders {
    /// The names in a folder; none where it is not there.
    static func names(_ path: String) -> [String] {
        guard let handle = opendir(path) else { return [] }
        defer { closedir(handle) }
        var names: [String] = []
        while let entry = readdir(handle) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names
    }

    /// Whether a path that need not be there yet lies in a folder, or is the folder.
    static func isWithin(_ path: String, _ folder: String) -> Bool {
        guard let folder = real(folder) else { return false }
        var parts = path.split(separator: "/", omittingEmptySubsequences: true).map(String.init)
        // The nearest folder that is there says where the rest would be.
        while true {
            let above = (path.hasPrefix("/") ? "/" : "./") + parts.joined(separator: "/")
            if let found = real(above) { return (found + "/").hasPrefix(folder == "/" ? "/" : folder + "/") }
            if parts.popLast() == nil { return false }
        }
    }

    private static func real(_ path: String) -> String? {
        guard let found = realpath(path, nil) else { return nil }
        defer { free(found) }
        return String(cString: found)
    }
}

/// Folders that a backup or a restore was filling when it was killed. The process's number ends their name, and it holds
/// the folder while it runs: numbers are of one machine or container, and the folder may be seen by several.
enum BackupLeftovers {
    /// Holds a folder as long as the descriptor is open.
    static func hold(_ folder: String) -> Int32 {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if descriptor >= 0 { flock(descriptor, LOCK_EX | LOCK_NB) }
        return descriptor
    }

    /// Removes those whose names are `prefix` and the number of a process that ended.
    static func remove(_ prefix: String) {
        let slash = prefix.lastIndex(of: "/"), name = slash.map { prefix[prefix.index(after: $0)...] } ?? prefix[...]
        let folder = slash.map { String(prefix[...$0]) } ?? "./"
        for entry in BackupFolders.names(folder) where entry.hasPrefix(name) {
            guard let pid = pid_t(entry.dropFirst(name.count)), pid > 0 else { continue }
            // One of our own number is of somebody who had it before.
            if pid != getpid() && (kill(pid, 0) == 0 || errno != ESRCH) { continue }
            let descriptor = open(folder + entry, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            guard descriptor >= 0 else { continue }
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { removeFolder(folder + entry) }
            close(descriptor)
        }
    }
}
