import Glibc
import HTTP
import Hosting
import Market
import Runtime
import Wire

/// `nautilus import facts FILE.csv`: stores figures of filings through the market data engine.
struct ImportFactsCommand {
    private static let help = """
        usage: nautilus import facts FILE.csv [--strict]

        Stores the figures of filings in a CSV file (header symbol,concept,period_end,filed_at,value and, where there
        are, period,unit,source) in the running platform, and lists the rows that were refused with line and reason. A
        figure is known from filed_at on. --strict refuses the file for one bad row.
        """

    private let options: Options

    init(_ arguments: ArraySlice<String>) throws {
        options = try Options(arguments, values: [], flags: ["strict"])
    }

    @LoopActor func run() async throws -> Int32 {
        if options.wantsHelp {
            ProcessRunner.writeOutput(Self.help)
            return 0
        }
        guard options.rest.count == 1 else { throw StartError(.usage, "import facts takes one file; see --help") }
        guard let bytes = Assets.read(file: options.rest[0]) else {
            throw StartError(.noInput, "\(options.rest[0]) cannot be read: \(String(cString: strerror(errno)))")
        }
        let services = try RemoteServices(try Configuration(environment: ProcessRunner.environment))
        let outcome = try await services.store(
            bytes, "/market-data/facts", "strict=\(options.has("strict"))")
        outcome.tellRejected()
        ProcessRunner.writeOutput("\(outcome.stored) facts stored, \(outcome.rejectedCount) rejected")
        return outcome.rejectedCount == 0 ? 0 : 1
    }
}
