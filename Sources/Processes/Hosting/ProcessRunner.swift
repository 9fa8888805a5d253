@preconcurrency import Glibc
public import Runtime

/// The frame of every process: run something on the loop until a signal, then exit with a code.
public enum ProcessRunner {
    /// The process's environment.
    public static var environment: [String: String] {
        var out: [String: String] = [:], entry = environ
        while let text = entry.pointee {
            let pair = String(cString: text).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if pair.count == 2 { out[String(pair[0])] = String(pair[1]) }
            entry += 1
        }
        return out
    }

    /// Makes the main thread the loop, runs `body` on it and exits with what it returns. A thrown error is one line on
    /// standard error and its sysexits code.
    public static func run(_ name: String, _ body: @escaping @Sendable @LoopActor () async throws -> Int32) -> Never {
        signal(SIGPIPE, SIG_IGN)
        unblockSignals()
        let outcome = Outcome()
        spawn {
            do {
                outcome.code = try await body()
            } catch {
                let failure = StartError(error)
                writeError("\(name): \(failure.description)")
                outcome.code = failure.code.rawValue
            }
            EventLoop.main.stop()
        }
        EventLoop.main.run()
        exit(LoopActor.assumeIsolated { outcome.code })
    }

    /// A parent may have started us with signals blocked; we must hear the one that stops us.
    private static func unblockSignals() {
        var none = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, nil)
    }

    @LoopActor private final class Outcome {
        var code: Int32 = 0
        nonisolated init() {}
    }

    /// Returns when SIGTERM or SIGINT comes, or when `ending` is told of a failure. Further ones change nothing: a
    /// terminal's goes to a supervisor and to its processes, and the supervisor's own comes in the middle of their stop.
    @LoopActor public static func untilSignal(or ending: Ending? = nil) async {
        var watchers: [SignalWatcher] = []
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            var waiting: CheckedContinuation<Void, Never>? = continuation
            let wake: @LoopActor () -> Void = {
                waiting?.resume()
                waiting = nil
            }
            watchers = [SignalWatcher(SIGTERM, wake), SignalWatcher(SIGINT, wake)]
            ending?.whenFailed(wake)
        }
        // Never given back: between their end and another handler a signal would have its default effect.
        kept += watchers
    }

    @LoopActor private static var kept: [SignalWatcher] = []

    /// One line on standard error.
    public static func writeError(_ line: String) { write(2, line) }

    /// One line on standard output.
    public static func writeOutput(_ line: String) { write(1, line) }

    private static func write(_ fd: Int32, _ line: String) {
        let bytes = Array(line.utf8) + [10]
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes { Glibc.write(fd, $0.baseAddress, $0.count) }
            if count > 0 { sent += count } else if errno != EINTR { return }
        }
    }

    /// A process that hosts one service: `risk-engine`, `gateway` …
    public static func runService(_ service: EngineName) -> Never {
        let arguments = CommandLine.arguments.dropFirst()
        if arguments.contains("--help") {
            writeOutput("""
                usage: \(service.processName) [--health | --supervisor PID]
                Runs the Nautilus \(service.rawValue) service in the foreground until SIGTERM or SIGINT.
                --health asks the running one whether it is ready, and exits 0 or 1.
                --supervisor PID stops it when the process that started it, PID, ends.
                It is configured by NAUTILUS_… environment variables; `nautilus config` lists them.
                """)
            exit(0)
        }
        if Array(arguments) == ["--health"] {
            run(service.processName) {
                try await HealthProbe(service, Configuration(environment: environment)).ask()
            }
        }
        run(service.processName) {
            try takeOptions(arguments)
            let configuration = try Configuration(environment: environment)
            let folder = try DataFolder(configuration, environment: environment)
            let platform = Platform(configuration, [service], folder: folder)
            try await platform.start()
            await untilSignal()
            await platform.stop()
            return 0
        }
    }

    /// A supervisor that is killed leaves nobody behind who holds ports and stores.
    private static func takeOptions(_ arguments: ArraySlice<String>) throws(StartError) {
        guard let first = arguments.first else { return }
        guard first == "--supervisor", arguments.count == 2, let id = arguments.last.flatMap({ Int32($0) }) else {
            throw StartError(.usage, "unknown option \(first); see --help")
        }
        if !ParentProcess.stopAtItsEnd(id) { throw StartError(.temporary, "the supervisor \(id) is gone") }
    }
}
