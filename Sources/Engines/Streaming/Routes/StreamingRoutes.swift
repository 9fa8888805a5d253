import Bus
import EngineKit
public import HTTP
import Runtime
import Telemetry
import Wire

extension StreamingEngine {
    private static let statsAnswer = """
        {"status":"healthy","epoch":"00000000000000000000000000000001","connections":2,"registered":0,"subscriptions":3,\
        "topics":120,"opened":5,"updates":1000,"deliveries":2000,"received":4,"conflated":0,"limited":0,"closed_slow":0,\
        "closed_dead":0}
        """

    private static let broadcastExample = #"{"topic":"broadcast.demo","type":"demo","data":{"hello":"world"}}"#

    public var routes: [Route] {
        let health = Route.document("/api/v1/websocket/health", "Connections, subscriptions and what was delivered.",
                                    answer: Self.statsAnswer) { [unowned self] _ in Response.json { writeStats(&$0) } }
        let broadcast = Route.json(.post, "/api/v1/websocket/broadcast", "Sends a message to a topic's subscribers.",
                                   example: Self.broadcastExample,
                                   answer: #"{"topic":"broadcast.demo","type":"demo","seq":1,"recipients":2}"#) {
            [unowned self] (_: NoParameters, body: BroadcastBody, request) in
            try self.broadcast(body, JSONText.member("data", of: request.body) ?? body.data)
        }
        return [
            health, health.alias("/api/v1/sprint3/websocket/stats", summary: "Connection and message counters."),
            broadcast, broadcast.alias("/api/v1/sprint3/websocket/broadcast"),
        ] + connectionRoutes + subscriptionRoutes
    }

    private func writeStats(_ json: inout JSONWriter) {
        let metrics = hub.metrics
        json.object { json in
            json.field("status", context.bus.health.connected ? "healthy" : "degraded")
            json.field("epoch", hub.epoch)
            json.field("connections", hub.clients.count)
            json.field("registered", registrations.waiting.count)
            json.field("subscriptions", hub.index.count)
            json.field("topics", hub.channels.count)
            json.field("opened", metrics.opened.value)
            json.field("updates", metrics.updates.value)
            json.field("deliveries", metrics.deliveries.value)
            json.field("received", metrics.received.value)
            json.field("conflated", metrics.conflated.value)
            json.field("limited", metrics.limited.value)
            json.field("closed_slow", metrics.slow.value)
            json.field("closed_dead", metrics.dead.value)
        }
    }

    /// What only the server says on a socket: a client would take it for an answer of the protocol.
    private static let ownTypes: Set<String> = ["subscription.ack", "heartbeat", "missed", "pong", "error"]

    /// Whether a topic or a type is of a family that an engine writes: who reads fills must not be told of some that
    /// never were.
    private static func isOfPlatform(_ text: String) -> Bool {
        Topics.all.contains { family in
            family != Topics.broadcast && (text == family.name || text.hasPrefix(family.name + "."))
        }
    }

    /// `data` as the caller wrote it.
    private func broadcast(_ body: BroadcastBody, _ data: [UInt8]) throws -> JSONBody {
        var faults: [FieldError] = []
        if Self.ownTypes.contains(body.type) || Self.isOfPlatform(body.type) {
            faults.append(FieldError(pointer: "/type", message: "is said by the platform alone"))
        }
        let pattern = hub.pattern(body.topic)
        if pattern == nil || body.topic.contains("*") {
            faults.append(FieldError(pointer: "/topic", message: "must be a topic: no blanks, no *"))
        } else if Self.isOfPlatform(body.topic) {
            faults.append(FieldError(pointer: "/topic", message: "is a topic that only the platform writes"))
        }
        guard let pattern, faults.isEmpty else { throw Problem.invalid(faults) }
        guard let sent = hub.publish(pattern.text, type: body.type, time: context.clock.now, data: data,
            isConflated: false)
        else { throw Problem.unavailable("websocket", "there are \(hub.channelLimit) topics already") }
        return JSONBody { json in
            json.object { json in
                json.field("topic", body.topic)
                json.field("type", body.type)
                json.field("seq", sent.update.seq)
                json.field("recipients", sent.recipients)
            }
        }
    }
}
