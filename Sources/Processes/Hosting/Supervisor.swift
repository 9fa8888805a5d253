import BusRedis
import Glibc
import HTTPClient
public import HTTP
public import Runtime
import Security
import Telemetry

/// One process an engine: starts them, restarts what dies with a back-off below five seconds, stops them together.
@LoopActor public final class Supervisor: PlatformRunner {
    /// The first pause before a restart, and the longest.
    static let backOffMilliseconds = 100...4000
    /// A process that lived so long starts its next back-off from the beginning.
    static let healthySeconds: Int64 = 30
    /// After SIGTERM a process has this long; then it is killed.
    static let graceNanoseconds: Int64 = 9_000_000_000

    private struct Child {
        var pid: pid_t
        var started: Int64
        var failures: Int
    }

    private let configuration: Configuration
    private let names: [EngineName]
    private let environment: [String: String]
    private let clock = SystemClock()
    private let logger: Logger
    private let far: HTTPPeers
    private var children: [EngineName: Child] = [:]
    private var watcher: SignalWatcher?
    private var isStopping = false
    /// Processes that were ready once.
    private var wereReady: Set<EngineName> = []
    /// Why a process ended that need not be tried again.
    private var failure: StartError?

    public init(
        _ configuration: Configuration, _ names: [EngineName], folder: DataFolder, environment: [String: String]
    ) throws(StartError) {
        if configuration.text("REDIS_URL").isEmpty {
            throw StartError(.configuration,
                "--processes needs NAUTILUS_REDIS_URL: engines in processes of their own talk over Redis")
        }
        if RedisURL(configuration.text("REDIS_URL")) == nil { throw StartError(RedisBusError.url("")) }
        _ = try AccessPolicy(configuration)
        if names.contains(.factor) { try OwnFactorRules.install(configuration) }
        self.configuration = configuration
        self.names = names
        var child = environment.filter { !$0.key.hasPrefix("NAUTILUS_") }
        for (name, value) in configuration.environment { child[name] = value }
        child["NAUTILUS_DATA_DIR"] = folder.path
        self.environment = child
        let clock = clock
        logger = Logger(engine: "nautilus", level: LogLevel(rawValue: configuration.text("LOG_LEVEL")) ?? .info,
                        sink: StandardErrorSink()) { clock.now }
        far = HTTPPeers(configuration, clock: clock, key: (try? AccessPolicy.peerKey(configuration)) ?? nil)
    }

    public var peers: any PeerClient { far }

    public var addresses: [(name: EngineName, url: String)] {
        names.map { ($0, "http://" + Authority.text(configuration.host(of: $0), configuration.port(of: $0))) }
    }

    // MARK: Starting

    public func start() async throws {
        for name in names { try checkPort(name) }
        watcher = SignalWatcher(SIGCHLD) { [weak self] in self?.reap() }
        for name in names { try launch(name, failures: 0) }
    }

