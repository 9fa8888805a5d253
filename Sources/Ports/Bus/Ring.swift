/// A first-in, first-out queue over an array: amortised constant time at both ends.
struct Ring<Element> {
    private var items: [Element?] = []
    private var head = 0

    var isEmpty: Bool { head == items.count }
    var count: Int { items.count - head }
    var first: Element? { isEmpty ? nil : items[head] }

    mutating func append(_ item: Element) { items.append(item) }

    mutating func popFirst() -> Element? {
        if isEmpty { return nil }
        let item = items[head].take()
        head += 1
        if head == items.count {
            items.removeAll(keepingCapacity: items.count <= 1024)
            head = 0
        } else if head >= 64 && head * 2 >= items.count {
            items.removeFirst(head)
            head = 0
        }
        return item
    }

    /// Puts an item in the place of the last, and returns the last.
    mutating func replaceLast(with item: Element) -> Element? {
        if isEmpty { return nil }
        let old = items[items.count - 1]
        items[items.count - 1] = item
        return old
    }
}
