import Bus
import BusRedis
import EngineKit
import Hosting
import Market
import Runtime
import Telemetry
import Wire

/// `nautilus bus`: streams, groups, lag and dead letters of the Redis bus.
struct BusCommand {
    private static let help = """
        usage: nautilus bus lag [--json]
               nautilus bus dead-letters [--json] [--limit N]
               nautilus bus replay ENTRY
               nautilus bus purge ENTRY
               nautilus bus drop-group NAME

        Reads the bus at NAUTILUS_REDIS_URL. `lag` lists how far each group is behind on each stream; `dead-letters` lists
        messages that were given up; `replay` publishes one again for its group, `purge` removes it.
        `drop-group` removes a group with all it has not acknowledged: for an engine that no process is configured with any more.
        The embedded bus lives inside `nautilus up`; its lag is in /metrics.
        """

    private let options: Options

    init(_ arguments: ArraySlice<String>) throws { options = try Options(arguments, values: ["limit"], flags: ["json"]) }

    @LoopActor func run() async throws -> Int32 {
        if options.wantsHelp || options.rest.isEmpty {
            ProcessRunner.writeOutput(Self.help)
            return options.wantsHelp ? 0 : 64
        }
        let configuration = try Configuration(environment: ProcessRunner.environment)
        let url = configuration.text("REDIS_URL")
        if url.isEmpty { throw StartError(.configuration, "set NAUTILUS_REDIS_URL: the embedded bus lives inside nautilus up") }
        var groups = Topics.groups(of: configuration.engines)
        if options.rest[0] == "drop-group" {
            guard options.rest.count == 2 else { throw StartError(.usage, "drop-group takes one group") }
            // Not made anew while it is dropped.
            groups = groups.mapValues { names in names.filter { $0 != options.rest[1] } }
        }
        let folder = "/tmp/nautilus-bus-\(ProcessIdentifiers().nextText().suffix(12))"
        let clock = SystemClock()
        let bus = try RedisBus(
            url: url, families: Topics.all, groups: groups, instance: "command-line",
            spoolFolder: folder, clock: clock, identifiers: ProcessIdentifiers(), metrics: MetricsRegistry(),
            logger: Logger(engine: "nautilus", level: .error, sink: StandardErrorSink()) { clock.now })
        defer { removeFolder(folder) }
        await bus.start()
        for _ in 0..<200 where !bus.health.connected { await clock.sleep(nanoseconds: 10_000_000) }
        guard bus.health.connected else { throw StartError(.unavailable, "the Redis at NAUTILUS_REDIS_URL does not answer") }
        let code = try await act(bus)
        await bus.stop()
        return code
    }

    @LoopActor private func act(_ bus: RedisBus) async throws -> Int32 {
        switch options.rest[0] {
        case "lag", "streams", "groups":
            let lags = await bus.lagOfAllGroups()
            if options.has("json") { Self.write(lags) } else {
                Table.write(["STREAM", "LANE", "GROUP", "WAITING", "PENDING"], lags.map {
                    ["bus:{\($0.family).\($0.partition)}", $0.lane.name, $0.group, "\($0.waiting)", "\($0.pending)"]
                })
            }
            return 0
        case "dead-letters":
            guard let limit = Int(options["limit"] ?? "1000"),
                limit > 0 else { throw StartError(.usage, "--limit takes a number") }
            let letters = try await bus.deadLetters(limit: limit)
            if options.has("json") { Self.write(letters) } else {
                Table.write(["ENTRY", "TOPIC", "GROUP", "ATTEMPTS", "REASON"], letters.map {
                    [$0.entry, $0.message.topic.description, $0.group, "\($0.attempts)", $0.reason]
                })
            }
            return 0
        case "replay", "purge":
            guard options.rest.count == 2 else { throw StartError(.usage, "\(options.rest[0]) takes one entry") }
            let entry = options.rest[1]
            let found = options.rest[0] == "replay" ? try await bus.replay(entry: entry) : try await bus.purge(entry: entry)
            if !found { throw StartError(.unavailable, "there is no dead letter \(entry)") }
            return 0
        case "drop-group":
            let removed = try await bus.dropGroup(options.rest[1])
            if removed == 0 { throw StartError(.unavailable, "there is no group \(options.rest[1])") }
            return 0
        default: throw StartError(.usage, "there is no bus command \(options.rest[0]); see --help")
        }
    }

    private static func write(_ lags: [StreamLag]) {
        var json = JSONWriter()
        json.beginArray()
        for lag in lags {
            json.beginObject()
            for (name, text) in [("family", lag.family),
                ("stream", "bus:{\(lag.family).\(lag.partition)}:\(lag.lane.name)"),
                                 ("lane", lag.lane.name), ("group", lag.group)] {
                json.key(name)
                json.string(text)
            }
            json.key("waiting")
            json.int(lag.waiting)
            json.key("pending")
            json.int(lag.pending)
            json.endObject()
        }
        json.endArray()
        ProcessRunner.writeOutput(String(decoding: json.bytes, as: UTF8.self))
    }

    private static func write(_ letters: [DeadLetter]) {
        var json = JSONWriter()
        json.beginArray()
        for letter in letters {
            json.beginObject()
            for (name, text) in [
                ("entry", letter.entry), ("topic", letter.message.topic.description), ("group", letter.group),
                ("reason", letter.reason), ("id", hexadecimal(letter.message.id.value)),
                ("data", String(decoding: letter.message.data, as: UTF8.self)),
            ] {
                json.key(name)
                json.string(text)
            }
            json.key("attempts")
            json.int(letter.attempts)
            json.key("parked")
            json.time(letter.parked)
            json.endObject()
        }
        json.endArray()
        ProcessRunner.writeOutput(String(decoding: json.bytes, as: UTF8.self))
    }
}
