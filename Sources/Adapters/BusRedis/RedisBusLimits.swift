/// The bounds and times of a Redis bus.
public struct RedisBusLimits: Sendable {
    /// Bytes on disk for each lane while Redis is away; then lossless messages are refused.
    public var spoolBytesPerLane = 256 << 20
    /// A consumer that Redis has not heard of for so long is dead: its entries are claimed.
    public var deadConsumerMilliseconds = 15_000
    /// A connection that owes an answer for so long is given up.
    public var stalledConnectionSeconds = 5
    /// Parts of Redis' `maxmemory`: from the first on there is a warning, from the second on lossless messages are
    /// refused.
    public var memoryWarning = 0.75, memoryRefusal = 0.9
    /// The most entries in a dead letter stream; older ones fall off.
    public var deadLetters = 10_000

    /// Of each lane and group so many messages may wait behind failed ones of their keys before they take the room of
    /// others.
    public var setAsideMessages = 65_536

    /// Whether metrics tell what is before every configured group: of a process that reads for none. Subscriptions do not
    /// tell it, as they come late where an engine waits for its records.
    public var tellsLagOfAll = false

    public init() {}
}
