import HTTP
import Hosting
import Runtime
import Wire

/// `nautilus status`: a table of the services, from their `/health`.
struct StatusCommand {
    private let options: Options

    init(_ arguments: ArraySlice<String>) throws {
        options = try Options(arguments, flags: ["json"])
        try options.checkEnd("status")
    }

    @LoopActor func run() async throws -> Int32 {
        if options.wantsHelp {
            ProcessRunner.writeOutput("usage: nautilus status [--json]\nHow each service is; exit 1 where one is not healthy.")
            return 0
        }
        let configuration = try Configuration(environment: ProcessRunner.environment)
        let services = try RemoteServices(configuration)
        var rows: [[String]] = [], isHealthy = true
        for name in configuration.engines + [.gateway] {
            let row = await Self.row(name, services)
            isHealthy = isHealthy && row[1] == "healthy"
            rows.append(row)
        }
        if options.has("json") { Self.writeJSON(rows) } else { Table.write(["SERVICE", "STATUS", "PORT", "UPTIME", "BUS", "DETAIL"], rows) }
        return isHealthy ? 0 : 1
    }

    @LoopActor private static func row(_ name: EngineName, _ services: RemoteServices) async -> [String] {
        let port = "\(services.configuration.port(of: name))"
        do throws(PeerError) {
            let response = try await services.get("/health", from: name)
            let row = try? JSONParser().withDocument(response.body) { root -> [String] in
                guard let status = root.member("status")?.string else {
                    let reason = root.member("detail")?.string.map { ": " + $0 } ?? ""
                    return [name.rawValue, "unknown", port, "-", "-", "answered \(response.status)\(reason)"]
                }
                return [name.rawValue, status, port, "\(Int(root.member("uptime_seconds")?.double ?? 0)) s",
                        root.member("bus")?.member("transport")?.string ?? "-", detail(root)]
            }
            if response.status == 401 {
                return [name.rawValue, "unknown", port, "-", "-", StartError.noKey.description]
            }
            return row ?? [name.rawValue, "unknown", port, "-", "-", "answered \(response.status)"]
        } catch {
            return [name.rawValue, "down", port, "-", "-", "\(error)"]
        }
    }

    private static func detail(_ root: JSONValue) -> String {
        var failing: [String] = []
        root.member("checks")?.forEachMember { name, check in
            if check.member("status")?.string != "healthy" { failing.append("\(name): \(check.member("detail")?.string ?? "")") }
        }
        return failing.joined(separator: "; ")
    }

    private static func writeJSON(_ rows: [[String]]) {
        var json = JSONWriter()
        json.beginArray()
        for row in rows {
            json.beginObject()
            for (name, value) in zip(["service", "status", "port", "uptime", "bus", "detail"], row) {
                json.key(name)
                json.string(value)
            }
            json.endObject()
        }
        json.endArray()
        ProcessRunner.writeOutput(String(decoding: json.bytes, as: UTF8.self))
    }
}

/// Rows in columns wide enough.
enum Table {
    static func write(_ header: [String], _ rows: [[String]]) { ProcessRunner.writeOutput(text(header, rows)) }

    static func text(_ header: [String], _ rows: [[String]]) -> String {
        let widths = header.indices.map { column in ([header] + rows).map { $0[column].count }.max() ?? 0 }
        return ([header] + rows).map { row in
            let cells = zip(row, widths).map { $0 + String(repeating: " ", count: max(0, $1 - $0.count)) }
            return cells.joined(separator: "  ").replacing(#/ +$/#, with: "")
        }.joined(separator: "\n")
    }
}
