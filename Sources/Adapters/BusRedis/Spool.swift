import Bus
import Glibc
import Market
import Runtime

/// Lossless messages that wait on disk for Redis, in order.
///
/// A spool is a folder of append-only segments, `NNNNNNNNNN.spool`, read in the order of their numbers. A record is its
/// length and a checksum (4 bytes each), then a frame of one message. What was appended is handed to the operating
/// system at the end of the turn, so a crash of the process loses nothing, and is synced to the disk once a second and
/// at `close`, so a loss of power costs at most the last second: outboxes, which are synced, publish it again.
@LoopActor final class Spool {
    static let segmentBytes = 4 << 20

    private struct Segment {
        let number: Int
        var size: Int
    }

    private let folder: String
    private let capacityBytes: Int
    private let disk = SpoolDisk()
    private var segments: [Segment] = []
    private var tail: Int32 = -1
    private var unwritten: [UInt8] = []
    private var unsynced = false
    /// The disk took less than it was given; the rest waits in memory for the next try.
    private var diskFull = false
    private var head: [UInt8] = []
    private var headNumber = -1
    /// How far the first segment was read, and how far what was read is known to have been sent.
    private var position = 0, confirmed = 0
    /// How many messages wait, by family name.
    private(set) var counts: [String: Int] = [:]
    private(set) var count = 0
    private(set) var bytes = 0

    /// Opens the folder, makes it where it is missing, and counts what waits in it from an earlier run.
    init(folder: String, capacityBytes: Int) throws(RedisBusError) {
        self.folder = folder
        self.capacityBytes = capacityBytes
        try SpoolFiles.makeFolder(folder)
        for number in SpoolFiles.segments(in: folder) {
            let content = SpoolFiles.content(path(number))
            var reader = SpoolRecords(content)
            while let message = reader.next() { note(message, 1) }
            if content.isEmpty || reader.validBytes == 0 {
                unlink(path(number))
            } else {
                segments.append(Segment(number: number, size: reader.validBytes))
                bytes += reader.validBytes
            }
        }
    }

    var isEmpty: Bool { count == 0 }

    /// The part of its capacity that is used; 1 while the disk takes no more.
    var used: Double { diskFull ? 1 : Double(bytes) / Double(max(1, capacityBytes)) }

    /// Whether another record of about so many bytes fits.
    func hasRoom(_ size: Int) -> Bool { !diskFull && bytes + size + 64 <= capacityBytes }

    private func path(_ number: Int) -> String {
        let digits = "\(number)"
        return "\(folder)/\(String(repeating: "0", count: max(0, 10 - digits.count)))\(digits).spool"
    }

    private func note(_ message: Message, _ amount: Int) {
        counts[message.topic.family, default: 0] += amount
        count += amount
    }

    // MARK: In

    /// Adds a message at the end; `flush` writes it.
    func append(_ message: Message) {
        if segments.isEmpty || segments[segments.count - 1].size >= Self.segmentBytes || tail < 0 { addSegment() }
        let before = unwritten.count
        SpoolRecords.append(message, to: &unwritten)
        segments[segments.count - 1].size += unwritten.count - before
        bytes += unwritten.count - before
        note(message, 1)
    }

    /// Puts messages before all others: they were sent, and the answer never came.
    func prepend(_ messages: [Message]) {
        if messages.isEmpty { return }
        if isEmpty {
            for message in messages { append(message) }
            return flush()
        }
        rewind()
        if confirmed > 0 { cutHead() }
        var content: [UInt8] = []
        for message in messages {
            SpoolRecords.append(message, to: &content)
            note(message, 1)
        }
        let number = (segments.first?.number ?? 1_000_000_000) - 1
        SpoolFiles.write(content, to: path(number))
        segments.insert(Segment(number: number, size: content.count), at: 0)
        bytes += content.count
        headNumber = -1
    }

    private func addSegment() {
        flush()
        closeTail()
        let number = (segments.last?.number ?? 1_000_000_000) + 1
        tail = open(path(number), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0o600)
        segments.append(Segment(number: number, size: 0))
    }

    /// Hands everything appended to the operating system.
    func flush() {
        if unwritten.isEmpty || tail < 0 { return }
        let written = SpoolFiles.write(unwritten, to: tail)
        unsynced = true
        diskFull = written < unwritten.count
        if diskFull { unwritten.removeFirst(written) } else { unwritten.removeAll(keepingCapacity: true) }
    }

    /// Syncs to the disk on another thread.
    func sync() {
        guard unsynced, tail >= 0 else { return }
        unsynced = false
        let copy = dup(tail)
        let disk = self.disk
        spawn { await disk.sync(copy) }
    }

    /// Syncs and closes; what waits is there for the next run.
    func close() {
        flush()
        closeTail()
        disk.stop()
    }

    private func closeTail() {
        if tail < 0 { return }
        fdatasync(tail)
        Glibc.close(tail)
        tail = -1
    }

    // MARK: Out

    /// The next messages, at most so many. They stay until `confirm`.
    func read(limit: Int) -> [Message] {
        flush()
        var out: [Message] = []
        while out.count < limit, let first = segments.first {
            if headNumber != first.number || head.count < first.size {
                head = SpoolFiles.content(path(first.number))
                headNumber = first.number
            }
            var reader = SpoolRecords(head, at: position)
            while out.count < limit, let message = reader.next() { out.append(message) }
            position = reader.validBytes
            if !out.isEmpty || position < first.size { break }
            if !dropHead() { break }
        }
        return out
    }

    /// What was read has been sent.
    func confirm(_ messages: [Message]) {
        for message in messages { note(message, -1) }
        confirmed = position
        if let first = segments.first, confirmed >= first.size { _ = dropHead() }
    }

    /// What was read has not been sent: the next `read` gives it again.
    func rewind() { position = confirmed }

    /// Removes the first segment, which is used up; the last one only when nothing waits.
    private func dropHead() -> Bool {
        guard let first = segments.first else { return false }
        if segments.count == 1 { closeTail() }
        unlink(path(first.number))
        bytes -= first.size
        segments.removeFirst()
        head = []
        headNumber = -1
        position = 0
        confirmed = 0
        return true
    }

    /// Writes the first segment anew without what was sent of it.
    private func cutHead() {
        guard let first = segments.first else { return }
        let rest = Array(SpoolFiles.content(path(first.number)).dropFirst(confirmed))
        if segments.count == 1 {
            closeTail()
        }
        SpoolFiles.write(rest, to: path(first.number))
        bytes -= confirmed
        segments[0].size = rest.count
        headNumber = -1
        position = 0
        confirmed = 0
    }
}

/// Waits for the disk on its own thread.
private actor SpoolDisk {
    private let thread = SerialThread(name: "spool")
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    func sync(_ fd: Int32) {
        fdatasync(fd)
        Glibc.close(fd)
    }

    nonisolated func stop() { thread.stop() }
}
