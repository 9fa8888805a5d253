import COpenSSL
import Glibc

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
        var info = stat()
        guard stat(path, &info) == 0 else {
            throw KeyFileError(description: "the key file \(path) cannot be read: \(String(cString: strerror(errno)))")
        }
        guard info.st_mode & 0o077 == 0 else {
            throw KeyFileError(description: "the key file \(path) can be read by others; chmod 600 it")
        }
        guard let text = read(path) else {
            throw KeyFileError(description: "the key file \(path) cannot be read: \(String(cString: strerror(errno)))")
        }
        let keys = text.split(whereSeparator: \.isNewline).map { String($0) }.filter { !$0.hasPrefix("#") && !$0.isEmpty }
        guard !keys.isEmpty else { throw KeyFileError(description: "the key file \(path) holds no key") }
        guard keys.allSatisfy({ $0.utf8.count >= minimumLength }) else {
            throw KeyFileError(description: "a key in \(path) is shorter than \(minimumLength) characters")
        }
        return keys
    }

    private static func read(_ path: String) -> String? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(validating: bytes.prefix(count), as: UTF8.self)
    }

    /// Whether the key is one of the file's. Every one is looked at, whichever matches.
    public func contains(_ key: String) -> Bool {
        let digest = Digest.sha256(Array(key.utf8))
        var found = false
        for known in digests where CRYPTO_memcmp(known, digest, 32) == 0 { found = true }
        return found
    }
}
