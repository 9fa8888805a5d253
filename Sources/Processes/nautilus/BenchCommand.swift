import Benchmarks
import Glibc
import Hosting
import Runtime

/// `nautilus bench`: measures, prints a table or JSON lines.
struct BenchCommand {
    private static let help = """
        usage: nautilus bench [NAME…] [--json] [--output FILE] [--baseline FILE] [--folder DIR]

        Runs all benchmarks, or those named (a name also stands for all below it, as `series`). --json prints one JSON
        object a line; --output also appends them to a file; --folder is where files are written, $TMPDIR or /tmp unless said.
        --baseline compares with an earlier output, and exits with 1 where something is worse by more than 20 %: smaller
        for what is counted a second, larger for times and bytes.
        The bus is measured on NAUTILUS_REDIS_URL, or on a redis-server of its own; series.postgres on
        NAUTILUS_DATABASE_URL, in a schema of its own. SIGINT and SIGTERM end it: what it started is stopped, its folder is
        removed, and it exits with 130 or 143.
        """

    private let options: Options

    init(_ arguments: ArraySlice<String>) throws {
        options = try Options(arguments, values: ["output", "folder", "baseline"], flags: ["json"])
    }

    @LoopActor func run() async throws -> Int32 {
        if options.wantsHelp {
            ProcessRunner.writeOutput(Self.help + "\n\nbenchmarks: \(BenchmarkRunner.names.joined(separator: " "))")
            return 0
        }
        for name in options.rest where !BenchmarkRunner.knows(name) {
            let known = (BenchmarkRunner.names + BenchmarkRunner.later).joined(separator: ", ")
            throw StartError(.usage, "there is no benchmark \(name); there are \(known)")
        }
        for name in options.rest where BenchmarkRunner.later.contains(name) {
            ProcessRunner.writeError("\(name): measured when what it measures is built")
        }
        FreedMemory.keep(bytes: Platform.freedMemoryBytes)
        // First: a file that is not there, or cannot be written, is told before minutes of work.
        let baseline = try options["baseline"].map(Self.baseline)
        if let output = options["output"] { try Self.append([], to: output) }
        let environment = ProcessRunner.environment
        let configuration = try Configuration(environment: environment)
        let folder = "\(options["folder"] ?? environment["TMPDIR"] ?? "/tmp")/nautilus-bench-\(getpid())"
        // Of a process that was killed and had the same number.
        removeFolder(folder)
        let error = BenchEnding.begin(making: folder)
        guard error == 0 else {
            throw StartError(.cannotCreate, "\(folder) cannot be made: \(String(cString: strerror(error)))")
        }
        defer { removeFolder(folder) }
        do {
            let code = try await measure(configuration, folder: folder, baseline)
            await BenchEnding.holdWhereEnding()
            return code
        } catch {
            await BenchEnding.holdWhereEnding()
            throw error
        }
    }

    @LoopActor private func measure(
        _ configuration: Configuration, folder: String, _ baseline: Baseline?
    ) async throws -> Int32 {
        let named = configuration.text("REDIS_URL")
        let server = named.isEmpty ? PrivateRedis(folder: folder) : nil
        defer { server?.stop() }
        let database = configuration.text("DATABASE_URL")
        let runner = BenchmarkRunner(
            redisURL: named.isEmpty ? server?.url : named, databaseURL: database.isEmpty ? nil : database, folder: folder
        ) { text in
            if isatty(2) == 1 { ProcessRunner.writeError("… \(text)") }
        }
        var rows: [[String]] = [], lines: [String] = [], comparisons: [Baseline.Comparison] = []
        try await runner.run(options.rest.filter { !BenchmarkRunner.later.contains($0) }) { figure in
            lines.append(figure.line)
            if options.has("json") { ProcessRunner.writeOutput(figure.line) }
            rows.append(Self.row(figure))
            if let comparison = baseline?.compare(figure) { comparisons.append(comparison) }
        }
        if !options.has("json") { Table.write(["BENCHMARK", "VALUE", "UNIT", "P50", "P99", "CONTEXT"], rows) }
        if let output = options["output"] { try Self.append(lines, to: output) }
        if baseline != nil { tell(comparisons) }
        return comparisons.contains(where: \.isRegression) ? 1 : 0
    }

    /// For people: with --json it goes where the measurements do not.
    private func tell(_ comparisons: [Baseline.Comparison]) {
        let rows = comparisons.map { comparison in
            let isBetter = (comparison.ratio >= 1) == comparison.isMoreBetter
            let verdict = comparison.isRegression ? "REGRESSION" : isBetter ? "better or equal" : "within the tolerance"
            return [comparison.name, Self.short(comparison.value), Self.short(comparison.baseline), comparison.unit,
                    Self.short(comparison.ratio), verdict]
        }
        let text = Table.text(["BENCHMARK", "NOW", "BASELINE", "UNIT", "RATIO", "VERDICT"], rows)
        if options.has("json") { ProcessRunner.writeError(text) } else { ProcessRunner.writeOutput("\n" + text) }
    }

    private static func baseline(_ path: String) throws -> Baseline {
        guard let file = fopen(path, "r") else {
            throw StartError(.noInput, "\(path) cannot be read: \(String(cString: strerror(errno)))")
        }
        defer { fclose(file) }
        var bytes: [UInt8] = [], chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = fread(&chunk, 1, chunk.count, file)
            if count == 0 { break }
            bytes += chunk[..<count]
        }
        do throws(Baseline.Failure) {
            return try Baseline(lines: String(decoding: bytes, as: UTF8.self))
        } catch {
            throw StartError(.noInput, "\(path): \(error)")
        }
    }

    private static func row(_ figure: Measurement) -> [String] {
        let context = figure.context.filter { !["durability", "acknowledged", "payload_bytes"].contains($0.name) }
            .map { "\($0.name)=\($0.value)" }.joined(separator: " ")
        return [figure.name, short(figure.value), figure.unit, figure.p50.map(short) ?? "",
            figure.p99.map(short) ?? "", context]
    }

    private static func short(_ value: Double) -> String {
        value >= 1000 && value < 1e15 ? "\(Int(value.rounded()))" : "\((value * 1000).rounded() / 1000)"
    }

    private static func append(_ lines: [String], to path: String) throws {
        guard let file = fopen(path, "a") else {
            throw StartError(.cannotCreate, "\(path) cannot be written: \(String(cString: strerror(errno)))")
        }
        defer { fclose(file) }
        for line in lines { fputs(line + "\n", file) }
    }
}
