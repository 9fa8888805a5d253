import Glibc
import Synchronization

/// A program started for a test. Ended by `kill` or at its own time; whatever still runs is killed with this process.
public final class ChildProcess: Sendable {
    /// Where the child's standard output goes.
    public enum Output: Sendable {
        /// Where this process's goes.
        case inherited
        /// Nowhere, standard error too.
        case discarded
        /// To `readLine`.
        case lines
    }

    /// Why a program did not start.
    public struct Failure: Error, CustomStringConvertible {
        /// The program and the system's words.
        public let description: String

        /// Makes a failure.
        public init(description: String) { self.description = description }
    }

    private static let alive = Mutex<Set<pid_t>>([])
    private static let killRemaining: Void = {
        atexit { for id in ChildProcess.alive.withLock({ $0 }) { Glibc.kill(id, SIGKILL) } }
    }()

    /// The process id.
    public let id: Int32
    private let readEnd: Mutex<Int32>
    private let buffered = Mutex<[UInt8]>([])
    private let status = Mutex<Int32?>(nil)

    /// Starts a program; `environment` is added to this process's.
    public init(
        _ path: String, _ arguments: [String] = [], environment: [String: String] = [:], output: Output = .discarded
    ) throws(Failure) {
        _ = Self.killRemaining
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        var ends: [Int32] = [-1, -1]
        switch output {
        case .inherited: break
        case .discarded:
            posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
            posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        case .lines:
            guard pipe(&ends) == 0 else { throw Failure(description: "no pipe") }
            for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        }
        let names = arguments.map { strdup($0) }
        var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0.key)=\($0.value)") }
        let added = variables.count
        var inherited = environ
        while let entry = inherited.pointee {
            let name = String(String(cString: entry).prefix { $0 != "=" })
            if environment[name] == nil { variables.append(entry) }
            inherited += 1
        }
        defer {
            for name in names { free(name) }
            for variable in variables.prefix(added) { free(variable) }
        }
        var child = pid_t()
        let program = strdup(path)
        defer { free(program) }
        // The pool's threads block signals, and a child would inherit that: SIGTERM must reach it.
        var attributes = posix_spawnattr_t(), signals = sigset_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        let code = posix_spawn(&child, path, &actions, &attributes, [program] + names + [nil], variables + [nil])
        if ends[1] >= 0 { close(ends[1]) }
        guard code == 0 else {
            if ends[0] >= 0 { close(ends[0]) }
            throw Failure(description: "\(path): \(String(cString: strerror(code)))")
        }
        id = child
        readEnd = Mutex(ends[0])
        Self.alive.withLock { _ = $0.insert(child) }
    }

    deinit {
        kill()
        stopReading()
    }

    /// Closes this end of the child's output; what it writes later is lost.
    public func stopReading() {
        readEnd.withLock { output in
            if output >= 0 { close(output) }
            output = -1
        }
    }

    /// Sends a signal.
    public func signal(_ number: Int32) {
        if status.withLock({ $0 == nil }) { Glibc.kill(id, number) }
    }

    /// Kills it with SIGKILL and waits for its end.
    public func kill() {
        signal(SIGKILL)
        wait()
    }

    /// Whether it has ended; does not wait.
    public var hasEnded: Bool {
        status.withLock { status in
            if status != nil { return true }
            var raw: Int32 = 0
            guard waitpid(id, &raw, WNOHANG) == id else { return false }
            Self.alive.withLock { _ = $0.remove(id) }
            status = Self.code(raw)
            return true
        }
    }

    private static func code(_ raw: Int32) -> Int32 { raw & 0x7f == 0 ? (raw >> 8) & 0xff : 128 + (raw & 0x7f) }

    /// Waits for its end, blocking: the exit code, or 128 and the signal's number.
    @discardableResult
    public func wait() -> Int32 {
        status.withLock { status in
            if let status { return status }
            var raw: Int32 = 0
            while waitpid(id, &raw, 0) < 0 && errno == EINTR {}
            Self.alive.withLock { _ = $0.remove(id) }
            let code = Self.code(raw)
            status = code
            return code
        }
    }

    /// The next line the child wrote, blocking; nil at its end. Only with `.lines`.
    public func readLine() -> String? {
        let output = readEnd.withLock { $0 }
        return buffered.withLock { bytes in
            while true {
                if let end = bytes.firstIndex(of: 10) {
                    let line = String(decoding: bytes[..<end], as: UTF8.self)
                    bytes.removeSubrange(...end)
                    return line
                }
                var chunk = [UInt8](repeating: 0, count: 4_096)
                let count = read(output, &chunk, chunk.count)
                if count < 0 && errno == EINTR { continue }
                if count <= 0 { return nil }
                bytes.append(contentsOf: chunk.prefix(count))
            }
        }
    }

    /// Runs a program to its end; its exit code.
    public static func run(_ path: String, _ arguments: [String]) throws(Failure) -> Int32 {
        try ChildProcess(path, arguments).wait()
    }

    /// Starts this test program again with one test only, which sees `environment`.
    public static func test(
        _ filter: String, environment: [String: String], output: Output = .lines
    ) throws(Failure) -> ChildProcess {
        let arguments = ["--testing-library", "swift-testing", "--filter", filter]
        return try ChildProcess("/proc/self/exe", arguments, environment: environment, output: output)
    }
}
