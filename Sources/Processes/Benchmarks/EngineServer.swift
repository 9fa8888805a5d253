import Glibc
import HTTP
import HTTPClient
import Hosting
import Runtime
import Wire

/// One engine in a process of its own, or several that share its bus, with ports and a folder of their own: what they
/// use can be told apart from what their clients use.
@LoopActor final class EngineServer {
    let port: UInt16
    private let engine: EngineName
    private let pid: pid_t
    private let folder: String
    private let peers: HTTPPeers

    /// Starts this program again as `up --engines` with an engine, and others beside it, and returns once all are
    /// ready.
    init(_ engine: EngineName, with others: [EngineName] = [], folder parent: String) async throws {
        let own = "\(getpid())-\(ProcessIdentifiers().nextText().suffix(8))"
        let folder = "\(parent)/\(engine.rawValue)-bench-\(own)"
        let port = try Self.freePort()
        var settings = ["NAUTILUS_LOG_LEVEL": "error", "NAUTILUS_DATA_DIR": folder]
        settings["NAUTILUS_\(engine.rawValue.uppercased())_PORT"] = "\(port)"
        for other in others + [.gateway] {
            settings["NAUTILUS_\(other.rawValue.uppercased())_PORT"] = "\(try Self.freePort())"
        }
        pid = try Self.start([engine] + others, settings)
        self.engine = engine
        self.port = port
        self.folder = folder
        peers = HTTPPeers(try Configuration(environment: settings), clock: SystemClock())
        let deadline = SystemClock().monotonic + 20_000_000_000
        for name in [engine] + others {
            while await status("/health/ready", of: name) != 200 {
                guard SystemClock().monotonic < deadline else {
                    stop()
                    throw StartError(.unavailable, "the \(name.rawValue) engine did not get ready within 20 s")
                }
                await SystemClock().sleep(nanoseconds: 20_000_000)
            }
        }
    }

    /// A port that nobody listens on now.
    private static func freePort() throws(StartError) -> UInt16 {
        let fd = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(fd) }
        var address = sockaddr_in(), size = socklen_t(MemoryLayout<sockaddr_in>.size)
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let isNamed = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(fd, $0, size) == 0 && getsockname(fd, $0, &size) == 0
            }
        }
        guard isNamed else { throw StartError(.unavailable, "there is no free port") }
        return UInt16(bigEndian: address.sin_port)
    }

    private static func start(_ engines: [EngineName], _ settings: [String: String]) throws(StartError) -> pid_t {
        var environment = ProcessRunner.environment.filter { !$0.key.hasPrefix("NAUTILUS_") }
        for (name, value) in settings { environment[name] = value }
        let words = ["nautilus", "up", "--engines", engines.map(\.rawValue).joined(separator: ",")]
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { word in strdup(word) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in arguments + variables { free(pointer) } }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        var pid = pid_t()
        guard posix_spawn(&pid, "/proc/self/exe", &actions, nil, &arguments, &variables) == 0 else {
            let reason = String(cString: strerror(errno))
            throw StartError(.software, "\(words[3]) did not start: \(reason)")
        }
        return pid
    }

    private func status(_ path: String, of name: EngineName) async -> Int {
        let request = Request(method: .get, path: path, headers: ["Host": "localhost"])
        let response = try? await peers.send(request, to: name, deadlineNanoseconds: 2_000_000_000)
        return response?.status ?? 0
    }

    /// One request over HTTP; to the first engine unless said.
    func send(_ request: Request, to other: EngineName? = nil) async throws -> Response {
        try await peers.send(request, to: other ?? engine, deadlineNanoseconds: 10_000_000_000)
    }

    /// Posts JSON; throws where the answer is not of the 200s.
    func post(_ path: String, _ body: String, to other: EngineName? = nil) async throws {
        let response = try await send(Request(
            method: .post, path: path, headers: ["Host": "localhost", "Content-Type": "application/json"],
            body: Array(body.utf8)), to: other)
        guard (200..<300).contains(response.status) else {
            let text = String(decoding: response.body, as: UTF8.self)
            throw StartError(.software, "\(path) answered \(response.status): \(text)")
        }
    }

    /// How many sockets it holds open.
    func connections() async throws -> Int {
        let request = Request(method: .get, path: "/api/v1/websocket/health", headers: ["Host": "localhost"])
        let response = try await send(request)
        return try JSONParser().withDocument(response.body) { $0.member("connections")?.int ?? 0 }
    }

    /// Sends `data`, one JSON value, to the subscribers of a topic.
    func broadcast(_ topic: String, _ data: String) async throws {
        try await post("/api/v1/websocket/broadcast", #"{"topic":"\#(topic)","data":\#(data)}"#)
    }

    /// Bytes of its memory that are resident; the kernel's socket buffers are not among them.
    func residentBytes() -> Int {
        guard let file = fopen("/proc/\(pid)/statm", "r") else { return 0 }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 128)
        guard fgets(&line, 127, file) != nil else { return 0 }
        let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let pages = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
    }

    /// Ends it and removes its folder.
    func stop() {
        peers.close()
        kill(pid, SIGTERM)
        var status: Int32 = 0
        waitpid(pid, &status, 0)
        removeFolder(folder)
    }
}
