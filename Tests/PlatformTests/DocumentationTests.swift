import Foundation
import Market
import Runtime
import TestKit
import Testing

/// Every command in README and docs is run, against a platform with the sample prices.
@Suite(.serialized, .timeLimit(.minutes(3))) struct DocumentationTests {
    /// A command of a page's shell block.
    struct Command: CustomStringConvertible {
        let page: String, text: String
        var description: String { "\(page): \(text)" }

        /// What starts a platform or builds one is run by the tests of that, and by whoever reads.
        var isStart: Bool {
            text.hasPrefix("make ") || text.contains("nautilus up --sample") || text.hasPrefix("git ")
                || text.hasPrefix("apt-get ") || text.hasPrefix("docker")
        }

        /// The page shows what a refusal looks like.
        var isRefusal: Bool { text.contains(#""currency":"usd""#) }
    }

    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// The commands of the pages, in order; lines that end in a backslash go on in the next.
    static func commands() throws -> [Command] {
        let docs = try FileManager.default.contentsOfDirectory(atPath: root.path + "/docs").sorted()
        return try (["README.md"] + docs.filter { $0.hasSuffix(".md") }.map { "docs/" + $0 }).flatMap { page in
            try commands(of: String(contentsOfFile: root.path + "/" + page, encoding: .utf8), page)
        }
    }

    private static func commands(of text: String, _ page: String) -> [Command] {
        var commands: [Command] = [], isShell = false, begun = ""
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("```") {
                isShell = line == "```sh"
            } else if isShell, line.hasSuffix("\\") {
                begun += line.dropLast() + " "
            } else if isShell, !line.isEmpty, !line.hasPrefix("#") {
                commands.append(Command(page: page, text: begun + line))
                begun = ""
            }
        }
        return commands
    }

    @Test(.enabled(if: PlatformFixture.sample != nil, "no sample prices; run scripts/setup.sh test"))
    func everyCommandAnswers() throws {
        let folder = TemporaryFolder(), assets = try #require(PlatformFixture.sample)
        let settings = PlatformFixture.settings(folder.path, ["NAUTILUS_ASSETS_DIR": assets])
        let environment = PlatformFixture.environment(settings)
        let platform = try ChildProcess(
            PlatformFixture.binaries + "/nautilus", ["up", "--sample", "--data-dir", folder.path], environment: environment,
            output: .lines)
        let ready = try #require(platform.readLine())
        #expect(ready.contains("\"ready\":true"))
        let commands = try Self.commands().filter { !$0.isStart }
        #expect(commands.count > 15)
        for command in commands { try check(command, settings, environment) }
        platform.signal(SIGTERM)
        #expect(platform.wait() == 0)
    }

    private func check(
        _ command: Command, _ settings: [String: String], _ environment: [String: String]
    ) throws {
        var text = command.text.replacingOccurrences(
            of: ".build/release/nautilus", with: PlatformFixture.binaries + "/nautilus")
        for name in EngineName.allCases {
            let port = settings["NAUTILUS_\(name.rawValue.uppercased())_PORT"] ?? ""
            text = text.replacingOccurrences(of: "127.0.0.1:\(name.defaultPort)", with: "127.0.0.1:\(port)")
        }
        // An answer need not end its last line; the pipe is read by lines.
        let child = try ChildProcess(
            "/bin/bash", ["-c", "cd '\(Self.root.path)' && { \(text)\n}; code=$?; echo; exit $code"], environment: environment, output: .lines)
        var lines: [String] = []
        while let line = child.readLine() { lines.append(line) }
        let output = lines.joined(separator: "\n").trimmingCharacters(in: .newlines)
        #expect(child.wait() == 0, "\(command)\n\(output)")
        #expect(!output.isEmpty, "\(command)")
        let isProblem = output.contains(/"status":\s*[45]\d\d/)
        #expect(isProblem == command.isRefusal, "\(command)\n\(output.prefix(600))")
    }
}
