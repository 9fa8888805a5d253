import Glibc

/// A file of secrets that belongs to its owner alone.
public enum SecretFile {
    /// Its lines, without blank ones and those that start with `#`; one at least. Throws where others can read it
    /// (mode 600 or 400 is asked for), or nobody can.
    public static func lines(of path: String) throws(KeyFileError) -> [String] {
        var info = stat()
        guard stat(path, &info) == 0 else {
            throw KeyFileError(description: "the key file \(path) cannot be read: \(String(cString: strerror(errno)))")
        }
        guard info.st_mode & 0o077 == 0 else {
            throw KeyFileError(description: "the key file \(path) can be read by others; chmod 600 it")
        }
        guard let bytes = read(path) else {
            throw KeyFileError(description: "the key file \(path) cannot be read: \(String(cString: strerror(errno)))")
        }
        guard bytes.count <= sizeLimit else {
            throw KeyFileError(description: "the key file \(path) is larger than \(sizeLimit) bytes")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw KeyFileError(description: "the key file \(path) is no UTF-8 text")
        }
        let keys = text.split(whereSeparator: \.isNewline).map { String($0) }
            .filter { !$0.hasPrefix("#") && !$0.isEmpty }
        guard !keys.isEmpty else { throw KeyFileError(description: "the key file \(path) holds no key") }
        return keys
    }

    /// What is larger is no file of secrets: none of it is left out in silence.
    private static let sizeLimit = 65_536

    /// Its bytes, one more than the limit at most.
    private static func read(_ path: String) -> [UInt8]? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: sizeLimit + 1)
        let count = fread(&bytes, 1, bytes.count, file)
        return ferror(file) == 0 ? Array(bytes.prefix(count)) : nil
    }
}
