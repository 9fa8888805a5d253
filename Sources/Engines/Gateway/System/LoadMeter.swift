import Telemetry

/// How busy the process and the cores were between the last two looks.
struct LoadMeter {
    private var at: Int64 = 0
    private var cpuSeconds = 0.0
    private var cores: [HostMetrics.Core] = []
    /// Share of one core that this process used; nil before the second look.
    private(set) var process: Double?
    /// Each core's busy share.
    private(set) var perCore: [Double] = []

    /// Looks, at a monotonic time.
    mutating func sample(_ now: Int64) { take(now, cpuSeconds: ProcessMetrics.cpuSeconds, cores: HostMetrics.cores) }

    mutating func take(_ now: Int64, cpuSeconds: Double, cores: [HostMetrics.Core]) {
        if at > 0, now > at {
            process = max(0, cpuSeconds - self.cpuSeconds) / (Double(now - at) / 1e9)
            perCore = zip(self.cores, cores).map { old, new in
                new.total > old.total ? Double(new.busy - old.busy) / Double(new.total - old.total) : 0
            }
        }
        at = now
        self.cpuSeconds = cpuSeconds
        self.cores = cores
    }
}