    /// A port in use is told before anything is started.
    private func checkPort(_ name: EngineName) throws(StartError) {
        let fd = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        defer { Glibc.close(fd) }
        var one: Int32 = 1
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, 4)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(configuration.port(of: name)).bigEndian
        guard inet_pton(AF_INET, configuration.bindAddress, &address.sin_addr) == 1 else { return }
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self,
                capacity: 1) { bind(fd, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
        if result != 0 && errno == EADDRINUSE {
            throw StartError(.unavailable,
                "port \(configuration.port(of: name)) on \(configuration.bindAddress) is in use")
        }
    }

    private func launch(_ name: EngineName, failures: Int) throws(StartError) {
        let binary = Self.folderOfBinary() + "/" + name.processName
        guard access(binary, X_OK) == 0 else { throw StartError(.unavailable, "there is no binary \(binary); run make build") }
        guard let pid = Self.spawnProcess(binary, ["--supervisor", "\(getpid())"], environment) else {
            throw StartError(.software, "\(name.processName) did not start: \(String(cString: strerror(errno)))")
        }
        children[name] = Child(pid: pid, started: clock.monotonic, failures: failures)
        logger.info("process started", ["process": .string(name.processName), "pid": .int(Int(pid))])
    }

    private static func folderOfBinary() -> String {
        var path = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &path, path.count - 1)
        let text = String(decoding: path.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return "/" + text.split(separator: "/").dropLast().joined(separator: "/")
    }

    /// Starts a program with its own signal mask and default handlers, in our process group.
    private static func spawnProcess(
        _ binary: String, _ options: [String], _ environment: [String: String]
    ) -> pid_t? {
        var arguments: [UnsafeMutablePointer<CChar>?] = ([binary] + options).map { strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in arguments + variables { free(pointer) } }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t(), all = sigset_t()
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        var pid: pid_t = 0
        let code = posix_spawn(&pid, binary, nil, &attributes, &arguments, &variables)
        if code != 0 {
            errno = code
            return nil
        }
        return pid
    }

    public func ready() async throws {
        for name in names {
            while !Task.isCancelled && !isStopping {
                if let failure { throw failure }
                let request = Request(method: .get, path: "/health/ready", headers: ["Host": "localhost"])
                let response = try? await far.send(request, to: name, deadlineNanoseconds: 2_000_000_000)
                if response?.status == 200 {
                    wereReady.insert(name)
                    break
                }
                await clock.sleep(nanoseconds: 50_000_000)
            }
        }
        if let failure { throw failure }
    }

    // MARK: Watching

    private func reap() {
        var status: Int32 = 0
        for (name, child) in children where waitpid(child.pid, &status, WNOHANG) == child.pid {
            children[name] = nil
            if isStopping { continue }
            let lived = (clock.monotonic - child.started) / 1_000_000_000
            if !wereReady.contains(name), lived < Self.healthySeconds, let failure = Self.failure(of: name, status, tries: child.failures + 1) {
                self.failure = self.failure ?? failure
                continue
            }
            let failures = lived >= Self.healthySeconds ? 0 : child.failures
            let wait = min(Self.backOffMilliseconds.upperBound,
                Self.backOffMilliseconds.lowerBound << min(10, failures))
            logger.warning("process ended", [
                "process": .string(name.processName), "status": .int(Int(status)), "restart_ms": .int(wait)])
            LoopTimer.once(milliseconds: wait) { [weak self] in self?.restart(name, failures: failures + 1) }
        }
    }

    /// What no other start would change: a wrong setting, port, file or right.
    private static let lasting: Set<StartError.Code> = [.usage, .data, .noInput, .unavailable, .noPermission, .configuration]
    /// How often anything else is tried that may pass by itself: a busy or full disk, a fault that nobody knows.
    private static let patience = 5

    /// A process that ends by itself with a code of sysexits before it was ready says what is wrong. What asks to be tried
    /// again (75) is, and so is whatever ends later.
    private static func failure(of name: EngineName, _ status: Int32, tries: Int) -> StartError? {
        let code = (status >> 8) & 0xff
        guard status & 0x7f == 0, let known = StartError.Code(rawValue: code), known != .temporary,
              lasting.contains(known) || tries >= patience else { return nil }
        return StartError(known, "\(name.processName) ended with \(code) before it was ready; its line stands above")
    }

    private func restart(_ name: EngineName, failures: Int) {
        if isStopping || children[name] != nil { return }
        do throws(StartError) { try launch(name, failures: failures) } catch {
            logger.error("process not restarted", ["process": .string(name.processName),
                "error": .string(error.description)])
            LoopTimer.once(milliseconds: Self.backOffMilliseconds.upperBound) { [weak self] in
                self?.restart(name, failures: failures + 1)
            }
        }
    }

    // MARK: Stopping

    public func stop() async {
        isStopping = true
        for child in children.values { kill(child.pid, SIGTERM) }
        let deadline = clock.monotonic + Self.graceNanoseconds
        while !children.isEmpty && clock.monotonic < deadline {
            await clock.sleep(nanoseconds: 20_000_000)
            reap()
        }
        for (name, child) in children {
            logger.error("process killed", ["process": .string(name.processName), "pid": .int(Int(child.pid))])
            kill(child.pid, SIGKILL)
        }
        watcher?.cancel()
        far.close()
    }
}
