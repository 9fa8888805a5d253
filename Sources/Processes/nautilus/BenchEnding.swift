import Benchmarks
import Glibc
import Hosting
import Runtime
import Synchronization

/// Ends a benchmark that SIGINT or SIGTERM interrupts: it stops what was started, removes its folder and exits with 130
/// or 143. It works on a thread of its own, as the loop may be busy with arithmetic for minutes.
enum BenchEnding {
    /// Children have this long after SIGTERM; then they are killed.
    private static let patienceMilliseconds = 5_000
    /// The signal's number goes in by the handler and comes out on the thread.
    private static let ends: (out: Int32, into: Int32) = {
        var pair: [Int32] = [0, 0]
        guard pipe(&pair) == 0 else { return (-1, -1) }
        for end in pair { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (pair[0], pair[1])
    }()
    private static let folder = Mutex("")
    private static let isEnding = Atomic(false)

    /// Makes the folder; from then on the two signals end the process like this. They are heard before the folder is
    /// there, and wait until it is: otherwise one that comes in between would leave it. Returns mkdir's error, or 0.
    static func begin(making path: String) -> Int32 {
        folder.withLock { folder in
            listen()
            guard mkdir(path, 0o700) == 0 else { return errno }
            folder = path
            return 0
        }
    }

    private static func listen() {
        guard ends.out >= 0 else { return }
        var thread = pthread_t()
        guard pthread_create(&thread, nil, { _ in BenchEnding.work() }, nil) == 0 else { return }
        pthread_detach(thread)
        for number in [SIGINT, SIGTERM] {
            signal(number) { number in
                var byte = UInt8(truncatingIfNeeded: number)
                _ = write(BenchEnding.ends.into, &byte, 1)
            }
        }
    }

    /// Where a signal came, what is measured meanwhile fails: nothing is told of that, the thread ends the process. The
    /// loop goes on, as keys are deleted on it.
    static func holdWhereEnding() async {
        while isEnding.load(ordering: .acquiring) { await SystemClock().sleep(nanoseconds: 1_000_000_000) }
    }

    private static func work() -> UnsafeMutableRawPointer? {
        var byte: UInt8 = 0
        while read(ends.out, &byte, 1) != 1 {}
        isEnding.store(true, ordering: .releasing)
        beSilent()
        BenchKeys.erase(withinMilliseconds: 3_000)
        endChildren()
        // Threads of this process may write meanwhile: what they make in between goes too.
        let path = folder.withLock { $0 }
        for _ in 0..<100 where access(path, F_OK) == 0 { removeFolder(path) }
        _exit(128 + Int32(byte))
    }

    /// What is under way loses its servers now; nobody is told of that.
    private static func beSilent() {
        let nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC)
        if nowhere >= 0 { dup2(nowhere, STDERR_FILENO) }
    }

    /// All of them were started by the benchmark.
    private static func endChildren() {
        var told: Set<pid_t> = [], waited = 0
        while true {
            let children = children()
            if children.isEmpty { return }
            for child in children {
                if waited >= patienceMilliseconds {
                    kill(child, SIGKILL)
                } else if told.insert(child).inserted {
                    kill(child, SIGTERM)
                }
                var status: Int32 = 0
                waitpid(child, &status, WNOHANG)
            }
            usleep(10_000)
            waited += 10
            // One that cannot be killed is the kernel's.
            if waited > 2 * patienceMilliseconds { return }
        }
    }

    /// Ids of this process's children, as the kernel lists them.
    private static func children() -> [pid_t] {
        guard let handle = opendir("/proc") else { return [] }
        defer { closedir(handle) }
        var found: [pid_t] = []
        while let entry = readdir(handle) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if let id = pid_t(name), parent(of: id) == getpid() { found.append(id) }
        }
        return found
    }

    /// The second field behind the name in parentheses; nil where there is no such process any more.
    private static func parent(of id: pid_t) -> pid_t? {
        guard let file = fopen("/proc/\(id)/stat", "r") else { return nil }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 512)
        guard fgets(&line, 511, file) != nil else { return nil }
        let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        guard let close = text.lastIndex(of: ")") else { return nil }
        return text[text.index(after: close)...].split(separator: " ").dropFirst().first.flatMap { pid_t($0) }
    }
}
