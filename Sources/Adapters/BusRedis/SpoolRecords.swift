import Bus
import Glibc
import Market

/// The records of a spool segment: length, checksum, a frame of one message. Reading ends at the first that is cut off
/// or damaged.
struct SpoolRecords {
    private let content: [UInt8]
    /// Where the records that could be read end.
    private(set) var validBytes: Int

    init(_ content: [UInt8], at start: Int = 0) {
        self.content = content
        validBytes = start
    }

    mutating func next() -> Message? {
        guard validBytes + 8 <= content.count else { return nil }
        let (length, checksum) = content.withUnsafeBytes {
            (Int(UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: validBytes, as: UInt32.self))),
             UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: validBytes + 4, as: UInt32.self)))
        }
        let start = validBytes + 8
        guard length > 0, start + length <= content.count else { return nil }
        let frame = Array(content[start..<start + length])
        guard Self.checksum(frame[...]) == checksum, let messages = try? FrameCodec.read(frame, family: nil),
              messages.count == 1
        else { return nil }
        validBytes = start + length
        return messages[0]
    }

    static func append(_ message: Message, to out: inout [UInt8]) {
        let start = out.count
        out.append(contentsOf: [0, 0, 0, 0, 0, 0, 0, 0])
        out += FrameCodec.frame([message], family: message.topic.family)
        let length = UInt32(out.count - start - 8), sum = checksum(out[(start + 8)...])
        for index in 0..<4 {
            out[start + index] = UInt8(truncatingIfNeeded: length >> UInt32(8 * index))
            out[start + 4 + index] = UInt8(truncatingIfNeeded: sum >> UInt32(8 * index))
        }
    }

    /// FNV-1a over the bytes, folded to 32 bits.
    private static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        return UInt32(truncatingIfNeeded: hash ^ (hash >> 32))
    }
}

/// The files of a spool.
enum SpoolFiles {
    /// Makes a folder and those above it.
    static func makeFolder(_ path: String) throws(RedisBusError) {
        var made = path.hasPrefix("/") ? "" : "."
        for part in path.split(separator: "/") {
            made += "/\(part)"
            if mkdir(made, 0o700) != 0 && errno != EEXIST {
                throw .spool("cannot make \(made): \(String(cString: strerror(errno)))")
            }
        }
        if access(path, W_OK) != 0 { throw .spool("cannot write to \(path): \(String(cString: strerror(errno)))") }
    }

    /// The numbers of the segments in a folder, in order.
    static func segments(in folder: String) -> [Int] {
        guard let handle = opendir(folder) else { return [] }
        defer { closedir(handle) }
        var numbers: [Int] = []
        while let entry = readdir(handle) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name.hasSuffix(".spool"), let number = Int(name.dropLast(6)) { numbers.append(number) }
        }
        return numbers.sorted()
    }

    /// A file's bytes; none where it cannot be read.
    static func content(_ path: String) -> [UInt8] {
        let fd = open(path, O_RDONLY | O_CLOEXEC)
        if fd < 0 { return [] }
        defer { close(fd) }
        var info = stat()
        guard fstat(fd, &info) == 0, info.st_size > 0 else { return [] }
        let size = Int(info.st_size)
        return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            while count < size {
                let got = read(fd, buffer.baseAddress! + count, size - count)
                if got > 0 { count += got } else if got == 0 || errno != EINTR { return }
            }
        }
    }

    /// Writes a whole file.
    static func write(_ bytes: [UInt8], to path: String) {
        let fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        if fd < 0 { return }
        _ = write(bytes, to: fd)
        fdatasync(fd)
        close(fd)
    }

    /// Writes what the disk takes; returns how much that was.
    static func write(_ bytes: [UInt8], to fd: Int32) -> Int {
        bytes.withUnsafeBytes { raw in
            var done = 0
            while done < raw.count {
                let count = Glibc.write(fd, raw.baseAddress! + done, raw.count - done)
                if count > 0 { done += count } else if errno != EINTR { return done }
            }
            return done
        }
    }
}
