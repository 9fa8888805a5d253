import Glibc
import HTTP
import Hosting
import Market
import Runtime
import Wire

/// `nautilus import FILE.csv`: stores bars through the market data engine, a part of the file at a time.
struct ImportCommand {
    private static let help = """
        usage: nautilus import FILE.csv --symbol S [--timeframe 1d] [--strict]

        Stores the rows of a CSV file (header ts,open,high,low,close,volume and, where bars have one, vwap;
        ts,close alone is legal) in the running platform, and lists the rows that were refused with line and reason.
        Of two rows of one time in a file the first counts, the other is refused.
        --strict refuses the file for one of them. Exit 65 where the file is refused, 66 where it cannot be read.
        """
    private let options: Options

    init(_ arguments: ArraySlice<String>) throws {
        options = try Options(arguments, values: ["symbol", "timeframe"], flags: ["strict"])
    }

    @LoopActor func run() async throws -> Int32 {
        if options.wantsHelp {
            ProcessRunner.writeOutput(Self.help)
            return 0
        }
        guard options.rest.count == 1 else { throw StartError(.usage, "import takes one file; see --help") }
        guard let text = options["symbol"], let symbol = Symbol(text) else {
            throw StartError(.usage, "--symbol is required: 1 to 32 of A-Z a-z 0-9 . _ : / -")
        }
        guard let frame = Timeframe(rawValue: options["timeframe"] ?? "1d") else {
            throw StartError(.usage, "--timeframe is one of \(Timeframe.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        guard let bytes = Assets.read(file: options.rest[0]) else {
            throw StartError(.noInput, "\(options.rest[0]) cannot be read: \(String(cString: strerror(errno)))")
        }
        let services = try RemoteServices(try Configuration(environment: ProcessRunner.environment))
        var parts = options.has("strict") ? ImportParts(bytes, rowsPerPart: .max) : ImportParts(bytes)
        var total = ImportOutcome(), bar = ProgressBar(total: bytes.count), done = 0
        while let part = parts.next() {
            let query = "symbol=\(symbol.text.replacing("/", with: "%2F"))&timeframe=\(frame.rawValue)&strict=\(options.has("strict"))"
            let outcome = try await services.store(part.bytes, "/market-data/import", query)
            parts.settle(refused: outcome.rejected.map { $0.line + part.line }, of: outcome.rejectedCount)
            total.add(outcome, line: part.line)
            total.add(repeated: part.repeated)
            done += part.bytes.count
            bar.show(done)
        }
        bar.finish()
        total.tellRejected()
        ProcessRunner.writeOutput("\(symbol) \(frame.rawValue): \(total.stored) rows stored, \(total.rejectedCount) rejected")
        return total.rejectedCount == 0 ? 0 : 1
    }
}

/// A bar on standard error, where that is a terminal.
struct ProgressBar {
    private let total: Int
    private let isTerminal = isatty(2) == 1

    init(total: Int) { self.total = max(1, total) }

    mutating func show(_ done: Int) {
        guard isTerminal else { return }
        let width = 40, filled = min(width, done * width / total)
        let line = "\r[" + String(repeating: "#", count: filled) + String(repeating: " ", count: width - filled)
            + "] \(min(100, done * 100 / total)) %"
        _ = line.withCString { write(2, $0, strlen($0)) }
    }

    func finish() { if isTerminal { _ = "\n".withCString { write(2, $0, 1) } } }
}
