import CZlib
import HTTP

/// gzip at the fastest level: large JSON shrinks to a fifth at little cost.
enum Gzip {
    /// Whether an `Accept-Encoding` takes gzip: named, or by the star where it is not, and not with a weight of zero.
    static func isAccepted(_ header: String) -> Bool {
        let entries = Weighted.entries(header.split(separator: ",").map(String.init))
        let ruling = entries.first { $0.value == "gzip" } ?? entries.first { $0.value == "*" }
        return ruling.map { $0.weight > 0 } ?? false
    }

    /// The compressed bytes, or nil when zlib cannot.
    static func compress(_ bytes: [UInt8]) -> [UInt8]? {
        var stream = z_stream()
        let gzipWindow = MAX_WBITS + 16
        guard deflateInit2_(&stream, 1, Z_DEFLATED, gzipWindow, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
                            Int32(MemoryLayout<z_stream>.size)) == Z_OK else { return nil }
        defer { deflateEnd(&stream) }
        let bound = Int(deflateBound(&stream, UInt(bytes.count)))
        var finished = false
        let out = [UInt8](unsafeUninitializedCapacity: bound) { buffer, count in
            bytes.withUnsafeBufferPointer { input in
                stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
                stream.avail_in = UInt32(input.count)
                stream.next_out = buffer.baseAddress
                stream.avail_out = UInt32(bound)
                finished = deflate(&stream, Z_FINISH) == Z_STREAM_END
            }
            count = Int(stream.total_out)
        }
        return finished ? out : nil
    }
}
