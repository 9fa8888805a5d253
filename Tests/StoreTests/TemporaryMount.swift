import Glibc
import TestKit

/// A small file system of its own, for full disks and read-only folders. Only root may mount.
final class TemporaryMount: Sendable {
    private static let mount = "/bin/mount", unmount = "/bin/umount"
    private let folder = TemporaryFolder()

    /// Whether this process may mount; tests that need it are skipped otherwise.
    static let isPossible: Bool = getuid() == 0 && (try? TemporaryMount(kilobytes: 64)) != nil

    var path: String { folder.path }

    init(kilobytes: Int) throws {
        let code = try ChildProcess.run(Self.mount, ["-t", "tmpfs", "-o", "size=\(kilobytes)k", "tmpfs", folder.path])
        guard code == 0 else { throw ChildProcess.Failure.notMounted }
    }

    deinit { _ = try? ChildProcess.run(Self.unmount, ["-l", folder.path]) }

    /// From now on nothing can be written.
    func makeReadOnly() throws {
        guard try ChildProcess.run(Self.mount, ["-o", "remount,ro", folder.path]) == 0 else {
            throw ChildProcess.Failure.notMounted
        }
    }

    /// Makes more room.
    func resize(kilobytes: Int) throws {
        guard try ChildProcess.run(Self.mount, ["-o", "remount,size=\(kilobytes)k", folder.path]) == 0 else {
            throw ChildProcess.Failure.notMounted
        }
    }
}

extension ChildProcess.Failure {
    static let notMounted = ChildProcess.Failure(description: "tmpfs not mounted")
}
