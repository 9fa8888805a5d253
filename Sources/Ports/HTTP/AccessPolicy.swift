/// Who may call. The address a process is bound to decides at start, never the caller's.
public struct AccessPolicy: Sendable {
    /// Whether a key is asked for on everything but health and metrics.
    public var requiresKey: Bool
    /// Host names and addresses taken while no key is asked for, besides the loopback ones: in small letters, IPv6 in
    /// brackets.
    public private(set) var publicHosts: [String]
    /// Origins a browser may call from.
    public var origins: [String]
    /// Whether the presented key is right, compared in constant time.
    public var isKeyValid: @Sendable (String) -> Bool

    public init(
        requiresKey: Bool = false, publicHosts: [String] = [], origins: [String] = [],
        isKeyValid: @escaping @Sendable (String) -> Bool = { _ in false }
    ) {
        self.requiresKey = requiresKey
        self.publicHosts = publicHosts.map { Authority.host($0.lowercased()) }
        self.origins = origins
        self.isKeyValid = isKeyValid
    }

    /// Why a request is refused, or nil. A web page must not be able to place an order: without a key an unknown Host
    /// is refused, and so is a foreign Origin (neither allowed nor the server's own) on everything that is not a plain GET, WebSocket handshakes included.
    public func refusal(of request: Request, isHandshake: Bool = false) -> Problem? {
        if request.path == "/metrics" || request.path == "/health" || request.path.hasPrefix("/health/") {
            return requiresKey ? nil : hostRefusal(request)
        }
        // The pages hold nothing of the platform's; the document that they show is asked for with the key.
        if requiresKey && Self.isPage(request) { return nil }
        if request.method == .options { return requiresKey ? nil : hostRefusal(request) }
        if requiresKey {
            guard let key = request.headers["X-API-Key"] else {
                return Problem(401, "this address asks for a key in the X-API-Key header",
                               headers: ["WWW-Authenticate": "ApiKey"])
            }
            return isKeyValid(key) ? nil : Problem(401, "the key in X-API-Key is not known",
                                                   headers: ["WWW-Authenticate": "ApiKey"])
        }
        if let refusal = hostRefusal(request) { return refusal }
        let reads = (request.method == .get || request.method == .head) && !isHandshake
        if !reads, let origin = request.headers["Origin"], !isAllowed(origin: origin), !Self.isOwn(origin, request) {
            return Problem(403, "the origin \(origin) is not in NAUTILUS_CORS_ORIGINS")
        }
        return nil
    }

    /// Whether a browser page from `origin` may read answers.
    public func isAllowed(origin: String) -> Bool { origins.contains(origin) }

    /// Whether it asks for a documentation page or a file of one.
    private static func isPage(_ request: Request) -> Bool {
        guard request.method == .get || request.method == .head else { return false }
        return ["/docs", "/redoc"].contains { request.path == $0 || request.path.hasPrefix($0 + "/") }
    }

    /// Whether a page of this very server asks: its origin is the request's Host, which was looked at before, so that a
    /// foreign name that leads here (DNS rebinding) is none. Over TLS where a proxy says so.
    private static func isOwn(_ origin: String, _ request: Request) -> Bool {
        guard let host = request.headers["Host"]?.lowercased(), !host.isEmpty else { return false }
        let origin = origin.lowercased()
        return origin == "http://" + host
            || (origin == "https://" + host && request.headers["X-Forwarded-Proto"]?.lowercased() == "https")
    }

    private func hostRefusal(_ request: Request) -> Problem? {
        guard let host = request.headers["Host"] else { return nil }
        if host.hasPrefix("127.0.0.1:") || host.hasPrefix("localhost:") { return nil }
        let name = Self.name(ofHost: host)
        if name == "localhost" || name == "[::1]" || Self.isLoopback(name) || publicHosts.contains(name) { return nil }
        return Problem(403, "the host \(name) is neither local nor in NAUTILUS_PUBLIC_HOSTS")
    }

    /// Whether it is an address of 127.0.0.0/8 in digits. A name proves nothing: a web page's own may lead here.
    private static func isLoopback(_ name: String) -> Bool {
        let parts = name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0].elementsEqual("127".utf8) && parts.allSatisfy { part in
            (1...3).contains(part.count) && part.allSatisfy { (48...57).contains($0) }
                && UInt8(String(Substring(part))) != nil
        }
    }

    private static func name(ofHost host: String) -> String {
        if host.hasPrefix("[") { return (host.prefix { $0 != "]" } + "]").lowercased() }
        return String(host.prefix { $0 != ":" }).lowercased()
    }
}
