import EngineKit
import HTTP
import Runtime
import Telemetry
import Wire

/// How each service is, as it said itself when last asked.
@LoopActor final class HealthBoard {
    /// A service that takes longer than this to say how it is counts as not reachable.
    static let deadlineNanoseconds: Int64 = 2_000_000_000

    /// What one service said.
    struct Entry {
        var status: String
        var detail: String
        var milliseconds: Double
        /// Its own words: a JSON object, or empty where there was no answer.
        var report: [UInt8]
    }

    private let context: EngineContext
    private let engines: [EngineName]
    private var entries: [EngineName: Entry] = [:]
    private var running: Task<Void, Never>?
    private(set) var rounds = 0

    init(_ context: EngineContext) {
        self.context = context
        engines = context.configuration.engines
        for name in engines {
            context.registry.computed(
                "nautilus_component_health_ratio", "A service as it says of itself: 1 healthy, 0.5 degraded, else 0.",
                ["component": name.rawValue]
            ) { [weak self] in LoopActor.assumeIsolated { Self.figure(self?.entries[name]?.status) } }
        }
        HostMetrics.register(in: context.registry)
    }

    /// A status as a number.
    static func figure(_ status: String?) -> Double { status == "healthy" ? 1 : status == "degraded" ? 0.5 : 0 }

    subscript(_ engine: EngineName) -> Entry? { entries[engine] }
    var isAllHealthy: Bool { engines.allSatisfy { entries[$0]?.status == "healthy" } }

    /// Asks every service, all at once; whoever comes while that runs waits for the same answers.
    func refresh() async {
        if let running {
            await running.value
            return
        }
        let round = spawn { [self] in
            let asked = engines.map { name in spawn { await self.ask(name) } }
            for task in asked { await task.value }
            rounds += 1
            running = nil
        }
        running = round
        await round.value
    }

    private func ask(_ name: EngineName) async {
        let start = context.clock.monotonic
        do throws(PeerError) {
            let response = try await context.peers.send(
                Request(method: .get, path: "/health"), to: name, deadlineNanoseconds: Self.deadlineNanoseconds)
            let milliseconds = Double(context.clock.monotonic - start) / 1e6
            let (status, detail) = Self.read(response)
            entries[name] = Entry(status: status, detail: detail, milliseconds: milliseconds,
                                  report: status == "unreachable" ? [] : response.body)
        } catch {
            let detail = switch error {
            case .unreachable(let reason): "cannot be reached: \(reason)"
            case .broken(let reason): "broke off: \(reason)"
            case .timedOut: "did not answer in time"
            }
            entries[name] = Entry(status: "unreachable", detail: detail,
                                  milliseconds: Double(context.clock.monotonic - start) / 1e6, report: [])
        }
    }

    /// The status a service told, and the first check that is not healthy.
    static func read(_ response: Response) -> (status: String, detail: String) {
        let told = try? JSONParser().withDocument(response.body) { json -> (String, String)? in
            guard let status = json.member("status")?.string else { return nil }
            var detail = ""
            json.member("checks")?.forEachMember { name, check in
                if detail.isEmpty, check.member("status")?.string != "healthy" {
                    detail = "\(name): \(check.member("detail")?.string ?? "")"
                }
            }
            return (status, detail.isEmpty ? status : detail)
        }
        return (told ?? nil) ?? ("unreachable", "answered \(response.status) without a status")
    }

    // MARK: Telling

    /// The services as checks of the gateway itself. They have no say in its readiness.
    var checks: [HealthCheck] {
        engines.map { name in
            let entry = entries[name]
            let status: HealthCheck.Status = entry?.status == "healthy" ? .healthy : .degraded
            return HealthCheck("\(name.rawValue)-engine", status, entry?.detail ?? "not asked yet", isRequired: false)
        }
    }

    /// The worst of all services.
    var status: String {
        let all = engines.map { entries[$0]?.status ?? "unreachable" }
        if all.allSatisfy({ $0 == "unreachable" || $0 == "unhealthy" }) && !all.isEmpty { return "unhealthy" }
        return all.allSatisfy { $0 == "healthy" } ? "healthy" : "degraded"
    }

    /// What is published: one word a service.
    var json: [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.field("status", status)
            json.object("components") { json in
                for name in engines { json.field(name.rawValue, entries[name]?.status ?? "unreachable") }
            }
        }
        return json.bytes
    }

    /// Every component with its own words.
    func write(_ json: inout JSONWriter, own: [UInt8]) {
        json.array("components", [.gateway] + engines) { json, name in
            json.object { json in
                let entry = entries[name], isGateway = name == .gateway
                json.field("name", name.rawValue)
                json.field("kind", isGateway ? "gateway" : "engine")
                json.field("status", isGateway ? "healthy" : entry?.status ?? "unreachable")
                json.field("detail", isGateway ? "answers" : entry?.detail ?? "not asked yet")
                json.field("response_ms", isGateway ? 0 : entry?.milliseconds ?? 0)
                let report = isGateway ? own : entry?.report ?? []
                if !report.isEmpty {
                    json.key("report")
                    json.raw(report)
                }
            }
        }
    }
}
