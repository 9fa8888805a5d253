import Hosting
import Runtime

/// `nautilus config`: every setting, its value and what it means.
struct ConfigCommand {
    private let options: Options

    init(_ arguments: ArraySlice<String>) throws {
        options = try Options(arguments)
        try options.checkEnd("config")
    }

    func run() throws -> Int32 {
        if options.wantsHelp {
            ProcessRunner.writeOutput("usage: nautilus config\nPrints every NAUTILUS_… variable, its value now, and what it means.")
            return 0
        }
        let configuration = try Configuration(environment: ProcessRunner.environment)
        for (setting, value) in configuration.listing {
            let mark = value == setting.fallback ? "" : "  (default \(setting.fallback.isEmpty ? "empty" : setting.fallback))"
            ProcessRunner.writeOutput("\(setting.name)=\(value)\(setting.isSecret ? "" : mark)\n    \(setting.doc)")
        }
        return 0
    }
}
