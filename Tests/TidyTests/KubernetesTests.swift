import Foundation
import Testing

/// The manifests in `k8s/` and the compose files, by the checks that an operator runs too: schemas, rules, and each rule
/// broken on purpose.
struct KubernetesTests {
    /// An interpreter with what the checks need: `NAUTILUS_TEST_PYTHON`, or the one of `.venv`.
    static let python: String? = {
        let named = ProcessInfo.processInfo.environment["NAUTILUS_TEST_PYTHON"]
        return [named, SourceTree.root.path + "/.venv/bin/python"].compactMap { $0 }.first {
            FileManager.default.isExecutableFile(atPath: $0)
                && (try? run($0, "-c", "import kubernetes_validate, yaml").status) == 0
        }
    }()

    @Test(.enabled(if: python != nil, "no Python with kubernetes-validate and PyYAML; run scripts/setup.sh test"))
    func manifestsHoldTheirRules() throws {
        let done = try Self.run(try #require(Self.python), "Tests/Deploy/check_k8s.py")
        #expect(done.status == 0, "\(done.output)")
        #expect(done.output.contains(": 0 faults"), "\(done.output)")
    }

    @Test(.enabled(if: python != nil, "no Python with kubernetes-validate and PyYAML; run scripts/setup.sh test"))
    func composeFilesHoldTheirRules() throws {
        let done = try Self.run(try #require(Self.python), "Tests/Deploy/check_compose.py")
        #expect(done.status == 0, "\(done.output)")
        #expect(done.output.contains(": 0 faults"), "\(done.output)")
    }

    /// Runs a command in the package's root: its exit status and all it printed.
    private static func run(_ arguments: String...) throws -> (status: Int32, output: String) {
        let process = Process(), pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: arguments[0])
        process.arguments = Array(arguments.dropFirst())
        process.currentDirectoryURL = SourceTree.root
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }
}
