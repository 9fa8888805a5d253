import Glibc
import Synchronization

/// A real redis-server for a test: a free port on 127.0.0.1, a temporary folder, no persistence unless asked for.
/// Ends with the object, and at the latest with the process.
public final class RedisServer: Sendable {
    /// Why there is no server.
    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    /// The port; the same after a restart.
    public let port: Int
    /// Its temporary folder.
    public let folder: String
    private let arguments: [String]
    private let process = Mutex<pid_t>(0)

    /// `redis://127.0.0.1:port`.
    public var url: String { "redis://127.0.0.1:\(port)" }

    /// Starts a server and waits until it is ready.
    /// - Parameters:
    ///   - persistent: whether it finds its data again after `stop` or `kill` (append-only file, synced on each write).
    ///   - arguments: further ones, for example `["--maxmemory", "8mb"]`.
    public init(persistent: Bool = false, arguments: [String] = []) throws {
        port = try Self.freePort()
        var template = Array("/tmp/nautilus-redis-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw Failure(description: "no temporary folder") }
        folder = String(cString: made)
        let aof = persistent ? ["--appendonly", "yes", "--appendfsync", "always"] : []
        self.arguments = ["--port", "\(port)", "--bind", "127.0.0.1", "--dir", folder, "--save", "",
                          "--enable-debug-command", "local", "--daemonize", "no"] + aof + arguments
        try start()
    }

    deinit {
        kill()
        Self.removeFolder(folder)
    }

    /// Whether it runs.
    public var isRunning: Bool { process.withLock { $0 } > 0 }

    /// Starts it (again), on the same port and folder; returns when it takes connections.
    public func start() throws {
        if isRunning { return }
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw Failure(description: "no pipe") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        posix_spawn_file_actions_adddup2(&actions, ends[1], 2)
        defer { posix_spawn_file_actions_destroy(&actions) }
        // The pool's threads block signals, and a child would inherit that: SIGTERM must reach it.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var words: [UnsafeMutablePointer<CChar>?] = (["redis-server"] + arguments).map { strdup($0) }
        words.append(nil)
        defer { for word in words { free(word) } }
        var pid = pid_t()
        let result = posix_spawnp(&pid, "redis-server", &actions, &attributes, words, environ)
        close(ends[1])
        guard result == 0 else {
            close(ends[0])
            throw Failure(description: "redis-server does not start: \(String(cString: strerror(result)))")
        }
        process.withLock { $0 = pid }
        Self.living.withLock { $0[pid] = folder }
        _ = Self.atExit
        try waitUntilReady(ends[0])
    }

    /// Reads what the server says until it says that it is ready; another thread reads the rest.
    private func waitUntilReady(_ output: Int32) throws {
        var said: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while !String(decoding: said, as: UTF8.self).contains("eady to accept connections") {
            let count = read(output, &buffer, buffer.count)
            if count > 0 {
                said += buffer[..<count]
            } else if count == 0 || errno != EINTR {
                close(output)
                kill()
                throw Failure(description: "redis-server ended: \(String(decoding: said, as: UTF8.self))")
            }
        }
        var thread = pthread_t()
        let context = UnsafeMutableRawPointer(bitPattern: Int(output))
        let started = pthread_create(&thread, nil, { context in
            let output = Int32(Int(bitPattern: context))
            var buffer = [UInt8](repeating: 0, count: 4096)
            while read(output, &buffer, buffer.count) > 0 {}
            close(output)
            return nil
        }, context)
        if started == 0 { pthread_detach(thread) }
    }

    /// Ends it in order (SIGTERM), and waits for its end.
    public func stop() { end(SIGTERM) }

    /// Ends it at once (SIGKILL).
    public func kill() { end(SIGKILL) }

    private func end(_ signal: Int32) {
        let pid = process.withLock { pid in
            defer { pid = 0 }
            return pid
        }
        if pid <= 0 { return }
        Glibc.kill(pid, signal)
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
        Self.living.withLock { $0[pid] = nil }
    }

    /// Sends one command on a connection of its own and returns the raw reply; does not wait where `reply` is false.
    @discardableResult
    public func command(_ words: String..., reply: Bool = true) throws -> String {
        try command(words: words, reply: reply)
    }

    /// The same with a list of words.
    @discardableResult
    public func command(words: [String], reply: Bool = true) throws -> String {
        let fd = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(fd) }
        var address = Self.address(port: port)
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(fd, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else { throw Failure(description: "cannot connect to \(url)") }
        var text = "*\(words.count)\r\n"
        for word in words { text += "$\(word.utf8.count)\r\n\(word)\r\n" }
        _ = text.withUTF8 { send(fd, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        if !reply { return "" }
        shutdown(fd, Int32(SHUT_WR))
        var got: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(fd, &buffer, buffer.count)
            if count <= 0 { break }
            got += buffer[..<count]
        }
        return String(decoding: got, as: UTF8.self)
    }

    // MARK: Ports, folders, leftovers

    /// Running servers and their folders.
    private static let living = Mutex<[pid_t: String]>([:])

    private static let atExit: Void = {
        atexit {
            for (pid, folder) in RedisServer.living.withLock({ $0 }) {
                Glibc.kill(pid, SIGKILL)
                RedisServer.removeFolder(folder)
            }
        }
    }()

    private static func address(port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
        return address
    }

    private static func freePort() throws -> Int {
        let fd = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(fd) }
        var address = Self.address(port: 0)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(fd, $0, size) == 0 && getsockname(fd, $0, &size) == 0
            }
        }
        guard bound else { throw Failure(description: "no free port") }
        return Int(address.sin_port.bigEndian)
    }

    private static func removeFolder(_ path: String) {
        if let handle = opendir(path) {
            while let entry = readdir(handle) {
                let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                    String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
                }
                if name == "." || name == ".." { continue }
                if unlink("\(path)/\(name)") != 0 { removeFolder("\(path)/\(name)") }
            }
            closedir(handle)
        }
        rmdir(path)
    }
}
