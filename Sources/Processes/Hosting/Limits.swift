import Glibc

/// What the process asks of the kernel for itself.
public enum Limits {
    /// Raises the soft limit of open files to the hard one: sockets are the point of some engines.
    /// Returns how many files may be open now; 0 where the kernel does not say.
    @discardableResult
    public static func raiseOpenFiles() -> Int {
        var limit = rlimit()
        let files = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        guard getrlimit(files, &limit) == 0 else { return 0 }
        let soft = limit.rlim_cur
        limit.rlim_cur = limit.rlim_max
        return Int(clamping: setrlimit(files, &limit) == 0 ? limit.rlim_cur : soft)
    }

    /// The machine's or container's name: with it a restarted process is the same consumer of the bus again.
    static var hostName: String {
        var name = [CChar](repeating: 0, count: 256)
        gethostname(&name, 255)
        let text = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return text.isEmpty ? "local" : text
    }
}
