import Market

/// Messages that wait, in order, in chunks of a handler's batch: a batch is taken whole, without copying.
///
/// Each message has a ticket, by which its owner knows what to acknowledge.
struct MessageQueue {
    struct Chunk {
        var messages: [Message] = []
        var tickets: [UInt64] = []
    }

    private struct Place {
        var chunk: Int, at: Int
    }

    private let chunkLimit: Int
    private let conflates: Bool
    private var chunks: [Chunk] = []
    /// The number of the first chunk since the start, and how many of its messages are gone already.
    private var firstChunk = 0, skipped = 0
    /// Where a key's message waits; places before the first are stale.
    private var places: [String: Place] = [:]
    private(set) var count = 0

    init(chunkLimit: Int, conflates: Bool) {
        self.chunkLimit = chunkLimit
        self.conflates = conflates
    }

    var isEmpty: Bool { count == 0 }

    /// Adds a message. In a conflating queue it takes the place of the waiting one with its key, whose ticket is
    /// returned.
    mutating func append(_ message: Message, ticket: UInt64) -> UInt64? {
        if conflates, let place = places[message.topic.key], waits(place) {
            let chunk = place.chunk - firstChunk
            let displaced = chunks[chunk].tickets[place.at]
            chunks[chunk].messages[place.at] = message
            chunks[chunk].tickets[place.at] = ticket
            return displaced
        }
        if chunks.isEmpty || chunks[chunks.count - 1].messages.count >= chunkLimit { addChunk() }
        let last = chunks.count - 1
        chunks[last].messages.append(message)
        chunks[last].tickets.append(ticket)
        count += 1
        if conflates {
            places[message.topic.key] = Place(chunk: firstChunk + last, at: chunks[last].messages.count - 1)
        }
        return nil
    }

    /// Adds many at once, to a queue that does not conflate. A list that is a batch already is taken as it is.
    mutating func append(contentsOf messages: ArraySlice<Message>, tickets: ArraySlice<UInt64>) {
        count += messages.count
        let fits = !chunks.isEmpty && chunks[chunks.count - 1].messages.count + messages.count <= chunkLimit
        if !fits && messages.count <= chunkLimit {
            chunks.append(Chunk(messages: Array(messages), tickets: Array(tickets)))
            return
        }
        var rest = messages, restTickets = tickets
        while !rest.isEmpty {
            if chunks.isEmpty || chunks[chunks.count - 1].messages.count >= chunkLimit { addChunk() }
            let last = chunks.count - 1
            let part = min(rest.count, chunkLimit - chunks[last].messages.count)
            chunks[last].messages.append(contentsOf: rest.prefix(part))
            chunks[last].tickets.append(contentsOf: restTickets.prefix(part))
            rest = rest.dropFirst(part)
            restTickets = restTickets.dropFirst(part)
        }
    }

    /// Takes at most a batch from the front.
    mutating func takeChunk() -> Chunk? {
        if count == 0 { return nil }
        var chunk = chunks.removeFirst()
        firstChunk += 1
        if skipped > 0 {
            chunk.messages.removeFirst(skipped)
            chunk.tickets.removeFirst(skipped)
            skipped = 0
        }
        count -= chunk.messages.count
        if places.count > 4096 && places.count > 4 * count { forgetStalePlaces() }
        return chunk
    }

    /// Drops the oldest message and returns its ticket.
    mutating func dropFirst() -> UInt64? {
        if count == 0 { return nil }
        let ticket = chunks[0].tickets[skipped]
        skipped += 1
        count -= 1
        if skipped == chunks[0].messages.count {
            chunks.removeFirst()
            firstChunk += 1
            skipped = 0
        }
        return ticket
    }

    private func waits(_ place: Place) -> Bool {
        place.chunk > firstChunk || (place.chunk == firstChunk && place.at >= skipped && !chunks.isEmpty)
    }

    private mutating func addChunk() {
        var chunk = Chunk()
        if let last = chunks.last {
            chunk.messages.reserveCapacity(last.messages.count)
            chunk.tickets.reserveCapacity(last.tickets.count)
        }
        chunks.append(chunk)
    }

    private mutating func forgetStalePlaces() { places = places.filter { waits($0.value) } }
}
