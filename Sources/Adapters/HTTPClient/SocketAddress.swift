import CShims
import Glibc
import Runtime

/// Where a service listens, resolved.
struct SocketAddress: Sendable {
    private let bytes: [UInt8]
    private let family: Int32

    /// Resolves a host name and port off the loop (the system's resolver blocks); nil where there is no such host.
    static func resolve(_ host: String, port: Int) async -> SocketAddress? {
        if let known = numeric(host, port) { return known }
        return await withTaskExecutorPreference(globalConcurrentExecutor) { await lookUp(host, port) }
    }

    @concurrent private static func lookUp(_ host: String, _ port: Int) async -> SocketAddress? {
        query(host, port, flags: AI_ADDRCONFIG)
    }

    private static func numeric(_ host: String, _ port: Int) -> SocketAddress? {
        let bare = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host == "localhost" ? "127.0.0.1" : host
        return query(bare, port, flags: AI_NUMERICHOST)
    }

    private static func query(_ host: String, _ port: Int, flags: Int32) -> SocketAddress? {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = flags | AI_NUMERICSERV
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, "\(port)", &hints, &found) == 0, let first = found else { return nil }
        defer { freeaddrinfo(found) }
        let bytes = Array(UnsafeRawBufferPointer(start: first.pointee.ai_addr, count: Int(first.pointee.ai_addrlen)))
        return SocketAddress(bytes: bytes, family: first.pointee.ai_family)
    }

    func withPointer<R>(_ body: (UnsafePointer<sockaddr>, socklen_t, Int32) -> R) -> R {
        bytes.withUnsafeBytes { raw in
            body(raw.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t(raw.count), family)
        }
    }
}
