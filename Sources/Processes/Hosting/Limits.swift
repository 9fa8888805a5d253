import Glibc

/// What the process asks of the kernel for itself.
enum Limits {
    /// Raises the soft limit of open files to the hard one: sockets are the point of some engines.
    static func raiseOpenFiles() {
        var limit = rlimit()
        let files = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        guard getrlimit(files, &limit) == 0, limit.rlim_cur < limit.rlim_max else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(files, &limit)
    }

    /// The machine's or container's name: with it a restarted process is the same consumer of the bus again.
    static var hostName: String {
        var name = [CChar](repeating: 0, count: 256)
        gethostname(&name, 255)
        let text = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return text.isEmpty ? "local" : text
    }
}
