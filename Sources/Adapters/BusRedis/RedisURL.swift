// BusRedis: the bus over Redis Streams. Speaks RESP over its own sockets on the loop; hiredis only parses replies.
// What a message is and in which order it is handled is decided in Bus.

/// Where Redis is: `redis://[user[:password]@]host[:port][/database]`.
public struct RedisURL: Sendable, Equatable {
    public var host: String
    public var port: UInt16
    public var user: String?
    public var password: String?
    public var database: Int

    /// Nil where the text is no such address.
    public init?(_ text: String) {
        guard text.hasPrefix("redis://") else { return nil }
        var rest = text.dropFirst("redis://".count)
        user = nil
        password = nil
        if let at = rest.lastIndex(of: "@") {
            let parts = rest[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 {
                user = parts[0].isEmpty ? nil : Self.decoded(parts[0])
                password = Self.decoded(parts[1])
            } else {
                password = Self.decoded(parts[0])
            }
            rest = rest[rest.index(after: at)...]
        }
        database = 0
        if let slash = rest.firstIndex(of: "/") {
            let path = rest[rest.index(after: slash)...]
            if !path.isEmpty {
                guard let number = Int(path), number >= 0 else { return nil }
                database = number
            }
            rest = rest[..<slash]
        }
        port = 6379
        if let colon = rest.lastIndex(of: ":"), !rest.hasSuffix("]") {
            guard let number = UInt16(rest[rest.index(after: colon)...]), number > 0 else { return nil }
            port = number
            rest = rest[..<colon]
        }
        host = String(rest.hasPrefix("[") && rest.hasSuffix("]") ? rest.dropFirst().dropLast() : rest)
        if host.isEmpty { return nil }
    }

    private static func decoded(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), rest.count >= 2, let pair = String(rest.prefix(2)),
               let value = UInt8(pair, radix: 16) {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
