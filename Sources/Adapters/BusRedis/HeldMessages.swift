import Bus
import Market

/// What families that may lose messages keep while Redis is away: the newest of a key, or the newest so many.
struct HeldMessages {
    private struct Slot {
        let stream: Int
        var message: Message?
    }

    private var slots: [Slot] = []
    private var places: [Topic: Int] = [:]
    private var perFamily: [String: Int] = [:]
    private(set) var count = 0

    /// What became of a message that waits no more.
    enum Outcome { case kept, conflated, dropped }

    /// Takes a message in; tells whether another had to go.
    mutating func add(_ message: Message, stream: Int, family: TopicFamily) -> Outcome {
        if family.delivery == .conflated, let place = places[message.topic] {
            slots[place].message = message
            return .conflated
        }
        var outcome = Outcome.kept
        if perFamily[family.name, default: 0] >= family.capacity {
            dropOldest(of: family.name)
            outcome = .dropped
        }
        if family.delivery == .conflated { places[message.topic] = slots.count }
        slots.append(Slot(stream: stream, message: message))
        perFamily[family.name, default: 0] += 1
        count += 1
        return outcome
    }

    private mutating func dropOldest(of family: String) {
        guard let index = slots.firstIndex(where: { $0.message?.topic.family == family }),
              let message = slots[index].message
        else { return }
        slots[index].message = nil
        places[message.topic] = nil
        perFamily[family, default: 1] -= 1
        count -= 1
        if slots.count > 1024 && slots.count > 2 * count { compact() }
    }

    private mutating func compact() {
        slots.removeAll { $0.message == nil }
        places.removeAll(keepingCapacity: true)
        for (index, slot) in slots.enumerated() {
            if let message = slot.message, places.count < slots.count { places[message.topic] = index }
        }
    }

    /// Gives everything out, oldest first.
    mutating func takeAll() -> [(message: Message, stream: Int)] {
        let all = slots.compactMap { slot in slot.message.map { ($0, slot.stream) } }
        self = HeldMessages()
        return all
    }
}
