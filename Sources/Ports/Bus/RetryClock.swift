/// When lots are to be tried again: one queue a number of failures, since all of one number wait equally long.
struct RetryClock {
    private var queues: [Ring<(due: Int64, lot: Int)>] = []

    mutating func add(lot: Int, due: Int64, failures: Int) {
        while queues.count <= failures { queues.append(Ring()) }
        queues[failures].append((due, lot))
    }

    mutating func popDue(now: Int64) -> Int? {
        for index in queues.indices {
            if let first = queues[index].first, first.due <= now { return queues[index].popFirst()?.lot }
        }
        return nil
    }

    var nextDue: Int64? { queues.compactMap { $0.first?.due }.min() }
}
