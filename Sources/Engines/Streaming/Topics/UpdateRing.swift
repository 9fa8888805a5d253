/// What can be given back of a topic.
struct Replay<Element> {
    /// Kept updates, oldest first.
    var updates: [Element] = []
    /// Numbers that are gone: they were sent and are not kept any more.
    var missing: ClosedRange<Int>?
}

/// The newest updates of one topic, numbered by one upwards, for readers that come back.
struct UpdateRing<Element> {
    /// The most that are kept of one topic.
    static var capacity: Int { 256 }

    private var elements: [Element] = []
    private var head = 0
    /// The number of the newest; 0 before the first.
    private(set) var last = 0

    /// How many are kept.
    var count: Int { elements.count - head }
    /// The number of the oldest kept.
    var first: Int { last - count + 1 }

    /// Adds the newest; gives back the oldest where that is one too many.
    @discardableResult
    mutating func append(_ element: Element) -> Element? {
        elements.append(element)
        last += 1
        guard count > Self.capacity else { return nil }
        let gone = oldest
        dropFirst()
        return gone
    }

    /// Forgets the oldest.
    mutating func dropFirst() {
        guard count > 0 else { return }
        head += 1
        if head >= 64 && head * 2 >= elements.count {
            elements.removeFirst(head)
            head = 0
        }
    }

    /// The oldest that is kept.
    var oldest: Element? { count > 0 ? elements[head] : nil }
    /// The newest, if it is kept.
    var newest: Element? { count > 0 ? elements.last : nil }

    /// Everything after a number that a reader has seen.
    func after(_ seen: Int) -> Replay<Element> {
        guard seen < last else { return Replay() }
        let from = max(first, seen + 1)
        return Replay(updates: Array(elements[(elements.count - (last - from + 1))...]),
                      missing: from > seen + 1 ? (seen + 1)...(from - 1) : nil)
    }
}
