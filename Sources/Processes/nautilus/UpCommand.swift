import HTTP
import Hosting
import Market
import Runtime
import Wire

/// `nautilus up`: the platform in the foreground.
struct UpCommand {
    private static let help = """
        usage: nautilus up [--data-dir DIR] [--engines a,b] [--processes] [--sample] [--replay SYMBOL:TIMEFRAME] [--speed N]

          --data-dir DIR   where embedded stores live; NAUTILUS_DATA_DIR or $XDG_DATA_HOME/nautilus unless said
          --engines a,b    only these engines, and the gateway
          --processes      one process an engine, under a supervisor; needs NAUTILUS_REDIS_URL
          --sample         loads real sample prices, a portfolio, a limit and a strategy; without --data-dir into the
                           folder `sample` of the data folder, so that nothing of the user's is touched: not while
                           NAUTILUS_DATABASE_URL is set, and without NAUTILUS_REDIS_URL but for --processes,
                           whose Redis must be the sample's own
          --replay S:T     publishes the stored bars of S as live messages; with --sample a moving-average cross trades them
          --speed N        bars a second; 10 unless said, 0.00001 at least; 0 is as fast as every reader acknowledges

        Prints one line when every engine is ready; logs go to standard error. SIGTERM or SIGINT stops it.
        """

    private let options: Options

    init(_ arguments: ArraySlice<String>) throws {
        options = try Options(arguments, values: ["data-dir", "engines", "replay", "speed"],
            flags: ["processes", "sample"])
        try options.checkEnd("up")
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
        try checkEngines(configuration, replays: replay != nil)
        if options.has("sample") {
            try SampleSession.check(Assets(configuration))
            // Never among the user's own stores, wherever those are said to be.
            if options["data-dir"] == nil {
                guard configuration.text("DATABASE_URL").isEmpty else {
                    throw StartError(.configuration, "--sample would write into the database of NAUTILUS_DATABASE_URL; "
                        + "unset it, or say with --data-dir that the sample belongs there")
                }
                let folder = try DataFolder.path(configuration, environment: environment)
                var own = ["DATA_DIR": folder + "/sample"]
                // In one process the bus is in memory: the user's own would hand the sample what waits for the user.
                if !options.has("processes") { own["REDIS_URL"] = "" }
                configuration = try configuration.replacing(own)
            }
        }
        let folder = try DataFolder(configuration, environment: environment)
        let lock = try folder.lock()
        defer { withExtendedLifetime(lock) {} }
        let names = configuration.engines + [.gateway]
        try Self.checkPorts(configuration, names)
        let runner: any PlatformRunner = options.has("processes")
            ? try Supervisor(configuration, names, folder: folder, environment: environment)
            : Platform(configuration, names, folder: folder)
        return try await run(runner, configuration, replay)
    }

    /// Two services on one port would be one that answers and one that never runs.
    private static func checkPorts(_ configuration: Configuration, _ names: [EngineName]) throws(StartError) {
        var owners: [Int: EngineName] = [:]
        for name in names {
            let port = configuration.port(of: name)
            if let owner = owners.updateValue(name, forKey: port), port != 0 {
                throw StartError(.configuration, "\(owner.rawValue) and \(name.rawValue) have the same port, \(port)")
            }
        }
    }

    /// A sample is loaded into some engines, and a replay is the market data engine's.
    private func checkEngines(_ configuration: Configuration, replays: Bool) throws(StartError) {
        let isSample = options.has("sample"), needed = isSample ? SampleSession.engines : replays ? [.marketdata] : []
        let missing = needed.filter { !configuration.engines.contains($0) }.map(\.rawValue)
        if missing.isEmpty { return }
        let isNamed = options["engines"] != nil
        throw StartError(
            isNamed ? .usage : .configuration,
            "\(isSample ? "--sample" : "--replay") needs \(needed.map(\.rawValue).joined(separator: ", ")): "
                + "\(missing.joined(separator: ", ")) not in \(isNamed ? "--engines" : "NAUTILUS_ENGINES")")
    }

    @LoopActor private func run(
        _ runner: any PlatformRunner, _ configuration: Configuration, _ replay: ReplayRequest?
    ) async throws -> Int32 {
        try await runner.start()
        let ending = Ending()
        let work = spawn {
            do { try await runner.ready() } catch { return ending.fail(error) }
            if Task.isCancelled { return }
            let sample = SampleSession(runner.peers, assets: Assets(configuration), wants: self.options.has("sample"))
            do {
                try await sample.load()
                await Self.gatewayKnows(runner.peers)
                ProcessRunner.writeOutput(Self.readyLine(runner.addresses))
                guard let replay else { return }
                let begun = try await sample.begin(replay)
                // What becomes of a replay that runs is told and ends nothing: others use the platform meanwhile.
                do {
                    ProcessRunner.writeOutput(try await sample.end(of: begun))
                } catch {
                    ProcessRunner.writeError("nautilus: \(error)")
                }
            } catch {
                if !Task.isCancelled { ending.fail(error) }
            }
        }
        await ProcessRunner.untilSignal(or: ending)
        work.cancel()
        await runner.stop()
        if let failure = ending.failure { throw failure }
        return 0
    }

    /// Waits until the gateway has asked every service how it is, and for one that is not well no longer than 3 s: who
    /// reads the line and asks for the status then hears of no service that was not asked yet.
    @LoopActor private static func gatewayKnows(_ peers: any PeerClient) async {
        let clock = SystemClock(), request = Request(method: .get, path: "/health", headers: ["Host": "localhost"])
        let deadline = clock.monotonic + 3_000_000_000
        while clock.monotonic < deadline && !Task.isCancelled {
            let answer = try? await peers.send(request, to: .gateway, deadlineNanoseconds: 1_000_000_000)
            let status = answer.flatMap { answer in
                try? JSONParser().withDocument(answer.body) { $0.member("status")?.string }
            }
            if status == "healthy" { return }
            await clock.sleep(nanoseconds: 50_000_000)
        }
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
