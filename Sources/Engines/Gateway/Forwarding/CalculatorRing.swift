/// Whose turn it is among an engine's instances: the full one and those that only calculate, one after another. One that
/// does not answer is left out until its circuit breaker lets it be tried.
struct CalculatorRing {
    private var breakers: [CircuitBreaker]
    private var turn = 0

    /// - Parameter count: instances that only calculate.
    init(count: Int) { breakers = Array(repeating: CircuitBreaker(), count: count) }

    /// The calculator to ask at a monotonic time, or nil for the full instance.
    mutating func next(at now: Int64) -> Int? {
        if breakers.isEmpty { return nil }
        for _ in breakers.indices {
            turn = (turn + 1) % (breakers.count + 1)
            if turn == 0 { return nil }
            if breakers[turn - 1].admit(at: now) == .admitted { return turn - 1 }
        }
        return nil
    }

    /// A calculator answered, whatever the answer was.
    mutating func succeeded(_ number: Int) { breakers[number].succeeded() }

    /// A calculator did not answer.
    mutating func failed(_ number: Int, at now: Int64) { breakers[number].failed(at: now) }
}
