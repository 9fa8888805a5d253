/// Computations that are fed bars one at a time, by key, each in order of time; the least recently used are let go
/// beyond a bound.
///
/// Delivery is at least once, so a bar at or before the newest one is not taken: `place` tells why, and whoever holds
/// the bars decides whether it was seen before or restates history.
public struct BarStreams<Key: Hashable & Sendable, State: Sendable>: Sendable {
    /// What a bar is to a stream.
    public enum Place: Sendable, Equatable {
        /// There is no such stream.
        case missing
        /// It comes after everything the stream has seen.
        case next
        /// It is at the time of the newest bar or before it.
        case past
    }

    private struct Entry {
        var state: State
        var last: Int64?
        var used: UInt64
    }

    /// Most streams kept.
    public let limit: Int
    private var entries: [Key: Entry] = [:]
    private var turn: UInt64 = 0

    /// No stream yet.
    public init(limit: Int) {
        precondition(limit > 0, "a shelf holds at least one stream")
        self.limit = limit
    }

    /// Streams kept now.
    public var count: Int { entries.count }

    /// The keys of the streams kept now, in no order.
    public var keys: some Collection<Key> { entries.keys }

    /// What a bar at `time` would be to the stream of `key`.
    public func place(_ key: Key, _ time: Int64) -> Place {
        guard let entry = entries[key] else { return .missing }
        return entry.last.map { time > $0 } ?? true ? .next : .past
    }

    /// The state of a stream.
    public subscript(key: Key) -> State? { entries[key]?.state }

    /// Time of the newest bar of a stream.
    public func last(_ key: Key) -> Int64? { entries[key]?.last }

    /// Puts a stream that has seen bars up to `last`; lets the one unused the longest go where there are too many.
    public mutating func put(_ key: Key, _ state: State, last: Int64?) {
        turn += 1
        entries[key] = Entry(state: state, last: last, used: turn)
        if entries.count > limit, let oldest = entries.min(by: { $0.value.used < $1.value.used }) {
            entries[oldest.key] = nil
        }
    }

    /// Advances a stream in place by a bar at `time`; nil where `place` is not `.next`.
    public mutating func advance<Result>(_ key: Key, _ time: Int64, _ body: (inout State) -> Result) -> Result? {
        guard place(key, time) == .next else { return nil }
        turn += 1
        entries[key]!.last = time
        entries[key]!.used = turn
        return body(&entries[key]!.state)
    }

    /// Forgets a stream: history changed under it.
    public mutating func remove(_ key: Key) { entries[key] = nil }
}
