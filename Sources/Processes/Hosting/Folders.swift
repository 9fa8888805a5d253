import Glibc

/// Removes a folder and all in it.
public func removeFolder(_ path: String) {
    if let handle = opendir(path) {
        var names: [String] = []
        while let entry = readdir(handle) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        closedir(handle)
        for name in names {
            let inner = "\(path)/\(name)"
            if unlink(inner) != 0 { removeFolder(inner) }
        }
    }
    rmdir(path)
}
