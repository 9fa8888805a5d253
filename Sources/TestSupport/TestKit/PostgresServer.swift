import Glibc
import Synchronization

/// A real PostgreSQL server for tests: its own folder, a free port on 127.0.0.1, no password, no fsync. PostgreSQL
/// refuses to run as root, so root starts it as the user `postgres`. Ends with this process at the latest.
public final class PostgresServer: Sendable {
    /// Why it did not start.
    public struct Failure: Error, CustomStringConvertible {
        /// The server's last words.
        public let description: String
    }

    private static let sharedServer = Mutex<PostgresServer?>(nil)

    /// One server for all tests that do not stop it.
    public static func shared() throws -> PostgresServer {
        try sharedServer.withLock { shared in
            if let shared { return shared }
            let server = try PostgresServer()
            shared = server
            return server
        }
    }

    /// The folder of the newest installed server programs; nil where there is none.
    public static let programs: String? = {
        var found = glob_t()
        defer { globfree(&found) }
        guard glob("/usr/lib/postgresql/*/bin/postgres", 0, nil, &found) == 0 else { return nil }
        let paths = (0..<Int(found.gl_pathc)).compactMap { found.gl_pathv[$0].map { String(cString: $0) } }
        return paths.max { version($0) < version($1) }.map { String($0.dropLast("/postgres".count)) }
    }()

    private static func version(_ path: String) -> Int { Int(path.split(separator: "/")[3]) ?? 0 }

    /// The port on 127.0.0.1; stays the same after a restart.
    public let port: Int
    private let folder: TemporaryFolder
    private let process = Mutex<ChildProcess?>(nil)

    /// Makes a database cluster and starts the server, unless `started` is false.
    public init(started: Bool = true) throws {
        guard let programs = Self.programs else { throw Failure(description: "PostgreSQL is not installed") }
        folder = TemporaryFolder()
        port = try Self.freePort()
        if getuid() == 0, let user = getpwnam("postgres") {
            chown(folder.path, user.pointee.pw_uid, user.pointee.pw_gid)
        }
        let made = try Self.child(programs + "/initdb", [
            "-D", folder.path + "/data", "-U", "postgres", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C",
        ], output: .discarded).wait()
        guard made == 0 else { throw Failure(description: "initdb ended with \(made)") }
        if started { try start() }
    }

    deinit { process.withLock { $0?.kill() } }

    /// The connection URI.
    public var url: String { "postgresql://postgres@127.0.0.1:\(port)/postgres" }

    /// Starts the server and returns when it takes connections. After `kill` it may first have to wait for what the
    /// killed server left.
    public func start() throws {
        let command = Self.programs.map { $0 + "/postgres" } ?? ""
        let arguments = [
            "-D", folder.path + "/data", "-p", String(port), "-k", folder.path, "-c", "listen_addresses=127.0.0.1",
            "-c", "fsync=off", "-c", "max_connections=60", "-c", "log_min_messages=error",
            "-c", "log_min_error_statement=panic",
        ]
        var words: [String] = []
        for _ in 0..<200 {
            let server = try Self.child(command, arguments, output: .lines)
            while let line = server.readLine() {
                if line.contains("ready to accept connections") {
                    server.stopReading()
                    process.withLock { $0 = server }
                    return
                }
                words.append(line)
            }
            server.wait()
        }
        throw Failure(description: words.suffix(3).joined(separator: "\n"))
    }

    /// Ends the server in good order: connections are told and closed.
    public func stop() {
        process.withLock { process in
            process?.signal(SIGINT)
            process?.wait()
            process = nil
        }
    }

    /// Stops and starts it.
    public func restart() throws {
        stop()
        try start()
    }

    /// Kills the server with SIGKILL: connections break without a word.
    public func kill() {
        process.withLock { process in
            process?.kill()
            process = nil
        }
    }

    /// Runs a program as a user PostgreSQL accepts, with its errors in its output.
    private static func child(
        _ program: String, _ arguments: [String], output: ChildProcess.Output
    ) throws -> ChildProcess {
        let drop = getuid() == 0 ? "setpriv --reuid=postgres --regid=postgres --clear-groups " : ""
        let script = "cd / && exec \(drop)\"$0\" \"$@\" 2>&1"
        return try ChildProcess("/bin/sh", ["-c", script, program] + arguments, output: output)
    }

    private static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard isBound else { throw Failure(description: "no free port") }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}
