import Glibc

/// An address that a socket can connect to.
public struct SocketAddress: Sendable {
    private var bytes: [UInt8]
    private var family: Int32

    /// Looks a host up: numbers and `localhost` at once, names on a thread of their own.
    @LoopActor public static func resolve(host: String, port: UInt16) async -> SocketAddress? {
        var plain = host == "localhost" ? "127.0.0.1" : host
        if plain.hasPrefix("[") && plain.hasSuffix("]") { plain = String(plain.dropFirst().dropLast()) }
        if let address = lookUp(plain, port, numeric: true) { return address }
        return await Resolver.shared.lookUp(host, port)
    }

    fileprivate static func lookUp(_ host: String, _ port: UInt16, numeric: Bool) -> SocketAddress? {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_NUMERICSERV | (numeric ? AI_NUMERICHOST : 0)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, "\(port)", &hints, &list) == 0, let first = list else { return nil }
        defer { freeaddrinfo(first) }
        let raw = UnsafeRawBufferPointer(start: first.pointee.ai_addr, count: Int(first.pointee.ai_addrlen))
        return SocketAddress(bytes: [UInt8](raw), family: first.pointee.ai_family)
    }

    /// A socket that is connecting, or -1 with `errno` set.
    public func openSocket() -> Int32 {
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let fd = socket(family, kind, 0)
        if fd < 0 { return -1 }
        var one: Int32 = 1
        setsockopt(fd, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
        let result = bytes.withUnsafeBytes {
            connect(fd, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t($0.count))
        }
        if result != 0 && errno != EINPROGRESS {
            let saved = errno
            Glibc.close(fd)
            errno = saved
            return -1
        }
        return fd
    }
}

/// Looks names up, which blocks, on its own thread.
private actor Resolver {
    static let shared = Resolver()
    private let thread = SerialThread(name: "resolver")
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    func lookUp(_ host: String, _ port: UInt16) -> SocketAddress? {
        SocketAddress.lookUp(host, port, numeric: false)
    }
}
