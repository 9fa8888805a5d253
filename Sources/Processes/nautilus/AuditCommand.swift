import EngineKit
import Hosting
import Runtime
import Wire

/// `nautilus audit verify`: whether the risk engine's log is as it was written.
struct AuditCommand {
    private static let help = """
        usage: nautilus audit verify [--data-dir DIR] [--head HASH] [--json]

        Walks the hash-chained log of the risk engine, in the data folder or at NAUTILUS_DATABASE_URL, while the engine
        runs or not. Tells how many rows there are, the hash of the last one, and the first row that was changed,
        removed or moved; then it exits 1. Rows cut off the end are only seen with --head: a hash noted before, which
        the log must have. The chain is not keyed: who can rewrite all of the log can make a new chain, and then only a
        hash that was noted elsewhere tells.
        """

    private let options: Options

    init(_ arguments: ArraySlice<String>) throws {
        options = try Options(arguments, values: ["data-dir", "head"], flags: ["json"])
    }

    @LoopActor func run() async throws -> Int32 {
        if options.wantsHelp || options.rest.isEmpty {
            ProcessRunner.writeOutput(Self.help)
            return options.wantsHelp ? 0 : 64
        }
        guard options.rest == ["verify"] else { throw StartError(.usage, "audit takes verify; see --help") }
        let environment = ProcessRunner.environment
        var configuration = try Configuration(environment: environment)
        if let folder = options["data-dir"] { configuration = try configuration.replacing(["DATA_DIR": folder]) }
        let folder = try DataFolder.path(configuration, environment: environment)
        let finding = try await AuditCheck.verify(configuration, folder: folder, known: options["head"]?.lowercased())
        ProcessRunner.writeOutput(options.has("json") ? Self.json(finding) : Self.text(finding))
        return finding.fault == nil ? 0 : 1
    }

    private static func text(_ finding: AuditLog.Finding) -> String {
        var lines = ["\(finding.rows) rows follow each other; the head is \(finding.head.hash)"]
        if finding.unchained > 0 { lines.append("\(finding.unchained) rows are from before the chain began") }
        if let known = finding.known { lines.append("the hash that was asked for is that of row \(known)") }
        if let fault = finding.fault { lines.append("BROKEN at row \(fault.sequence): \(fault.reason)") }
        return lines.joined(separator: "\n")
    }

    private static func json(_ finding: AuditLog.Finding) -> String {
        var json = JSONWriter()
        json.object { json in
            json.field("whole", finding.fault == nil)
            json.field("rows", Int(finding.rows))
            json.field("head", finding.head.hash)
            json.field("unchained", Int(finding.unchained))
            json.key("known_row")
            if let known = finding.known { json.int(Int(known)) } else { json.null() }
            json.key("broken_row")
            if let fault = finding.fault { json.int(Int(fault.sequence)) } else { json.null() }
            json.key("reason")
            if let fault = finding.fault { json.string(fault.reason) } else { json.null() }
        }
        return String(decoding: json.bytes, as: UTF8.self)
    }
}
