import Glibc

/// A file as it was when it was opened. Where it is deleted, moved or replaced afterwards, what is written to the open
/// one goes on and is lost with the process, so a store asks before it writes.
public struct OpenedFile: Sendable {
    private let path: String
    private let device: dev_t, inode: ino_t

    /// The file at a path, which the caller has open; nil where there is none.
    public init?(_ path: String) {
        var info = stat()
        guard stat(path, &info) == 0 else { return nil }
        self.path = path
        device = info.st_dev
        inode = info.st_ino
    }

    /// Whether the path still leads to it. Where that cannot be told, as on a file system that is away, it does.
    public var isThere: Bool {
        var info = stat()
        if stat(path, &info) != 0 { return errno != ENOENT && errno != ENOTDIR }
        return info.st_dev == device && info.st_ino == inode
    }

    /// Throws `.io` where it is not.
    public func check() throws(StoreError) {
        if isThere { return }
        throw StoreError(.io, "writing \(path)", underlying: "the file that was opened was deleted, moved or replaced")
    }
}
