import Glibc

/// A folder that is removed with its contents when the object goes away.
public final class TemporaryFolder: Sendable {
    /// Its absolute path.
    public let path: String

    /// Makes a folder under the system's temporary folder; traps where that cannot be.
    public init() {
        var template = Array("/tmp/nautilus-XXXXXX".utf8CString)
        precondition(mkdtemp(&template) != nil, "no temporary folder: \(String(cString: strerror(errno)))")
        path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    deinit { Self.removeTree(path) }

    private static func removeTree(_ path: String) {
        if let folder = opendir(path) {
            while let entry = readdir(folder) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                if name == "." || name == ".." { continue }
                if entry.pointee.d_type == UInt8(DT_DIR) {
                    removeTree(path + "/" + name)
                } else {
                    unlink(path + "/" + name)
                }
            }
            closedir(folder)
        }
        rmdir(path)
    }
}
