import Glibc

/// What the operating system says of this process. Reads `/proc/self`; zero where it cannot.
public enum ProcessMetrics {
    /// Adds the standard `process_*` metrics and the build's to a registry.
    public static func register(in registry: MetricsRegistry, version: String, startSeconds: Double) {
        registry.computed("process_cpu_seconds_total", "User and system CPU time spent.", counter: true) { cpuSeconds }
        registry.computed("process_resident_memory_bytes", "Resident memory.") { Double(residentBytes) }
        registry.computed("nautilus_process_memory_bytes", "Resident memory that is not of files: it cannot be dropped.") {
            Double(unreclaimableBytes)
        }
        registry.computed("process_open_fds", "Open file descriptors.") { Double(openDescriptors) }
        registry.computed("process_max_fds", "File descriptors that may be open.") { Double(mostDescriptors) }
        registry.computed("nautilus_memory_limit_bytes", "Memory that the process may use.") {
            Double(HostMetrics.memoryLimit)
        }
        registry.computed("process_start_time_seconds", "Start time since the epoch.") { startSeconds }
        registry.computed("nautilus_build_info", "The running version; always 1.", ["version": version]) { 1 }
    }

    /// User and system CPU time of the process, in seconds.
    public static var cpuSeconds: Double {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        let whole = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec
        return Double(whole) + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
    }

    /// Resident memory in bytes.
    public static var residentBytes: Int {
        guard let file = fopen("/proc/self/statm", "r") else { return 0 }
        defer { fclose(file) }
        var buffer = [CChar](repeating: 0, count: 128)
        guard fgets(&buffer, 128, file) != nil else { return 0 }
        let fields = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) },
            as: UTF8.self).split(separator: " ")
        return fields.count > 1 ? (Int(fields[1]) ?? 0) * Int(sysconf(Int32(_SC_PAGESIZE))) : 0
    }

    /// Resident memory in bytes less the pages of files, which the system drops when it needs room: those that LMDB maps
    /// can be all there is, and mean nothing.
    public static var unreclaimableBytes: Int {
        HostMetrics.kilobytes(of: ["RssAnon:", "RssShmem:"], in: HostMetrics.read("/proc/self/status")) << 10
    }

    /// How many file descriptors may be open at once.
    public static var mostDescriptors: Int {
        var limit = rlimit()
        return getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 ? Int(clamping: limit.rlim_cur) : 0
    }

    /// Open file descriptors.
    public static var openDescriptors: Int {
        guard let folder = opendir("/proc/self/fd") else { return 0 }
        defer { closedir(folder) }
        var count = 0
        while readdir(folder) != nil { count += 1 }
        return max(0, count - 3)
    }
}
