import HTTP

/// The frames that wait for one socket: bounded, and once there are many, a newer latest-value frame takes the place of
/// the older one of its slot.
struct SendQueue {
    /// From so many waiting frames on, newer frames replace older ones.
    static let conflateFrom = 64
    /// The most frames and bytes that wait; a reader that falls behind further is cut off.
    static let frameLimit = 8192, byteLimit = 48 << 20

    private(set) var frames: [SocketFrame] = []
    private(set) var head = 0
    /// Bytes of the first frame that are out already.
    private(set) var sentOfFirst = 0
    private(set) var bytes = 0
    private(set) var conflated = 0
    /// How many frames were ever taken off the array's front, so that a place can be named for good.
    private var removed = 0
    /// The place of each slot's newest waiting frame; kept only while there are many.
    private var places: [Int: Int] = [:]
    private var isConflating = false

    var isEmpty: Bool { head == frames.count }
    var count: Int { frames.count - head }

    /// Takes a frame; false when the reader is too far behind.
    mutating func append(_ frame: SocketFrame) -> Bool {
        if isConflating || count >= Self.conflateFrom {
            if !isConflating { beginConflating() }
            if let slot = frame.slot, replace(slot, frame) { return true }
        }
        if count >= Self.frameLimit || bytes + frame.bytes.count > Self.byteLimit { return false }
        if isConflating, let slot = frame.slot { places[slot] = removed + frames.count }
        frames.append(frame)
        bytes += frame.bytes.count
        return true
    }

    /// Takes a frame after which there is none, whatever the bounds.
    mutating func appendLast(_ frame: SocketFrame) {
        frames.append(frame)
        bytes += frame.bytes.count
    }

    private mutating func beginConflating() {
        isConflating = true
        for index in head..<frames.count {
            if let slot = frames[index].slot { places[slot] = removed + index }
        }
    }

    private mutating func replace(_ slot: Int, _ frame: SocketFrame) -> Bool {
        guard let place = places[slot] else { return false }
        let index = place - removed
        guard index > head || index == head && sentOfFirst == 0 else { return false }
        bytes += frame.bytes.count - frames[index].bytes.count
        frames[index] = frame
        conflated += 1
        return true
    }

    /// The kernel took `count` bytes from the front.
    mutating func sent(_ count: Int) {
        var left = count
        bytes -= count
        while left > 0 {
            let rest = frames[head].bytes.count - sentOfFirst
            if left < rest {
                sentOfFirst += left
                return
            }
            left -= rest
            head += 1
            sentOfFirst = 0
        }
        if head == frames.count {
            removed += head
            // A queue that was long is given back: sockets that are idle hold nothing.
            frames.removeAll(keepingCapacity: head < 16)
            head = 0
            if isConflating {
                isConflating = false
                places = [:]
            }
        } else if head > 256 {
            frames.removeFirst(head)
            removed += head
            head = 0
        }
    }

    mutating func takeConflated() -> Int {
        defer { conflated = 0 }
        return conflated
    }

    /// Gives up everything but a frame that is partly out.
    mutating func dropUnsent() {
        let keep = sentOfFirst > 0 ? head + 1 : head
        for frame in frames[keep...] { bytes -= frame.bytes.count }
        frames.removeSubrange(keep...)
        places = [:]
        isConflating = false
    }

    mutating func clear() { self = SendQueue() }
}
