import Foundation
@testable import Hosting
import Runtime
import TestKit
import Testing

/// What a backup and a restore do with folders: their own leftovers, damaged ones, and those that are not theirs.
@Suite struct BackupFolderTests {
    /// The number of a process that ended.
    private func deadProcess() throws -> Int32 {
        let child = try ChildProcess("/bin/true", [], environment: [:], output: .lines)
        _ = child.wait()
        return child.id
    }

    private func makeFolder(_ path: String) throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try Data("x".utf8).write(to: URL(fileURLWithPath: path + "/file"))
    }

    private func expect(_ code: StartError.Code, _ words: String = "", _ body: () throws(StartError) -> Void) {
        do throws(StartError) {
            try body()
            Issue.record("it was done")
        } catch {
            #expect(error.code == code && (words.isEmpty || error.description.contains(words)), "\(error)")
        }
    }

    private func isThere(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

    @Test func leftoversOfTheDeadGoAndOthersStay() throws {
        let folder = TemporaryFolder(), target = folder.path + "/b", data = folder.path + "/data", dead = try deadProcess()
        let gone = ["\(target).partial-\(dead)", "\(data).restoring-\(dead)"]
        // One lives, one is held by another machine's process of that number, one has another name, one is kept data.
        let kept = ["\(target).partial-\(getppid())", "\(target).partial-\(dead)0000", "\(target).partial-x",
                    "\(folder.path)/other.partial-\(dead)", "\(data).replaced-\(dead)"]
        for path in gone + kept { try makeFolder(path) }
        let hold = BackupLeftovers.hold(kept[1])
        defer { close(hold) }
        let configuration = try Configuration(environment: ["NAUTILUS_DATA_DIR": data])
        let own = try DataFolder(configuration, environment: [:])
        expect(.noInput) { () throws(StartError) in _ = try Backup(configuration, folder: own).write(to: target) }
        #expect(!isThere(gone[0]) && isThere(gone[1]))
        try manifest(folder.path + "/empty", entries: 0, hash: Self.emptyHash)
        _ = try Restore(configuration, folder: data).run(from: folder.path + "/empty", force: false)
        #expect(!isThere(gone[1]))
        for path in kept { #expect(isThere(path + "/file"), "\(path)") }
    }

    @Test func aBackupLiesOutsideOfTheData() throws {
        let folder = TemporaryFolder(), data = folder.path + "/data"
        let configuration = try Configuration(environment: ["NAUTILUS_DATA_DIR": data])
        let own = try DataFolder(configuration, environment: [:])
        #expect(symlink(data, folder.path + "/link") == 0)
        for target in ["data/b", "data/risk/b", "data/../data/b", "link/b", "data/"] {
            expect(.usage, "data folder") { () throws(StartError) in
                _ = try Backup(configuration, folder: own).write(to: "\(folder.path)/\(target)")
            }
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: data).isEmpty)
        // Beside it there is only nothing to back up.
        for target in ["data2", "b"] {
            expect(.noInput) { () throws(StartError) in
                _ = try Backup(configuration, folder: own).write(to: "\(folder.path)/\(target)")
            }
        }
    }

    private static let emptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

    private func manifest(_ folder: String, entries: Int, hash: String) throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let text = """
            {"format":1,"version":"x","created":"2024-01-01T00:00:00Z","ledger_hash":"\(hash)",\
            "ledger_entries":\(entries),"postgres":"","files":[]}
            """
        try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/manifest.json"))
    }

    @Test func aManifestThatLostItsLedgerIsRefused() throws {
        let folder = TemporaryFolder(), data = folder.path + "/data"
        let restore = Restore(try Configuration(environment: [:]), folder: data)
        for (entries, hash) in [(7, String(repeating: "ab", count: 32)), (0, String(repeating: "ab", count: 32)),
                                (7, Self.emptyHash)] {
            try manifest(folder.path + "/b", entries: entries, hash: hash)
            expect(.noInput, "\(entries) ledger entries") { () throws(StartError) in
                _ = try restore.run(from: folder.path + "/b", force: true)
            }
        }
        #expect(!isThere(data))
    }
}
