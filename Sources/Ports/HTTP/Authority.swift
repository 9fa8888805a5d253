/// How hosts are written in URLs and in `Host` (RFC 3986 §3.2.2).
public enum Authority {
    /// An IPv6 address stands in brackets, everything else as it is.
    public static func host(_ name: String) -> String {
        name.utf8.contains(UInt8(ascii: ":")) && !name.hasPrefix("[") ? "[\(name)]" : name
    }

    /// A host and its port.
    public static func text(_ name: String, _ port: Int) -> String { "\(host(name)):\(port)" }
}
