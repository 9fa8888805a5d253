import Foundation
import TestKit
import Testing

/// The pages of the catalogues are what the command prints.
@Suite struct CatalogPagesTests {
    @Test(arguments: ["features", "factors"])
    func thePageIsWhatTheCommandPrints(name: String) throws {
        let child = try ChildProcess(
            PlatformFixture.binaries + "/nautilus", ["catalog", name, "--markdown"],
            environment: PlatformFixture.environment([:]), output: .lines)
        var lines: [String] = []
        while let line = child.readLine() { lines.append(line) }
        #expect(child.wait() == 0)
        let page = try String(contentsOfFile: DocumentationTests.root.path + "/docs/\(name).md", encoding: .utf8)
        let written = page.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
        #expect(lines.count > 150)
        let first = zip(lines, written).first { $0 != $1 }
        #expect(lines == written, """
            docs/\(name).md is not what `nautilus catalog \(name) --markdown` prints: \(String(describing: first))
            """)
    }
}
