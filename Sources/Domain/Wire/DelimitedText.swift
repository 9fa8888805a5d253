/// Reads delimited text (CSV): lines of fields, quoted where needed (RFC 4180). One pass, no copy of the input.
public struct DelimitedText {
    /// What the column of times may be called.
    public static let timeNames = ["ts", "date", "timestamp", "time"]

    private let bytes: UnsafeBufferPointer<UInt8>
    private var at = 0
    /// The line, from 1, on which the row last read begins.
    public private(set) var line = 0
    /// What is wrong with the row last read, whose fields are then not all there; nil where nothing is.
    public private(set) var fault: String?
    private var nextLine = 1

    /// A reader over bytes that outlive it.
    public init(_ bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { at = 3 }
    }

    /// Reads the next row's fields into `fields`; false at the end. Blank lines are skipped. After a row with a fault
    /// goes on at the line behind the one where its bad quotes begin.
    public mutating func read(into fields: inout [String]) -> Bool {
        while at < bytes.count {
            line = nextLine
            nextLine += 1
            fault = nil
            fields.removeAll(keepingCapacity: true)
            readLine(into: &fields)
            if fault != nil || fields.count > 1 || fields.first?.isEmpty == false { return true }
        }
        return false
    }

    private mutating func readLine(into fields: inout [String]) {
        while true {
            fields.append(at < bytes.count && bytes[at] == 34 ? quoted() : plain())
            if fault != nil { return skipLine() }
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

    /// A field in quotes; where it is none there is a `fault` and the reader is back where it begins.
    private mutating func quoted() -> String {
        let start = at
        var out: [UInt8] = [], breaks = 0, isClosed = false
        at += 1
        while at < bytes.count, !isClosed {
            if bytes[at] != 34 {
                if bytes[at] == 10 { breaks += 1 }
                out.append(bytes[at])
            } else if at + 1 < bytes.count, bytes[at + 1] == 34 {
                out.append(34)
                at += 1
            } else {
                isClosed = true
            }
            at += 1
        }
        while at < bytes.count, bytes[at] == 32 { at += 1 }
        if !isClosed {
            fault = "has quotes that are not closed"
        } else if at < bytes.count, bytes[at] != 44, bytes[at] != 10, bytes[at] != 13 {
            fault = "has something other than a comma behind closing quotes"
        } else {
            nextLine += breaks
            return String(decoding: out, as: UTF8.self)
        }
        at = start
        return ""
    }

    private mutating func skipLine() {
        while at < bytes.count, bytes[at] != 10, bytes[at] != 13 { at += 1 }
        if at < bytes.count, bytes[at] == 13 { at += 1 }
        if at < bytes.count, bytes[at] == 10 { at += 1 }
    }
}
