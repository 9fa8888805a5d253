import HTTP

/// The frames that wait for one socket: bounded, latest-value frames replaced by newer ones once it is half full.
struct SendQueue {
    /// From so many waiting frames on, a newer latest-value frame replaces the older one of its slot.
    static let conflateFrom = 64
    /// The most frames and bytes that wait; a reader that falls behind further is cut off.
    static let frameLimit = 8192, byteLimit = 48 << 20

    private(set) var frames: [SocketFrame] = []
    private(set) var head = 0
    /// Bytes of the first frame that are out already.
    private(set) var sentOfFirst = 0
    private(set) var bytes = 0
    private(set) var conflated = 0

    var isEmpty: Bool { head == frames.count }
    var count: Int { frames.count - head }

    /// Takes a frame; false when the reader is too far behind.
    mutating func append(_ frame: SocketFrame) -> Bool {
        if count >= Self.conflateFrom, let slot = frame.slot, replace(slot, frame) { return true }
        if count >= Self.frameLimit || bytes + frame.bytes.count > Self.byteLimit { return false }
        frames.append(frame)
        bytes += frame.bytes.count
        return true
    }

    private mutating func replace(_ slot: Int, _ frame: SocketFrame) -> Bool {
        let first = head + (sentOfFirst > 0 ? 1 : 0)
        var index = frames.count - 1
        while index >= first {
            if frames[index].slot == slot {
                bytes += frame.bytes.count - frames[index].bytes.count
                frames[index] = frame
                conflated += 1
                return true
            }
            index -= 1
        }
        return false
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
            frames.removeAll(keepingCapacity: count < 65_536)
            head = 0
        } else if head > 256 {
            frames.removeFirst(head)
            head = 0
        }
    }

    mutating func takeConflated() -> Int {
        defer { conflated = 0 }
        return conflated
    }

    mutating func clear() {
        frames = []
        head = 0
        sentOfFirst = 0
        bytes = 0
    }
}
