/// Dead letters in memory, oldest first, bounded: the oldest falls off.
struct DeadLetterShelf {
    static let capacity = 10_000

    private var letters: [DeadLetter] = []
    private var parked = 0

    mutating func add(_ make: (_ entry: String) -> DeadLetter) {
        parked += 1
        if letters.count == Self.capacity { letters.removeFirst() }
        letters.append(make("\(parked)"))
    }

    func oldest(_ limit: Int) -> [DeadLetter] { Array(letters.prefix(max(0, limit))) }

    mutating func remove(_ entry: String) -> DeadLetter? {
        guard let index = letters.firstIndex(where: { $0.entry == entry }) else { return nil }
        return letters.remove(at: index)
    }
}
