import Market

/// Times of the last minute, oldest first, counted without going through them.
struct RecentTimes: Sendable {
    private var times: [Int64] = []
    private var first = 0

    /// The newest; nil where none was added.
    var newest: Int64? { times.last }

    /// Adds a time and returns how many there are since `start`, this one included. Times never fall.
    mutating func count(_ time: Int64, since start: Int64) -> Int {
        while first < times.count, times[first] <= start { first += 1 }
        // What is over goes when it is most of the list, so that each is moved once on average.
        if first > 64, first > times.count / 2 {
            times.removeFirst(first)
            first = 0
        }
        times.append(time)
        return times.count - first
    }
}

/// Ids of the newest messages, some thousands of them.
struct RecentMessages: Sendable {
    private static let limit = 10_000
    private var known: Set<MessageID> = []
    private var order: [MessageID] = []

    func contains(_ message: MessageID) -> Bool { known.contains(message) }

    mutating func insert(_ message: MessageID) {
        guard known.insert(message).inserted else { return }
        order.append(message)
        if order.count < 2 * Self.limit { return }
        for old in order.prefix(Self.limit) { known.remove(old) }
        order.removeFirst(Self.limit)
    }
}
