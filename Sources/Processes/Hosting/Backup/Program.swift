import Glibc

/// Another program, run to its end.
enum Program {
    /// Runs a program found on the PATH with these variables besides ours; its output goes to a file, its errors to our
    /// own. Throws where it is not there or does not end with 0. Blocks.
    static func run(
        _ name: String, _ arguments: [String], _ more: [String: String], output: String = "/dev/null"
    ) throws(StartError) {
        var words: [UnsafeMutablePointer<CChar>?] = ([name] + arguments).map { strdup($0) } + [nil]
        let environment = ProcessRunner.environment.filter { !$0.key.hasPrefix("PG") }.merging(more) { $1 }
        var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in words + variables { free(pointer) } }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        var pid: pid_t = 0
        let code = posix_spawnp(&pid, name, &actions, nil, &words, &variables)
        guard code == 0 else {
            throw StartError(.unavailable, "\(name) cannot be run: \(String(cString: strerror(code)))")
        }
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
        guard status == 0 else { throw StartError(.unavailable, "\(name) ended with \(status >> 8 & 0xff)") }
    }

    /// Runs a program and gives what it wrote. Blocks.
    static func output(
        _ name: String, _ arguments: [String], _ more: [String: String] = [:], folder: String
    ) throws(StartError) -> [UInt8] {
        let file = "\(folder)/.output-\(getpid())"
        defer { unlink(file) }
        try run(name, arguments, more, output: file)
        guard let bytes = Assets.read(file: file) else { throw StartError(.software, "\(file) cannot be read") }
        return bytes
    }
}
