import HTTP
import Market
import Runtime
import Wire

/// One update of a topic. Its bytes are written once, when the first socket wants them, and shared by all.
@LoopActor final class Update {
    let topic: String, type: String, seq: Int, time: Timestamp
    /// One JSON value.
    let data: [UInt8]
    /// The latest-value slot, where a newer update may take its place.
    let slot: Int?
    private var made: SocketFrame?

    init(topic: String, type: String, seq: Int, time: Timestamp, data: [UInt8], slot: Int?) {
        self.topic = topic
        self.type = type
        self.seq = seq
        self.time = time
        self.data = data
        self.slot = slot
    }

    var frame: SocketFrame {
        if let made { return made }
        let frame = SocketFrame(payload: encode(missed: 0), slot: slot)
        made = frame
        return frame
    }

    /// For one reader whose rate is limited: tells how many it did not get before this one.
    func frame(missed: Int) -> SocketFrame {
        missed == 0 ? frame : SocketFrame(payload: encode(missed: missed), slot: slot)
    }

    private func encode(missed: Int) -> [UInt8] {
        var json = JSONWriter(capacity: data.count + topic.utf8.count + 128)
        json.beginObject()
        json.key("type")
        json.string(type)
        json.key("topic")
        json.string(topic)
        json.key("seq")
        json.int(seq)
        json.key("ts")
        json.time(time)
        if missed > 0 {
            json.key("missed")
            json.int(missed)
        }
        json.key("data")
        json.raw(data)
        json.endObject()
        return json.bytes
    }
}
