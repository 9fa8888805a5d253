/// Dead letters in memory, oldest first, bounded: the oldest falls off. Each with its ticket of the `SettleLedger`.
struct DeadLetterShelf {
    static let capacity = 10_000

    private var letters: [(letter: DeadLetter, ticket: UInt64)] = []
    private var parked = 0

    mutating func add(ticket: UInt64, _ make: (_ entry: String) -> DeadLetter) {
        parked += 1
        if letters.count == Self.capacity { letters.removeFirst() }
        letters.append((make("\(parked)"), ticket))
    }

    func oldest(_ limit: Int) -> [DeadLetter] { letters.prefix(max(0, limit)).map(\.letter) }

    mutating func remove(_ entry: String) -> (letter: DeadLetter, ticket: UInt64)? {
        guard let index = letters.firstIndex(where: { $0.letter.entry == entry }) else { return nil }
        return letters.remove(at: index)
    }
}
