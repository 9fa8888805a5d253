import Foundation
import Security
import TestKit
import Testing

/// Files of secrets are read whole or refused with the reason.
@Suite struct SecretFileTests {
    private func lines(_ bytes: [UInt8]) throws -> [String] {
        let folder = TemporaryFolder(), path = folder.path + "/secrets"
        try #require(FileManager.default.createFile(
            atPath: path, contents: Data(bytes), attributes: [.posixPermissions: 0o600]))
        return try SecretFile.lines(of: path)
    }

    @Test func linesAreReadWithoutBlankOnesAndRemarks() throws {
        #expect(try lines(Array("# ours\none\n\ntwo\n".utf8)) == ["one", "two"])
    }

    /// A file that is cut would lose its last keys, or keep half of one.
    @Test func oneThatIsTooLargeIsRefused() throws {
        let line = Array((String(repeating: "k", count: 63) + "\n").utf8)
        #expect(try lines(Array(repeatElement(line, count: 1024).joined())).count == 1024)
        let error = #expect(throws: KeyFileError.self) {
            try lines(Array(repeatElement(line, count: 1025).joined()))
        }
        #expect(error?.description.hasSuffix("is larger than 65536 bytes") == true)
    }

    @Test func oneThatIsNoTextIsRefused() throws {
        let error = #expect(throws: KeyFileError.self) { try lines([0x6B, 0xFF, 0x0A]) }
        #expect(error?.description.hasSuffix("is no UTF-8 text") == true)
    }
}
