import Glibc
import Market
@testable import Telemetry
import Testing

struct MetricsTests {
    @Test func coresTellWhatWasStolen() {
        let told = HostMetrics.cores(of: "cpu  9 9 9 9 9 9 9 9 0 0\ncpu0 1 2 3 40 5 6 7 8 0 0\nintr 1\n")
        #expect(told == [.init(busy: 27, total: 72, stolen: 8)])
        #expect(HostMetrics.cores(of: "cpu0 1 2 3 40 5\n") == [.init(busy: 6, total: 51)])
    }

    @Test func rendersPrometheusText() {
        let registry = MetricsRegistry(labels: ["engine": "risk"])
        registry.counter("a_total", "Counts.", ["kind": "x\"y\\z\n"]).add(3)
        registry.gauge("b_ratio", "Says.").set(0.5)
        let histogram = registry.histogram("c_seconds", "Times.", bounds: [0.1, 1])
        histogram.observe(0.05)
        histogram.observe(0.5)
        histogram.observe(5)
        let text = String(decoding: registry.render(), as: UTF8.self)
        #expect(text.contains("# TYPE a_total counter\na_total{engine=\"risk\",kind=\"x\\\"y\\\\z\\n\"} 3.0\n"))
        #expect(text.contains("b_ratio{engine=\"risk\"} 0.5\n"))
        #expect(text.contains("c_seconds_bucket{engine=\"risk\",le=\"0.1\"} 1.0\n"))
        #expect(text.contains("c_seconds_bucket{engine=\"risk\",le=\"1.0\"} 2.0\n"))
        #expect(text.contains("c_seconds_bucket{engine=\"risk\",le=\"+Inf\"} 3.0\n"))
        #expect(text.contains("c_seconds_count{engine=\"risk\"} 3.0\n"))
    }

    @Test func theSameNameAndLabelsAreTheSameMetric() {
        let registry = MetricsRegistry()
        registry.counter("a_total", "Counts.").increment()
        registry.counter("a_total", "Counts.").increment()
        #expect(registry.counter("a_total", "Counts.").value == 2)
    }

    @Test func theProcessTellsOfItself() {
        let registry = MetricsRegistry()
        ProcessMetrics.register(in: registry, version: "1", startSeconds: 1)
        let text = String(decoding: registry.render(), as: UTF8.self)
        #expect(text.contains("nautilus_build_info{version=\"1\"} 1.0"))
        #expect(ProcessMetrics.residentBytes > 1 << 20 && ProcessMetrics.openDescriptors > 0)
        #expect(ProcessMetrics.mostDescriptors > ProcessMetrics.openDescriptors)
    }

    /// What LMDB maps is such memory: as much as fits, and none of it is needed.
    @Test func pagesOfFilesAreNotMemoryThatIsNeeded() throws {
        // A file that is on a disk, which /tmp need not be.
        let file = try #require(fopen("/proc/self/exe", "r"))
        defer { fclose(file) }
        var about = stat()
        try #require(fstat(fileno(file), &about) == 0 && about.st_size > 16 << 20)
        let size = min(about.st_size, 64 << 20)
        let resident = ProcessMetrics.residentBytes, needed = ProcessMetrics.unreclaimableBytes
        #expect(needed > 1 << 20 && needed <= resident + 8 << 20)
        let pages = try #require(mmap(nil, size, PROT_READ, MAP_SHARED | MAP_POPULATE, fileno(file), 0))
        try #require(pages != MAP_FAILED)
        defer { munmap(pages, size) }
        #expect(ProcessMetrics.residentBytes > resident + size / 2)
        #expect(ProcessMetrics.unreclaimableBytes < needed + size / 2)
        let own = try #require(mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0))
        defer { munmap(own, size) }
        #expect(ProcessMetrics.unreclaimableBytes > needed + size / 2)
    }

    @Test func theProcessTableIsRead() {
        let text = "VmRSS:\t  90 kB\nRssAnon:\t      10 kB\nRssFile:\t  77 kB\nRssShmem:\t       3 kB\n"
        #expect(HostMetrics.kilobytes(of: ["RssAnon:", "RssShmem:"], in: text) == 13)
    }

    @Test func theMachineTellsOfItself() {
        let registry = MetricsRegistry()
        HostMetrics.register(in: registry)
        HostMetrics.registerDisk(of: "/", in: registry)
        let text = String(decoding: registry.render(), as: UTF8.self)
        for name in ["cores", "load", "memory_bytes", "available_memory_bytes"] {
            #expect(text.contains("# TYPE nautilus_host_\(name) gauge"))
        }
        let disk = HostMetrics.disk(of: "/"), missing = HostMetrics.disk(of: "/no such folder")
        #expect(disk.size >= disk.available && disk.size > 0 && missing.size == 0)
        #expect(HostMetrics.memoryLimit > ProcessMetrics.residentBytes)
        #expect(HostMetrics.memoryLimit <= HostMetrics.memory.total)
    }
}

struct LoggerTests {
    @Test func linesAreJSONWithIdsAndNothingBelowTheLevel() {
        let sink = MemoryLogSink()
        let logger = Logger(engine: "risk", level: .info, sink: sink) { Timestamp(seconds: 0) }
        logger.debug("no")
        logger.with(requestID: "r\"1", traceID: nil).warning("said", ["count": 3, "what": "x\ny"])
        #expect(sink.all == [
            #"{"time":"1970-01-01T00:00:00Z","level":"warning","engine":"risk","message":"said","request_id":"r\"1","count":3,"what":"x\ny"}"# + "\n",
        ])
    }
}
