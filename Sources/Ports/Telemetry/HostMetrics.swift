import Glibc

/// What the operating system says of the whole machine. Reads `/proc`; empty or zero where it cannot.
public enum HostMetrics {
    /// Time that a core has spent since the machine started, in clock ticks.
    public struct Core: Sendable, Equatable {
        public let busy: Int, total: Int
        /// Of `busy`: what a virtual machine's host gave to others while this core wanted to run.
        public let stolen: Int

        public init(busy: Int, total: Int, stolen: Int = 0) {
            self.busy = busy
            self.total = total
            self.stolen = stolen
        }
    }

    /// Every core, in its order.
    public static var cores: [Core] { cores(of: read("/proc/stat")) }

    /// Total and available memory in bytes.
    public static var memory: (total: Int, available: Int) {
        let text = read("/proc/meminfo")
        return (kilobytes(of: ["MemTotal:"], in: text) << 10, kilobytes(of: ["MemAvailable:"], in: text) << 10)
    }

    /// Memory in bytes that this process may use: what its control group allows, at most what the machine has.
    public static var memoryLimit: Int {
        let allowed = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"]
            .compactMap { Int(read($0).prefix { $0.isNumber }) }
        return (allowed + [memory.total]).min() ?? 0
    }

    /// Size and free space in bytes of the disk that a folder is on; zero where it cannot be asked.
    public static func disk(of folder: String) -> (size: Int, available: Int) {
        var told = statvfs()
        guard statvfs(folder, &told) == 0 else { return (0, 0) }
        return (Int(told.f_blocks) * Int(told.f_frsize), Int(told.f_bavail) * Int(told.f_frsize))
    }

    /// Adds the machine's figures to a registry.
    public static func register(in registry: MetricsRegistry) {
        registry.computed("nautilus_host_cores", "Processor cores of the machine.") {
            Double(sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        }
        registry.computed("nautilus_host_load", "Processes that ran or waited to, over the last minute.") { load }
        registry.computed("nautilus_host_memory_bytes", "Memory of the machine.") { Double(memory.total) }
        registry.computed("nautilus_host_available_memory_bytes", "Memory that can still be taken.") {
            Double(memory.available)
        }
    }

    /// Adds the size and the free space of the disk that holds a folder to a registry.
    public static func registerDisk(of folder: String, in registry: MetricsRegistry) {
        registry.computed("nautilus_data_disk_bytes", "Size of the disk that holds the data folder.") {
            Double(disk(of: folder).size)
        }
        registry.computed("nautilus_data_disk_available_bytes", "Free space of the disk that holds the data folder.") {
            Double(disk(of: folder).available)
        }
    }

    /// Processes that ran or waited to, over the last minute.
    public static var load: Double { read("/proc/loadavg").split(separator: " ").first.flatMap { Double($0) } ?? 0 }

    static func cores(of text: String) -> [Core] {
        text.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: " ")
            guard let name = fields.first, name.hasPrefix("cpu"), name.count > 3 else { return nil }
            let times = fields.dropFirst().prefix(8).compactMap { Int($0) }
            guard times.count >= 5 else { return nil }
            let total = times.reduce(0, +)
            return Core(busy: total - times[3] - times[4], total: total, stolen: times.count > 7 ? times[7] : 0)
        }
    }

    /// The sum of the lines that begin with these names, in a table of /proc whose figures are in kB.
    static func kilobytes(of names: Set<Substring>, in text: String) -> Int {
        text.split(separator: "\n").reduce(0) { sum, line in
            let fields = line.split { $0 == " " || $0 == "\t" }
            return fields.count > 1 && names.contains(fields[0]) ? sum + (Int(fields[1]) ?? 0) : sum
        }
    }

    static func read(_ path: String) -> String {
        guard let file = fopen(path, "r") else { return "" }
        defer { fclose(file) }
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        let count = fread(&buffer, 1, buffer.count, file)
        return String(decoding: buffer.prefix(count), as: UTF8.self)
    }
}
