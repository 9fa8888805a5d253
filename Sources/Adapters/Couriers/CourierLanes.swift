import Runtime

/// Threads that notices are sent on: one receiver's share a thread, and receivers share one only where there are more
/// of them at once than threads. Threads are made as they are needed.
struct CourierLanes {
    /// As many as notices are under way at once.
    private static let limit = 16

    private var threads: [SerialThread] = []
    /// Calls by thread.
    private var loads: [Int] = []
    /// Where calls for a receiver are, and how many.
    private var places: [String: (lane: Int, count: Int)] = [:]

    /// The thread for a call, until it is given back.
    mutating func take(_ target: String) -> SerialThread {
        let lane = places[target]?.lane ?? free()
        places[target] = (lane, (places[target]?.count ?? 0) + 1)
        loads[lane] += 1
        return threads[lane]
    }

    mutating func give(back target: String) {
        guard let place = places[target] else { return }
        loads[place.lane] -= 1
        places[target] = place.count > 1 ? (place.lane, place.count - 1) : nil
    }

    func stop() { for thread in threads { thread.stop() } }

    /// A thread that is idle, a new one, or the one with the fewest calls.
    private mutating func free() -> Int {
        if let idle = loads.firstIndex(of: 0) { return idle }
        if threads.count < Self.limit {
            threads.append(SerialThread(name: "courier-\(threads.count)"))
            loads.append(0)
            return threads.count - 1
        }
        return loads.indices.min { loads[$0] < loads[$1] } ?? 0
    }
}
