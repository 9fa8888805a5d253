public import Bus
import Market
import Runtime
import Telemetry
import Wire

/// Dead letters: a stream beside each of the bus's streams.
extension RedisBus {
    private static let retryMilliseconds = 250

    /// Parks a message that was given up, and then calls `done`.
    func park(
        _ message: Message, stream: Int, entry: EntryID, group: String, reason: String, attempts: Int,
        done: @escaping @LoopActor () -> Void
    ) {
        var fields = CommandBuffer()
        EntryCodec.append(message, to: &fields)
        let parking = Parking(stream: stream, entry: entry, group: group, reason: reason, attempts: attempts,
                              fields: fields.bytes, words: EntryCodec.words(message))
        services.logger.warning("A message was given up.", [
            "group": .string(group), "topic": .string("\(message.topic)"), "reason": .string(reason),
        ])
        park(parking, done)
    }

    /// Parks an entry that cannot be read, with its fields as they are, and acknowledges it.
    func parkUnreadable(_ fields: Reply, stream: Int, entry: EntryID, group: String, reason: String) {
        var copy = CommandBuffer()
        var words = 0
        for (index, item) in fields.items.enumerated() {
            copy.word(index % 2 == 0 ? Array("raw:".utf8) + item.array : item.array)
            words += 1
        }
        let parking = Parking(stream: stream, entry: entry, group: group, reason: reason, attempts: 0,
                              fields: copy.bytes, words: words)
        services.logger.warning("An entry cannot be read.", [
            "group": .string(group), "stream": .string(layout.streams[stream].key), "entry": .string("\(entry)"),
            "reason": .string(reason),
        ])
        park(parking) { self.acks.add(stream: stream, group: group, entry: entry) }
    }

    private struct Parking {
        let stream: Int, entry: EntryID, group: String, reason: String, attempts: Int
        let fields: [UInt8], words: Int
    }

    private func park(_ parking: Parking, _ done: @escaping @LoopActor () -> Void) {
        let place = layout.streams[parking.stream]
        control.send({ [self] reply in
            if let reply, !reply.isError { return done() }
            if stopped { return }
            LoopTimer.once(milliseconds: Self.retryMilliseconds) { [self] in park(parking, done) }
        }) { out in
            out.begin(18 + parking.words)
            for text in ["XADD", place.deadKey, "MAXLEN", "~", "\(services.limits.deadLetters)", "*"] { out.word(text) }
            out.word("entry")
            out.word(parking.entry)
            out.word("stream")
            out.word(place.key)
            for (name, value) in [("group", parking.group), ("reason", parking.reason)] {
                out.word(name)
                out.word(value)
            }
            out.word("attempts")
            out.word(parking.attempts)
            out.word("parked")
            out.word(Int(services.clock.now.nanoseconds))
            out.raw(parking.fields)
        }
    }

    // MARK: List, replay, purge

    public func deadLetters(limit: Int) async throws(BusError) -> [DeadLetter] {
        var letters: [DeadLetter] = []
        for place in layout.streams {
            let command = ["XRANGE", place.deadKey, "-", "+", "COUNT", "\(max(1, limit))"]
            let found: [DeadLetter]? = await ask(command) { reply in
                reply.items.compactMap { item in self.letter(item, place) }
            }
            guard let found else { throw .unavailable(problem ?? "Redis is away") }
            letters += found
        }
        letters.sort { $0.parked < $1.parked }
        return Array(letters.prefix(max(0, limit)))
    }

    private func letter(_ item: Reply, _ place: StreamLayout.Stream) -> DeadLetter? {
        let parts = item.items
        guard parts.count == 2, let entry = parts[0].text else { return nil }
        let fields = parts[1].pairs
        let parked = Timestamp(nanoseconds: Int64(fields["parked"]?.integer ?? 0))
        let message = EntryCodec.message(parts[1], family: place.declared.name)
            ?? Self.unreadable(parts[1].items, place.declared.name, parked)
        return DeadLetter(
            entry: "\(place.declared.name).\(place.partition)/\(entry)", group: fields["group"]?.text ?? "",
            reason: fields["reason"]?.text ?? "", attempts: fields["attempts"]?.integer ?? 0, parked: parked,
            message: message)
    }

