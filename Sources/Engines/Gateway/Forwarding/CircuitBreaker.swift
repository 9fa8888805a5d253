/// Stops asking a service that does not answer, and tries again with one request after a pause.
///
/// Closed lets everything through. After `threshold` failures in a row it opens: everything is refused for a pause.
/// When that is over it is half open: one request a second goes through, and the first outcome closes or opens it
/// again, the pause twice as long each time.
struct CircuitBreaker {
    /// Where it stands; the raw value is the metric's.
    enum State: Int, Equatable { case closed = 0, halfOpen = 1, open = 2 }

    /// What a request is told.
    enum Admission: Equatable {
        case admitted
        /// Refused, with the time until the next try.
        case refused(nanoseconds: Int64)
    }

    static let threshold = 5
    static let firstPause: Int64 = 500_000_000, longestPause: Int64 = 8_000_000_000
    /// Another probe goes after so long: one that takes its time holds off nobody else.
    static let probeNanoseconds: Int64 = 1_000_000_000

    private(set) var state = State.closed
    private(set) var failures = 0
    private var pause = Self.firstPause
    /// When an open one may be tried, or another probe goes.
    private var until: Int64 = 0

    /// Asks whether a request may go at a monotonic time.
    mutating func admit(at now: Int64) -> Admission {
        switch state {
        case .closed: return .admitted
        case .open where now < until: return .refused(nanoseconds: until - now)
        case .halfOpen where now < until: return .refused(nanoseconds: until - now)
        case .open, .halfOpen:
            state = .halfOpen
            until = now + Self.probeNanoseconds
            return .admitted
        }
    }

    /// A request was answered, whatever the answer was.
    mutating func succeeded() {
        state = .closed
        failures = 0
        pause = Self.firstPause
    }

    /// A request was not answered.
    mutating func failed(at now: Int64) {
        failures += 1
        switch state {
        case .closed where failures < Self.threshold, .open: return
        case .closed: pause = Self.firstPause
        case .halfOpen: pause = min(Self.longestPause, pause * 2)
        }
        state = .open
        until = now + pause
    }
}
