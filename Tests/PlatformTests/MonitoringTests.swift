import Foundation
import TestKit
import Testing

/// What is under `monitoring/`, against a real platform and a real Prometheus: see Tests/Python/monitoring.py.
@Suite(.serialized, .timeLimit(.minutes(5))) struct MonitoringTests {
    /// `NAUTILUS_TEST_PYTHON`, or the interpreter of `.venv`.
    private static var python: String? {
        let named = ProcessInfo.processInfo.environment["NAUTILUS_TEST_PYTHON"]
        return [named, DocumentationTests.root.path + "/.venv/bin/python"].compactMap { $0 }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    @Test(.enabled(if: python != nil && PlatformFixture.sample != nil,
                   "no Python or no sample prices; run scripts/setup.sh test"))
    func rulesAndBoardsGetTheirDataFromThePlatform() throws {
        let script = DocumentationTests.root.path + "/Tests/Python/monitoring.py"
        let child = try ChildProcess(
            try #require(Self.python), [script, PlatformFixture.binaries],
            environment: PlatformFixture.environment([:]), output: .lines)
        var lines: [String] = []
        while let line = child.readLine() { lines.append(line) }
        #expect(child.wait() == 0, "\(lines.joined(separator: "\n"))")
        let last = try #require(lines.last, "the script said nothing")
        // Where Prometheus is not installed the line says so.
        if last.hasPrefix("skipped: ") {
            print("Monitoring \(last)")
        } else {
            #expect(last.hasSuffix(" checks, 0 failed"))
        }
    }
}
