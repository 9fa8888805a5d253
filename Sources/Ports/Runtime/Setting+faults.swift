import Glibc

extension Setting {
    /// What is wrong with a value, or nil. A URL is not repeated: it may hold a password.
    func fault(in value: String) -> String? {
        switch kind {
        case .text, .list: return nil
        case .address: return Self.isAddress(value) ? nil : not(value, "an IPv4 or IPv6 address or localhost")
        case .url(let starts): return fault(inURL: value, starts)
        case .host: return value.isEmpty || Self.isHost(value) ? nil : not(value, "a host's name or address")
        case .hosts: return firstPart(of: value) { Self.isHost($0) }.map { not($0, "host names without a port") }
        case .places: return firstPart(of: value) { Self.isPlace($0) }.map { not($0, "of host or host:port") }
        case .origins:
            return firstPart(of: value) { Self.isOrigin($0) }.map {
                not($0, "origins as https://host or http://host:port, one by one")
            }
        case .integer(let range):
            if let number = Int(value), range.contains(number) { return nil }
            return not(value, "a whole number from \(range.lowerBound) to \(range.upperBound)")
        case .choice(let options):
            return options.contains(value) ? nil : not(value, "one of \(options.joined(separator: ", "))")
        }
    }

    private func not(_ value: String, _ wanted: String) -> String { "\(name) must be \(wanted), not \"\(value)\"" }

    private func fault(inURL value: String, _ starts: [String]) -> String? {
        if value.isEmpty { return nil }
        if !starts.contains(where: { value.hasPrefix($0) }) {
            return "\(name) must begin with \(starts.joined(separator: " or "))"
        }
        guard let authority = value.firstRange(of: "://").map({ value[$0.upperBound...].prefix { $0 != "/" } }),
              let at = authority.lastIndex(of: "@"), authority[..<at].last == ":" else { return nil }
        return "\(name) names a user and an empty password; a secret has no default"
    }

    /// The first part of a list that is not as it should be.
    private func firstPart(of value: String, _ isRight: (String) -> Bool) -> String? {
        Configuration.parts(of: value).first { !isRight($0) }
    }

    static func isAddress(_ text: String) -> Bool {
        var room = in6_addr()
        return text == "localhost" || inet_pton(AF_INET, text, &room) == 1 || inet_pton(AF_INET6, text, &room) == 1
    }

    /// A name of letters, digits, `-`, `_` and dots, or an address; one of version 6 may be in brackets.
    static func isHost(_ text: String) -> Bool {
        if isAddress(text) { return true }
        if text.hasPrefix("["), text.hasSuffix("]") { return isAddress(String(text.dropFirst().dropLast())) }
        return !text.isEmpty && text.utf8.allSatisfy { byte in
            (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || [45, 46, 95].contains(byte)
        }
    }

    /// A host, or a host, a colon and a port.
    static func isPlace(_ text: String) -> Bool {
        if isHost(text) { return true }
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]) else { return false }
        return (1...65_535).contains(port) && isHost(String(text[..<colon]))
    }

    static func isOrigin(_ text: String) -> Bool {
        guard let sign = text.firstRange(of: "://"), sign.lowerBound > text.startIndex else { return false }
        return isPlace(String(text[sign.upperBound...]))
    }
}
