import Hosting
import Market
import Runtime
import Wire

/// `nautilus up`: the platform in the foreground.
struct UpCommand {
    private static let help = """
        usage: nautilus up [--data-dir DIR] [--engines a,b] [--processes] [--sample] [--replay SYMBOL:TIMEFRAME] [--speed N]

          --data-dir DIR   where embedded stores live; $XDG_DATA_HOME/nautilus unless said
          --engines a,b    only these engines, and the gateway
          --processes      one process an engine, under a supervisor; needs NAUTILUS_REDIS_URL
          --sample         loads real sample prices, a portfolio, a limit and a strategy, in a folder of its own
          --replay S:T     publishes the stored bars of S as live messages; with --sample a moving-average cross trades them
          --speed N        bars a second; 10 unless said, 0 is as fast as every reader acknowledges

        Prints one line when every engine is ready; logs go to standard error. SIGTERM or SIGINT stops it.
        """

    private let options: Options

    init(_ arguments: ArraySlice<String>) throws {
        options = try Options(arguments, values: ["data-dir", "engines", "replay", "speed"],
            flags: ["processes", "sample"])
        if let extra = options.rest.first { throw StartError(.usage, "up takes no argument \(extra); see --help") }
    }

    @LoopActor func run() async throws -> Int32 {
        if options.wantsHelp {
            ProcessRunner.writeOutput(Self.help)
            return 0
        }
        let environment = ProcessRunner.environment
        var changes: [String: String] = [:]
        if let folder = options["data-dir"] { changes["DATA_DIR"] = folder }
        if let engines = options["engines"] { changes["ENGINES"] = engines }
        var configuration = try Configuration(environment: environment).replacing(changes)
        let replay = try ReplayRequest(option: options["replay"], speed: options["speed"])
        if options.has("sample") && configuration.text("DATA_DIR").isEmpty {
            // Never the user's own folder.
            let folder = try DataFolder(configuration, environment: environment)
            configuration = try configuration.replacing(["DATA_DIR": folder.path + "-sample"])
        }
        let folder = try DataFolder(configuration, environment: environment)
        let lock = try folder.lock()
        defer { withExtendedLifetime(lock) {} }
        let names = configuration.engines + [.gateway]
        let runner: any PlatformRunner = options.has("processes")
            ? try Supervisor(configuration, names, folder: folder, environment: environment)
            : Platform(configuration, names, folder: folder)
        return try await run(runner, configuration, replay)
    }

    @LoopActor private func run(
        _ runner: any PlatformRunner, _ configuration: Configuration, _ replay: ReplayRequest?
    ) async throws -> Int32 {
        try await runner.start()
        let stopped = spawn { await ProcessRunner.untilSignal() }
        let work = spawn {
            await runner.ready()
            if Task.isCancelled { return }
            let sample = SampleSession(runner.peers, assets: Assets(configuration), wants: self.options.has("sample"))
            do {
                try await sample.load()
                ProcessRunner.writeOutput(Self.readyLine(runner.addresses))
                if let replay { ProcessRunner.writeOutput(try await sample.replay(replay)) }
            } catch {
                ProcessRunner.writeError("nautilus: \(error)")
            }
        }
        await stopped.value
        work.cancel()
        await runner.stop()
        return 0
    }

    private static func readyLine(_ addresses: [(name: EngineName, url: String)]) -> String {
        var json = JSONWriter()
        json.beginObject()
        json.key("ready")
        json.bool(true)
        json.key("engines")
        json.beginObject()
        for (name, url) in addresses {
            json.key(name.rawValue)
            json.string(url)
        }
        json.endObject()
        json.endObject()
        return String(decoding: json.bytes, as: UTF8.self)
    }
}
