import Testing

/// Habits that a machine can hold us to.
struct StyleTests {
    /// What is not written, where, and what is written instead.
    static let banned: [(text: String, instead: String, floors: Set<String>)] = [
        ("import Foundation", "Glibc, Wire and our own values", ["Kernels", "Domain", "Ports", "Adapters", "Engines"]),
        ("URLSession", "HTTPClient", ["Kernels", "Domain", "Ports", "Adapters", "Engines", "Processes"]),
        ("DispatchQueue", "the loop, or SerialThread",
            ["Kernels", "Domain", "Ports", "Adapters", "Engines", "Processes"]),
        ("Task.detached", "spawn", ["Kernels", "Domain", "Ports", "Adapters", "Engines", "Processes"]),
        (" Task {", "spawn: a plain task escapes the loop",
            ["Kernels", "Domain", "Ports", "Adapters", "Engines", "Processes"]),
        ("try!", "a typed error", ["Kernels", "Domain", "Ports", "Adapters", "Engines", "Processes"]),
        ("print(", "Logger, or ProcessRunner.writeOutput",
            ["Kernels", "Domain", "Ports", "Adapters", "Engines", "Processes"]),
        ("clock_gettime", "Clock", ["Kernels", "Domain", "Bus", "Store", "HTTP", "Engines"]),
    ]

    /// Where a type is Sendable by our word alone, and why.
    static let unchecked: Set<String> = []

    static let generated = ["Sources/Engines/EngineKit/Contract/"]

    @Test func nothingBannedIsWritten() {
        for file in SourceTree.sources {
            let rules = Self.banned.filter { $0.floors.contains(file.floor) }
            for (number, line) in file.lines.enumerated() {
                for rule in rules where SourceTree.has(line, rule.text) && !Self.isComment(line) {
                    Issue.record("\(file.path):\(number + 1) has `\(rule.text)`; write \(rule.instead)")
                }
                if SourceTree.has(line, "@unchecked Sendable"), !Self.isComment(line), !Self.unchecked.contains(file.path) {
                    Issue.record("\(file.path):\(number + 1) is @unchecked Sendable and not on the list")
                }
            }
        }
    }

    private static func isComment(_ line: String) -> Bool {
        line.trimmingPrefix(while: \.isWhitespace).hasPrefix("//")
    }

    @Test func noDrawersThatFill() {
        let drawers: Set<String> = ["Utils", "Helpers", "Common", "Manager", "New", "Misc"]
        for file in SourceTree.sources {
            let name = file.path.split(separator: "/").last?.split(separator: ".").first.map(String.init) ?? ""
            let parts = Set(file.path.split(separator: "/").map(String.init))
            #expect(parts.isDisjoint(with: drawers) && !drawers.contains(name), "\(file.path)")
        }
    }

    /// Where a test may let time pass: it looks at a condition again and again until a deadline, gives a steady load,
    /// or
    /// tests the clock itself.
    static let waiting: Set<String> = [
        "Tests/PlatformTests/BadDay.swift", "Tests/PlatformTests/LedgerClients.swift",
        "Tests/StoreTests/Records/PostgresBadDayTests.swift", "Tests/BusTests/Conformance/BusFixture.swift",
        "Tests/BusTests/BusRedis/RedisScene.swift", "Tests/RuntimeTests/EventLoopTests.swift",
        "Tests/EnginesTests/EngineFixture.swift",
    ]

    @Test func testsDoNotSleep() {
        let always = ["Task.sleep", "Thread.sleep", "usleep(", "nanosleep(", " sleep("]
        var used: Set<String> = []
        for file in SourceTree.tests where !file.path.hasPrefix("Tests/TidyTests") {
            for (number, line) in file.lines.enumerated() {
                let isWaiting = SourceTree.has(line, ".sleep(nanoseconds:")
                if isWaiting { used.insert(file.path) }
                let sleeps = always.contains { SourceTree.has(line, $0) } || isWaiting && !Self.waiting.contains(file.path)
                #expect(!sleeps, "\(file.path):\(number + 1) sleeps; wait for what must happen")
            }
        }
        #expect(Self.waiting.subtracting(used).isEmpty, "nothing waits there any more")
    }

    @Test func filesStayWithinTheLimit() {
        for file in SourceTree.sources where !Self.generated.contains(where: { file.path.hasPrefix($0) }) {
            #expect(file.lines.count <= 400, "\(file.path) has \(file.lines.count) lines")
        }
    }

    /// A report, not a law: long files and long lines, to look at.
    @Test func sizesAreReported() {
        let counts = SourceTree.sources.map(\.lines.count).sorted()
        let long = SourceTree.sources.flatMap { file in file.lines.filter { $0.count > 120 }.map { _ in file.path } }
        print("tidy: \(counts.count) files, median \(counts[counts.count / 2]) lines, "
            + "p90 \(counts[counts.count * 9 / 10]), longest \(counts.last ?? 0); \(long.count) lines over 120 columns")
        #expect(!counts.isEmpty)
    }
}
