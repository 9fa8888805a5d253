/// Lets updates of one topic through at most every so often, the newest when its time comes.
struct RateGate<Element> {
    /// Nanoseconds between two; may change while one waits.
    var interval: Int64
    /// When one went through last; nil before the first.
    private var last: Int64?
    /// What waits for its time.
    private(set) var pending: Element?
    private var missed = 0

    init(interval: Int64) { self.interval = interval }

    var isWaiting: Bool { pending != nil }

    /// Takes an update at a monotonic time: given back when it may go at once, else kept in place of the one before.
    mutating func offer(_ element: Element, at now: Int64) -> Element? {
        if pending == nil && isOpen(at: now) {
            last = now
            return element
        }
        if pending != nil { missed += 1 }
        pending = element
        return nil
    }

    /// The kept update when its time has come, and how many it stands for beside itself.
    mutating func due(at now: Int64) -> (element: Element, missed: Int)? {
        guard let element = pending, isOpen(at: now) else { return nil }
        let missed = drop() - 1
        last = now
        return (element, missed)
    }

    /// Forgets what waits; how many updates that stood for, itself among them. The rate stays.
    @discardableResult
    mutating func drop() -> Int {
        defer {
            pending = nil
            missed = 0
        }
        return pending == nil ? 0 : missed + 1
    }

    private func isOpen(at now: Int64) -> Bool { last.map { now - $0 >= interval } ?? true }
}
