/// How long a message that failed waits before it is tried again.
public struct RetryPolicy: Sendable {
    /// The wait after the first failure.
    public var firstNanoseconds: Int64
    /// The longest wait.
    public var longestNanoseconds: Int64

    /// 200 ms, then twice as long each time, at most 5 s: with five attempts a message is parked after 3 s.
    public init(firstNanoseconds: Int64 = 200_000_000, longestNanoseconds: Int64 = 5_000_000_000) {
        self.firstNanoseconds = firstNanoseconds
        self.longestNanoseconds = longestNanoseconds
    }

    /// The wait after so many failures (1 or more).
    public func wait(afterFailures failures: Int) -> Int64 {
        min(longestNanoseconds, firstNanoseconds << Int64(min(20, max(0, failures - 1))))
    }
}
