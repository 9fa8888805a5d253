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
}
