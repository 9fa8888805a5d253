/// Reads delimited text (CSV): lines of fields, quoted where needed (RFC 4180). One pass, no copy of the input.
public struct DelimitedText {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var at = 0
    /// The number of the line last read, from 1.
    public private(set) var line = 0

    /// A reader over bytes that outlive it.
    public init(_ bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { at = 3 }
    }


    /// Reads the next line's fields into `fields`; false at the end. Blank lines are skipped.
    public mutating func read(into fields: inout [String]) -> Bool {
        while at < bytes.count {
            line += 1
            fields.removeAll(keepingCapacity: true)
            readLine(into: &fields)
            if fields.count > 1 || fields.first?.isEmpty == false { return true }
        }
        return false
    }

    private mutating func readLine(into fields: inout [String]) {
        while true {
            fields.append(at < bytes.count && bytes[at] == 34 ? quoted() : plain())
            guard at < bytes.count else { return }
            let separator = bytes[at]
            at += 1
            if separator == 44 { continue }
            if separator == 13, at < bytes.count, bytes[at] == 10 { at += 1 }
            return
        }
    }

    private mutating func plain() -> String {
        let start = at
        while at < bytes.count, bytes[at] != 44, bytes[at] != 10, bytes[at] != 13 { at += 1 }
        var low = start, high = at
        while low < high, bytes[low] == 32 { low += 1 }
        while high > low, bytes[high - 1] == 32 { high -= 1 }
        return String(decoding: UnsafeBufferPointer(rebasing: bytes[low..<high]), as: UTF8.self)
    }

    private mutating func quoted() -> String {
        var out: [UInt8] = []
        at += 1
        while at < bytes.count {
            if bytes[at] == 34 {
                if at + 1 < bytes.count, bytes[at + 1] == 34 {
                    out.append(34)
                    at += 2
                    continue
                }
                at += 1
                break
            }
            if bytes[at] == 10 { line += 1 }
            out.append(bytes[at])
            at += 1
        }
        while at < bytes.count, bytes[at] != 44, bytes[at] != 10, bytes[at] != 13 { at += 1 }
        return String(decoding: out, as: UTF8.self)
    }
}
