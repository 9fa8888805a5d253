import COpenSSL

/// Why a key file is not taken.
public struct KeyFileError: Error, Sendable, CustomStringConvertible {
    public let description: String
}

/// The keys of a file, kept as digests. A presented key is compared with all of them in constant time.
public struct APIKeys: Sendable {
    /// A key shorter than this can be guessed and is refused.
    public static let minimumLength = 16

    private let digests: [[UInt8]]

    /// One key, as it stands in the environment.
    public init(key: String) throws(KeyFileError) {
        guard key.utf8.count >= Self.minimumLength else {
            throw KeyFileError(description: "the API key is shorter than \(Self.minimumLength) characters")
        }
        digests = [Digest.sha256(Array(key.utf8))]
    }

    /// Reads one key a line; blank lines and lines that start with `#` are skipped. The file must belong to its owner
    /// alone (mode 600 or 400).
    public init(file path: String) throws(KeyFileError) {
        digests = try Self.keys(in: path).map { Digest.sha256(Array($0.utf8)) }
    }

    /// The file's first key, for services that call each other.
    public static func first(in path: String) throws(KeyFileError) -> String? { try keys(in: path).first }

    private static func keys(in path: String) throws(KeyFileError) -> [String] {
        let keys = try SecretFile.lines(of: path)
        guard keys.allSatisfy({ $0.utf8.count >= minimumLength }) else {
            throw KeyFileError(description: "a key in \(path) is shorter than \(minimumLength) characters")
        }
        return keys
    }

    /// Whether the key is one of the file's. Every one is looked at, whichever matches.
    public func contains(_ key: String) -> Bool {
        let digest = Digest.sha256(Array(key.utf8))
        var found = false
        for known in digests where CRYPTO_memcmp(known, digest, 32) == 0 { found = true }
        return found
    }
}
