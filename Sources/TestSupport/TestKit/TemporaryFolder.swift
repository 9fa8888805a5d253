import Glibc
import Synchronization

/// A folder that is removed with its contents when the object goes away, at the latest when the process exits.
public final class TemporaryFolder: Sendable {
    private static let present = Mutex<Set<String>>([])
    private static let removeRemaining: Void = {
        atexit { for path in TemporaryFolder.present.withLock({ $0 }) { TemporaryFolder.removeTree(path) } }
    }()

    /// Its absolute path.
    public let path: String

    /// Makes a folder under the system's temporary folder; traps where that cannot be.
    public init() {
        var template = Array("/tmp/nautilus-XXXXXX".utf8CString)
        _ = Self.removeRemaining
        precondition(mkdtemp(&template) != nil, "no temporary folder: \(String(cString: strerror(errno)))")
        path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        Self.present.withLock { _ = $0.insert(path) }
    }

    deinit {
        Self.removeTree(path)
        Self.present.withLock { _ = $0.remove(path) }
    }

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
