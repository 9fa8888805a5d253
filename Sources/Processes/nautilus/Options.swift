import Hosting

/// Options of one command: `--name value`, `--flag` and what stands alone.
struct Options {
    private(set) var values: [String: String] = [:]
    private(set) var flags: Set<String> = []
    private(set) var rest: [String] = []

    /// Reads arguments; an option that is neither in `values` nor in `flags` is refused.
    init(_ arguments: ArraySlice<String>, values known: [String] = [], flags allowed: [String] = []) throws {
        var iterator = arguments.makeIterator()
        while let argument = iterator.next() {
            guard argument.hasPrefix("--") else {
                rest.append(argument)
                continue
            }
            let parts = argument.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                .map(String.init)
            let name = parts.first ?? ""
            if name == "help" || allowed.contains(name) {
                if parts.count > 1 { throw StartError(.usage, "--\(name) takes no value") }
                flags.insert(name)
            } else if known.contains(name) {
                guard let value = parts.count > 1 ? parts[1] : iterator.next() else {
                    throw StartError(.usage, "--\(name) needs a value")
                }
                // A shell's variable that is not set: what was left out instead might be the user's own data folder.
                if value.isEmpty { throw StartError(.usage, "--\(name) needs a value, and this one is empty") }
                values[name] = value
            } else {
                throw StartError(.usage, "there is no option --\(name); see --help")
            }
        }
    }

    /// Refuses what stands alone, for a command that takes none of it.
    func checkEnd(_ command: String) throws(StartError) {
        if let extra = rest.first { throw StartError(.usage, "\(command) takes no argument \(extra); see --help") }
    }

    subscript(_ name: String) -> String? { values[name] }
    func has(_ flag: String) -> Bool { flags.contains(flag) }
    var wantsHelp: Bool { flags.contains("help") }
}
