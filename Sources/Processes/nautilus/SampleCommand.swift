import Hosting
import Runtime

/// `nautilus sample`: what `up --sample --replay` does, against a platform that runs already.
struct SampleCommand {
    private static let help = """
        usage: nautilus sample [--replay SYMBOL:TIMEFRAME] [--speed N]

        Loads real sample prices, a portfolio, a limit and a strategy into the running platform: in containers, say.

          --replay S:T     publishes the stored bars of S as live messages; a moving-average cross trades GOOG:1d
          --speed N        bars a second; 10 unless said, 0.00001 at least; 0 is as fast as every reader acknowledges

        The end of the replay is told on one line.
        """

    private let options: Options

    init(_ arguments: ArraySlice<String>) throws {
        options = try Options(arguments, values: ["replay", "speed"], flags: [])
        try options.checkEnd("sample")
    }

    @LoopActor func run() async throws -> Int32 {
        if options.wantsHelp {
            ProcessRunner.writeOutput(Self.help)
            return 0
        }
        let configuration = try Configuration(environment: ProcessRunner.environment)
        let replay = try ReplayRequest(option: options["replay"], speed: options["speed"])
        let services = try RemoteServices(configuration)
        let session = SampleSession(services.client, assets: Assets(configuration), wants: true)
        try await session.load()
        ProcessRunner.writeOutput(#"{"loaded":true}"#)
        if let replay { ProcessRunner.writeOutput(try await session.replay(replay)) }
        return 0
    }
}
