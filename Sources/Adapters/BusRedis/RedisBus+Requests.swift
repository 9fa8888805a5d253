public import Bus
public import Market
import Runtime

/// Requests: an ordinary message with `reply_to`, the name of a list. The answer is a frame of one message, of family
/// `reply` and with key `ok` or `refused`, pushed to that list.
extension RedisBus {
    private static let replyFamily = "reply", okKey = "ok", refusedKey = "refused"
    /// Replies that nobody takes are forgotten after so many seconds, and beyond so many.
    private static let replySeconds = 60, replyLimit = 10_000

    public func request(_ message: Message, deadlineNanoseconds: Int64) async throws(BusError) -> Message {
        if stopped { throw .stopped }
        if !isSetUp { throw .unavailable(problem ?? "Redis is away") }
        listenForReplies()
        var request = message
        request.replyTo = layout.replyKey(services.instance)
        return try await replies.wait(
            for: request.id, family: request.topic.family, deadlineNanoseconds: deadlineNanoseconds
        ) { () throws(BusError) in try self.publish([request]) }
    }

    public func reply(to request: Message, data: [UInt8], from source: String) {
        answer(request, key: Self.okKey, data: data, source: source)
    }

    public func refuse(_ request: Message, reason: String, from source: String) {
        answer(request, key: Self.refusedKey, data: Array(reason.utf8), source: source)
    }

    private func answer(_ request: Message, key: String, data: [UInt8], source: String) {
        guard let address = request.replyTo, address.hasPrefix(layout.prefix + "reply:") else { return }
        let reply = Message(
            id: MessageID(services.identifiers.next()), topic: Topic(Self.replyFamily, key), time: services.clock.now,
            received: request.received, source: source, cause: request.id, trace: request.trace, data: data)
        let frame = FrameCodec.frame([reply], family: Self.replyFamily)
        control.send(replies: 3, { _ in }) { out in
            out.begin(3)
            out.word("RPUSH")
            out.word(address)
            out.word(frame)
            out.command(["LTRIM", address, "-\(Self.replyLimit)", "-1"])
            out.command(["EXPIRE", address, "\(Self.replySeconds)"])
        }
    }

    private func listenForReplies() {
        if replyLink != nil { return }
        let link = RedisLink(
            name: "replies", url: services.url, clock: services.clock, order: services.order, rank: LaneOrder.last,
            onUp: { [weak self] in self?.awaitReply() }, onDown: { _ in })
        replyLink = link
        link.open()
    }

    private func awaitReply() {
        guard !stopped, let replyLink else { return }
        replyLink.send({ [weak self] reply in
            guard let self, let reply else { return }
            if let frame = reply.items.last?.array { self.gotReply(frame) }
            self.awaitReply()
        }) { [layout, services] in $0.command(["BLPOP", layout.replyKey(services.instance), "1"]) }
    }

    private func gotReply(_ frame: [UInt8]) {
        guard let messages = try? FrameCodec.read(frame, family: Self.replyFamily) else { return }
        for message in messages {
            guard let request = message.cause else { continue }
            let refused = message.topic.key == Self.refusedKey
            replies.resolve(request, refused
                ? .failure(.refused(String(decoding: message.data, as: UTF8.self))) : .success(message))
        }
    }
}
