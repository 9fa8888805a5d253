@testable import Gateway
import Testing

/// When a service is left alone, and when it is tried again.
@Suite struct CircuitBreakerTests {
    private static let second: Int64 = 1_000_000_000

    private static func opened(at now: Int64 = 0) -> CircuitBreaker {
        var breaker = CircuitBreaker()
        for _ in 0..<CircuitBreaker.threshold { breaker.failed(at: now) }
        return breaker
    }

    @Test func itOpensAfterFailuresInARowOnly() {
        var breaker = CircuitBreaker()
        for _ in 1..<CircuitBreaker.threshold { breaker.failed(at: 0) }
        breaker.succeeded()
        for _ in 1..<CircuitBreaker.threshold { breaker.failed(at: 0) }
        #expect(breaker.state == .closed)
        #expect(breaker.admit(at: 0) == .admitted)
        breaker.failed(at: 0)
        #expect(breaker.state == .open)
        #expect(breaker.admit(at: 1) == .refused(nanoseconds: CircuitBreaker.firstPause - 1))
    }

    @Test func oneProbeGoesThroughAndClosesIt() {
        var breaker = Self.opened()
        let due = CircuitBreaker.firstPause
        #expect(breaker.admit(at: due) == .admitted)
        #expect(breaker.state == .halfOpen)
        guard case .refused = breaker.admit(at: due) else { return #expect(Bool(false), "a second probe went through") }
        breaker.succeeded()
        #expect(breaker.state == .closed)
        #expect(breaker.admit(at: due) == .admitted)
    }

    @Test func failedProbesDoubleThePauseUpToABound() {
        var breaker = Self.opened()
        var now = CircuitBreaker.firstPause, pauses: [Int64] = []
        for _ in 0..<8 {
            #expect(breaker.admit(at: now) == .admitted)
            breaker.failed(at: now)
            guard case .refused(let wait) = breaker.admit(at: now) else { return #expect(Bool(false), "it did not open") }
            pauses.append(wait)
            now += wait
        }
        #expect(Array(pauses.prefix(4)) == [1, 2, 4, 8].map { $0 * Self.second })
        #expect(pauses.last == CircuitBreaker.longestPause)
    }

    @Test func aProbeThatNeverComesBackIsGivenUp() {
        var breaker = Self.opened()
        let now = CircuitBreaker.firstPause
        #expect(breaker.admit(at: now) == .admitted)
        #expect(breaker.admit(at: now + CircuitBreaker.probeNanoseconds) == .admitted)
    }

    /// One request that takes long does not hold off all others.
    @Test func anotherProbeGoesThroughWhileOneIsSlow() {
        var breaker = Self.opened()
        let now = CircuitBreaker.firstPause
        #expect(breaker.admit(at: now) == .admitted)
        guard case .refused(let wait) = breaker.admit(at: now) else { return #expect(Bool(false), "a second probe went through") }
        #expect(wait <= Self.second)
        #expect(breaker.admit(at: now + wait) == .admitted)
    }

    @Test func lateFailuresDoNotProlongThePause() {
        var breaker = Self.opened()
        breaker.failed(at: CircuitBreaker.firstPause - 1)
        #expect(breaker.admit(at: CircuitBreaker.firstPause) == .admitted)
    }
}
