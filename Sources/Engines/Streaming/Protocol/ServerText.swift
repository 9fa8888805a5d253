import EngineKit
import HTTP
import Market
import Wire

/// The messages that the server writes, beside updates.
enum ServerText {
    /// What an ack tells of one topic.
    struct Entry {
        var id: Int
        var topic: String
        /// The number of the topic's newest update; nil for a pattern.
        var seq: Int?
    }

    /// What a resume gave back of one topic.
    struct Resumed {
        var topic: String
        var count: Int
        var missing: ClosedRange<Int>?
    }

    private static func frame(_ type: String, op: String? = nil, id: [UInt8]? = nil,
        _ write: (inout JSONWriter) -> Void) -> SocketFrame {
        var json = JSONWriter()
        json.object { json in
            json.field("type", type)
            if let op { json.field("op", op) }
            if let id {
                json.key("id")
                json.raw(id)
            }
            write(&json)
        }
        return SocketFrame(payload: json.bytes)
    }

    /// `unlimited` are topics whose updates no rate holds back, where one was asked for.
    static func ack(
        _ op: String, id: [UInt8]?, epoch: String, _ entries: [Entry], unlimited: [String] = []
    ) -> SocketFrame {
        frame("subscription.ack", op: op, id: id) { json in
            json.field("epoch", epoch)
            json.strings("topics", entries.map(\.topic))
            json.array("subscriptions", entries) { json, entry in
                json.object { json in
                    json.field("subscription_id", "\(entry.id)")
                    json.field("topic", entry.topic)
                    if let seq = entry.seq { json.field("seq", seq) }
                }
            }
            if !unlimited.isEmpty { json.strings("unlimited", unlimited) }
        }
    }

    /// The answer to a resume. With another epoch, or with numbers that this one has not reached, nothing can be given
    /// back: the numbers began again.
    static func resumed(id: [UInt8]?, epoch: String, isSame: Bool, _ topics: [Resumed]) -> SocketFrame {
        frame("subscription.ack", op: "resume", id: id) { json in
            json.field("epoch", epoch)
            json.field("reset", !isSame)
            json.strings("topics", topics.map(\.topic))
            json.object("replayed") { json in
                for topic in topics { json.field(topic.topic, topic.count) }
            }
            json.object("missing") { json in
                for topic in topics {
                    guard let missing = topic.missing else { continue }
                    json.object(topic.topic) { json in
                        json.field("from", missing.lowerBound)
                        json.field("to", missing.upperBound)
                        json.field("count", missing.count)
                    }
                }
            }
        }
    }

    static func pong(id: [UInt8]?, _ now: Timestamp) -> SocketFrame {
        frame("pong", id: id) { $0.field("ts", now) }
    }

    static func heartbeat(epoch: String, _ now: Timestamp, connections: Int) -> SocketFrame {
        frame("heartbeat") { json in
            json.field("epoch", epoch)
            json.field("ts", now)
            json.field("connections", connections)
        }
    }

    /// How many updates a slow reader did not get because newer ones took their place.
    static func missed(_ count: Int, _ now: Timestamp) -> SocketFrame {
        frame("missed") { json in
            json.field("missed", count)
            json.field("reason", "slow reader: newer values took the place of older ones")
            json.field("ts", now)
        }
    }

    static func error(_ refusal: ClientMessage.Refusal, errors: [FieldError] = []) -> SocketFrame {
        frame("error", op: refusal.op, id: refusal.id) { json in
            json.field("code", refusal.code)
            json.field("message", refusal.message)
            if errors.isEmpty { return }
            json.array("errors", errors) { json, error in
                json.object { json in
                    json.field("pointer", error.pointer)
                    json.field("message", error.message)
                }
            }
        }
    }
}
