import Glibc
public import Store

/// Holds a data folder for one supervisor. The lock is the kernel's (`flock` on `<folder>/.lock`), so it ends with the
/// process however that ends; it ends earlier when the object goes away.
public final class DataFolderLock: Sendable {
    private let descriptor: Int32

    /// Takes the lock at once or throws: `.locked` with the holder's process id in the text, `.readOnly`, `.notFound`.
    public init(folder: String) throws(StoreError) {
        let path = folder + "/.lock"
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw Self.failure(errno, "opening \(path)") }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            let holder = Self.holder(descriptor)
            _ = Glibc.close(descriptor)
            if code != EWOULDBLOCK { throw Self.failure(code, "locking \(path)") }
            throw StoreError(.locked, "\(folder) is in use by process \(holder)")
        }
        let owner = Array("\(getpid())\n".utf8)
        // The process id is for people; a folder that cannot take it is still locked.
        if ftruncate(descriptor, 0) == 0 { _ = pwrite(descriptor, owner, owner.count, 0) }
        self.descriptor = descriptor
    }

    deinit { _ = Glibc.close(descriptor) }

    private static func holder(_ descriptor: Int32) -> String {
        var bytes = [UInt8](repeating: 0, count: 20)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        let digits = bytes.prefix(max(0, count)).prefix { $0 >= 48 && $0 <= 57 }
        return digits.isEmpty ? "unknown" : String(decoding: digits, as: UTF8.self)
    }

    private static func failure(_ code: Int32, _ context: String) -> StoreError {
        let text = String(cString: strerror(code))
        return switch code {
        case EROFS, EACCES, EPERM: StoreError(.readOnly, context, underlying: text)
        case ENOENT, ENOTDIR: StoreError(.notFound, context, underlying: text)
        case ENOSPC, EDQUOT: StoreError(.diskFull, context, underlying: text)
        default: StoreError(.io, context, underlying: text)
        }
    }
}