    /// What can be told of an entry that cannot be read: the id and the topic where they are some, and its `data` as it
    /// is; without `data` all of its own fields, as JSON.
    private static func unreadable(_ fields: [Reply], _ family: String, _ parked: Timestamp) -> Message {
        var own: [(name: String, value: [UInt8])] = []
        for index in stride(from: 0, to: fields.count - 1, by: 2) {
            guard let name = fields[index].text, name.hasPrefix("raw:") else { continue }
            own.append((String(name.dropFirst(4)), fields[index + 1].array))
        }
        func value(_ name: String) -> [UInt8]? { own.last { $0.name == name }?.value }
        let id = value("id").flatMap { $0.withUnsafeBytes(EntryCodec.identifier) }
        let topic = value("topic").map { String(decoding: $0, as: UTF8.self) } ?? ""
        let key = topic.hasPrefix(family + ".") ? String(topic.dropFirst(family.count + 1)) : ""
        var json = JSONWriter()
        json.beginObject()
        for (name, value) in own {
            json.key(name)
            json.string(String(decoding: value, as: UTF8.self))
        }
        json.endObject()
        return Message(
            id: MessageID(id ?? 0), topic: Topic(family, key), time: parked, received: parked, source: "",
            data: value("data") ?? json.bytes)
    }

    public func replay(entry: String) async throws(BusError) -> Bool {
        guard let (place, id) = find(entry) else { return false }
        let found: [[UInt8]]? = await ask(["XRANGE", place.deadKey, id, id]) { reply in
            Self.replayed(reply)
        }
        guard let found else { throw .unavailable(problem ?? "Redis is away") }
        if found.isEmpty { return false }
        let added: Bool? = await ask({ out in
            out.begin(3 + found.count)
            out.word("XADD")
            out.word(place.key)
            out.word("*")
            for word in found { out.word(word) }
        }) { !$0.isError }
        guard added == true else { throw .unavailable(problem ?? "Redis does not take it") }
        return try await purge(entry: entry)
    }

    /// The fields of the entry that a dead letter becomes again, for its group only; none where it is not there.
    private static func replayed(_ reply: Reply) -> [[UInt8]] {
        guard let fields = reply.items.first?.items.last?.items else { return [] }
        var words: [[UInt8]] = []
        for index in stride(from: 0, to: fields.count - 1, by: 2) {
            let name = fields[index].text ?? "", value = fields[index + 1].array
            switch name {
            case "entry", "stream", "reason", "attempts", "parked": continue
            case "group": words += [Array("only".utf8), value]
            default:
                words += [name.hasPrefix("raw:") ? Array(name.utf8.dropFirst(4)) : Array(name.utf8), value]
            }
        }
        return words
    }

    public func purge(entry: String) async throws(BusError) -> Bool {
        guard let (place, id) = find(entry) else { return false }
        let removed: Int? = await ask(["XDEL", place.deadKey, id]) { $0.integer ?? 0 }
        guard let removed else { throw .unavailable(problem ?? "Redis is away") }
        return removed == 1
    }

    /// `family.partition/id`: the stream, and the id in its dead letters.
    private func find(_ entry: String) -> (StreamLayout.Stream, String)? {
        guard let slash = entry.lastIndex(of: "/"), EntryID(String(entry[entry.index(after: slash)...])) != nil
        else { return nil }
        let name = entry[..<slash]
        guard let place = layout.streams.first(where: { "\($0.declared.name).\($0.partition)" == name })
        else { return nil }
        return (place, String(entry[entry.index(after: slash)...]))
    }

    /// Sends a command and reads its reply; nil where Redis is away.
    private func ask<T: Sendable>(_ words: [String], _ read: @escaping @LoopActor (Reply) -> T) async -> T? {
        await ask({ $0.command(words) }, read)
    }

    private func ask<T: Sendable>(
        _ build: (inout CommandBuffer) -> Void, _ read: @escaping @LoopActor (Reply) -> T
    ) async -> T? {
        await withCheckedContinuation { continuation in
            control.send({ reply in continuation.resume(returning: reply.map(read)) }, build)
        }
    }
}
