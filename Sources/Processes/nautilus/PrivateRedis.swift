import Glibc
import Hosting

/// A redis-server for benchmarks alone: a port of its own, nothing on disk, ended by its process id.
final class PrivateRedis {
    private var pid: pid_t = 0
    private(set) var url = ""

    /// Nil where there is no redis-server, or it does not start.
    init?(folder: String) {
        guard let binary = (["/usr/bin/redis-server",
            "/usr/local/bin/redis-server"] as [String]).first(where: { access($0, X_OK) == 0 })
        else { return nil }
        // Another process may have one of these ports.
        for attempt in 0..<5 {
            let port = 20_000 + (Int(getpid()) + 97 * attempt) % 12_000
            url = "redis://127.0.0.1:\(port)"
            if start(binary, port, folder) { return }
        }
        return nil
    }

    /// False where it does not answer, or ends at once as the port is another's.
    private func start(_ binary: String, _ port: Int, _ folder: String) -> Bool {
        let words: [String] = [binary, "--port", "\(port)", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
                     "--dir", folder, "--logfile", "/dev/null", "--daemonize", "no"]
        var arguments = words.map { word in strdup(word) } as [UnsafeMutablePointer<CChar>?] + [nil]
        defer { for pointer in arguments { free(pointer) } }
        if posix_spawn(&pid, binary, nil, nil, &arguments, environ) != 0 { return false }
        for _ in 0..<500 {
            usleep(10_000)
            var status: Int32 = 0
            if waitpid(pid, &status, WNOHANG) == pid {
                pid = 0
                return false
            }
            if Self.answers(port) { return true }
        }
        stop()
        return false
    }

    private static func answers(_ port: Int) -> Bool {
        let fd = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(fd) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        inet_pton(AF_INET, "127.0.0.1", &address.sin_addr)
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(fd, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }

    func stop() {
        if pid == 0 { return }
        kill(pid, SIGTERM)
        var status: Int32 = 0
        waitpid(pid, &status, 0)
        pid = 0
    }
}
