/// Lets updates of one topic through at most every so often, the newest when its time comes.
struct RateGate<Element> {
    /// Nanoseconds between two.
    let interval: Int64
    private var next: Int64 = .min
    /// What waits for its time.
    private(set) var pending: Element?
    private var missed = 0

    init(interval: Int64) { self.interval = interval }

    var isWaiting: Bool { pending != nil }

    /// Takes an update at a monotonic time: given back when it may go at once, else kept in place of the one before.
    mutating func offer(_ element: Element, at now: Int64) -> Element? {
        if pending == nil && now >= next {
            next = now + interval
            return element
        }
        if pending != nil { missed += 1 }
        pending = element
        return nil
    }

    /// The kept update when its time has come, and how many it stands for beside itself.
    mutating func due(at now: Int64) -> (element: Element, missed: Int)? {
        guard let element = pending, now >= next else { return nil }
        defer {
            pending = nil
            missed = 0
            next = now + interval
        }
        return (element, missed)
    }
}
